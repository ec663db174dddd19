"""Examples at the end of the help of the commands for people."""

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
