"""Examples at the end of each command's help."""

from typing import Final

ALL: Final = """\b
[bold]Start here[/bold]
  assigner sample | assigner assign -    [dim]a made-up back office, decided[/dim]
  assigner serve --dev                   [dim]the same as a service[/dim]
"""

SERVE: Final = """\b
[bold]Examples[/bold]
  assigner serve --dev                   [dim]on 127.0.0.1:8080; /docs tells the rest[/dim]
  assigner serve --dev --port 9000 --workers 2 --state-dir /var/lib/assigner
  ASSIGNER_LOG=json assigner serve --dev [dim]a flag is a variable too[/dim]
"""

APART: Final = """\b
[bold]Examples[/bold]
  export ASSIGNER_REDIS_URL=redis://localhost:6379
  assigner api --dev
  assigner dispatcher --port 0           [dim]as many as you like; one leads[/dim]
"""

ASSIGN: Final = """\b
[bold]Examples[/bold]
  assigner assign snapshot.json
  assigner sample | assigner assign -    [dim]try it without a file[/dim]
  assigner assign --tasks tasks.csv --agents agents.csv --lang es
  assigner assign snapshot.json --weight urgency=2 --limit 0 | less
  assigner assign snapshot.json --json | jq .solution

\b
[bold]CSV files[/bold]
  Columns are the fields of POST /v1/assign; an empty cell is the default.
  Delimiters are , or ; or tabs. What cells look like:
    skills, preferred_skills             billing:3;es:4
    any_skills                           sap:2|oracle:2;excel:1
    tags, channels, excluded_agents, …   vip;new
    cooling_down                         luis=2026-11-23T09:05:00+01:00
    handle_s of a task                   900
    handle_s of an agent                 invoice_correction=700;refund=300
    attributes                           {"crm": 7}

\b
[bold]Exit codes[/bold]
  0 decided; 1 refused, with every fault on stderr; 2 wrong flags or settings
"""

SAMPLE: Final = """\b
[bold]Examples[/bold]
  assigner sample --output snapshot.json
  assigner sample --tasks 10000 --agents 1000 --seed 7 | assigner assign -
  assigner sample --csv demo             [dim]demo/tasks.csv and demo/agents.csv[/dim]
"""
