"""Why a task can wait, in a word each: the table of reasons."""

from __future__ import annotations

from assigner.domain.eligibility import RULES

REASONS: dict[str, str] = {
    **{rule.name: rule.meaning for rule in RULES},
    "no_agents": "There are no agents.",
    "outranked": "Somebody may take it, but their capacity went to other tasks, worth more in all.",
}
"""Why a task can wait, and what each reason means. A rule's name: nobody may take it, and this is the
last rule that refused somebody, the nearest miss."""
