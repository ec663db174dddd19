"""Examples at the end of the help of the commands for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TASKS: Final = """\b
[bold]Examples[/bold]
  assigner tasks --at-risk 2h            [dim]due within two hours, or late already[/dim]
  assigner tasks --queue billing --state held
  assigner tasks --agent ana             [dim]what she has, and what she is offered[/dim]
  assigner tasks --tag vip --limit 0 --csv > vip.csv
  assigner tasks --state queued --json | jq -r '.[].id'

\b
[bold]What is shown[/bold]
  Open tasks, the first made first; with --at-risk the first due first.
  With --state completed or cancelled those that ended, the last first.
  Why: the nearest thing that keeps agents from it; `assigner why` tells all.
"""

WHY: Final = """\b
[bold]Examples[/bold]
  assigner why INC-1042
  assigner why INC-1042 --lang es | less
  assigner why INC-1042 --json | jq .explanation.unblock

\b
[bold]What is told[/bold]
  How it stands, where it is in line, who cannot take it and why, the
  smallest change that would unblock it, the last decision and what it was
  made of, what people decided by hand, and what happened so far.
"""

OVERRIDE: Final = """\b
[bold]Examples[/bold]
  assigner override pin T1 T2 --to ana --reason "she knows the case"
  assigner override hold --queue billing --tag vip --until 17:00 --reason audit
  assigner override drain ana --until tomorrow --reason "went home ill"
  assigner override undo ov-0123456789abcdef

\b
[bold]What is kept[/bold]
  Who, what, why and until when; `assigner overrides` lists it. What the
  platforms said of a task stays as it was, and holds again when it ends.
  All of it is done, or nothing; --partial does what can be done.

\b
[bold]Instants[/bold]
  17:00, 2h, tomorrow 9:00, friday, 2026-11-23 09:00, or with an offset;
  else of this machine's zone. It is said back how it was understood.

\b
[bold]Exit codes[/bold]
  0 done, or it could be done; 1 refused, and nothing was done; 2 wrong flags
"""

HELP: Final[Mapping[str, str]] = {
    "assign": "Give tasks to an agent now.",
    "pin": "Let only this agent have tasks.",
    "unpin": "Let anybody have tasks that are pinned.",
    "exclude": "Keep tasks from an agent.",
    "reprioritise": "Give tasks another priority.",
    "reschedule": "Promise tasks for another instant.",
    "hold": "Let tasks wait.",
    "resume": "End the wait of tasks that are held.",
    "transfer": "Move tasks to another queue, or let them ask for other skills.",
    "release": "Take tasks back from who has them: others are asked first.",
    "cancel": "Cancel tasks: they are not needed any more.",
    "drain": "Give an agent nothing more, and take back what they have not begun.",
    "freeze": "Hand out nothing of a queue.",
    "unfreeze": "Hand out a frozen queue's tasks again.",
}
"""What each action does, in a line."""


def _examples(*lines: str) -> str:
    told = "\n".join(f"  assigner override {line}" for line in lines)
    return f"\b\n[bold]Examples[/bold]\n{told}\n"


OVERRIDES: Final[Mapping[str, str]] = {
    "assign": _examples(
        'assign T1 --to ana --reason "the customer asked for her"',
        "assign T1 T2 --to ana --force --reason strike  [dim]though she has no room[/dim]",
    ),
    "pin": _examples(
        'pin T1 T2 --to ana --until "tomorrow 9:00" --reason "she knows the case"',
        "pin --tag vip --queue billing --to ana --reason vip --dry-run",
    ),
    "unpin": _examples(
        'unpin T1 --reason "ana is on leave"', "unpin --queue billing --reason backlog --dry-run"
    ),
    "exclude": _examples(
        'exclude T1 --agent luis --reason "he filed it"',
        'exclude --whole-queue fraud --agent luis --until friday --reason "under review"',
    ),
    "reprioritise": _examples(
        'reprioritise T1 T2 --priority urgent --reason "the regulator asks"',
        "reprioritise --category outage --older-than 2h --priority 90 --until 17:00 --reason storm",
    ),
    "reschedule": _examples(
        'reschedule T1 --due "tomorrow 9:00" --reason "agreed with the customer"',
        "reschedule T1 --due none --reason mistaken",
    ),
    "hold": _examples(
        'hold T1 --until 17:00 --reason "papers missing"',
        "hold --queue billing --tag vip --reason audit --dry-run",
    ),
    "resume": _examples(
        'resume T1 --reason "the papers came"', "resume --state held --tag audit --reason done"
    ),
    "transfer": _examples(
        'transfer T1 --to fraud --skills "fraud:3;es:4" --reason "it is a fraud case"',
        "transfer --queue billing --category refund --to refunds --reason reorganised --dry-run",
    ),
    "release": _examples(
        "release T1 --reason stuck",
        'release --of ana --reason "went home ill"      [dim]all that she has[/dim]',
    ),
    "cancel": _examples(
        "cancel T1 --reason duplicate",
        "cancel - --yes --reason test < ids.txt    [dim]ids from a file, one a line[/dim]",
    ),
    "drain": _examples(
        'drain ana --until tomorrow --reason "went home ill"',
        "drain ana --started --reason left       [dim]what she has begun, too[/dim]",
    ),
    "freeze": _examples('freeze billing --until 2h --reason "the system is down"'),
    "unfreeze": _examples('unfreeze billing --reason "it is back"'),
}
"""Examples of each action."""

UNDO: Final = _examples("undo ov-0123456789abcdef", "undo ov-0123456789abcdef --lang es")

HANDLING: Final = """\b
[bold]Examples[/bold]
  assigner handling --category invoice_correction
  assigner handling --agent ana
  assigner handling --limit 0 --csv > handling.csv

\b
[bold]What is shown[/bold]
  Of each category first what is expected of everybody, then of each agent
  who has completed any: the mean, between which times eight in ten lie, and
  how many were completed. With few of them the mean is near that of the
  category, and faster or slower as the agent is elsewhere.
"""

LIST: Final = """\b
[bold]Examples[/bold]
  assigner overrides --active
  assigner overrides --author key:marta --since 7d
  assigner overrides --task INC-1042     [dim]what was done to one task[/dim]
  assigner overrides --since 2026-11-01 --csv > overrides.csv
"""
