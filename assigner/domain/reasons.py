"""Why a task can wait, in a word each: the table of reasons."""

from __future__ import annotations

from assigner.domain.eligibility import RULES

HELD_BACK = "held_back"
OUTRANKED = "outranked"
UNDECIDED = "undecided"

REASONS: dict[str, str] = {
    **{rule.name: rule.meaning for rule in RULES},
    HELD_BACK: "Somebody may take it now, but somebody faster is expected to finish it sooner: it waits for "
    "them.",
    "no_agents": "There are no agents.",
    OUTRANKED: "Somebody may take it, but their capacity went to other tasks, worth more in all.",
    UNDECIDED: "Somebody may take it now, and no decision has looked at that yet: the next one will.",
}
"""Why a task can wait, and what each reason means. A rule's name: nobody may take it, and this is the
last rule that refused somebody, the nearest miss. `refusals` counts those from whom it is held back under
HELD_BACK, after all rules."""
