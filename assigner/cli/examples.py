"""Examples at the end of each command's help."""

from typing import Final

ALL: Final = """\b
[bold]Start here[/bold]
  assigner sample | assigner assign -    [dim]a made-up back office, decided[/dim]
  assigner serve --dev                   [dim]the same as a service[/dim]
  assigner tasks --at-risk 2h            [dim]what will be late there[/dim]
  assigner simulate --sample             [dim]policies tried in simulated time[/dim]
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

KEYS: Final = """\b
[bold]Examples[/bold]
  assigner keys create --role admin --name me
  assigner keys create --role platform --name crm --expires 90d --rate 200
  assigner keys create --role agent --agent ana --workspace north
  export ASSIGNER_KEY=$(assigner keys create --role coordinator --name eva)
  assigner keys list --workspace north
  assigner keys rotate 0123456789abcdef --overlap 12h
  assigner keys revoke 0123456789abcdef

\b
[bold]Where[/bold]
  Here, in the store: that of ASSIGNER_REDIS_URL, or the embedded one of
  ASSIGNER_STATE_DIR, whether its service runs or not.

\b
[bold]Exit codes[/bold]
  0 done; 1 refused, or the store cannot be reached; 2 wrong flags or settings
"""

ASSIGN: Final = """\b
[bold]Examples[/bold]
  assigner assign snapshot.json
  assigner sample | assigner assign -    [dim]try it without a file[/dim]
  assigner assign --tasks tasks.csv --agents agents.csv --lang es
  assigner assign snapshot.json --weight urgency=2 --limit 0 | less
  assigner assign snapshot.json --rule price_and_hold    [dim]looks ahead[/dim]
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
    busy                                 900;2x300
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
  assigner sample --centre | assigner apply -f -
"""

APPLY: Final = """\b
[bold]Examples[/bold]
  assigner apply -f centre.yaml --dry-run
  assigner apply -f queues.yaml -f agents.yaml --prune
  assigner export | assigner apply -f - --dry-run   [dim]nothing to do[/dim]
  assigner sample --centre --tasks 100              [dim]a file to begin with[/dim]

\b
[bold]The file[/bold]
  queues: { billing: { offer_ttl_s: 120, floor: { billing: 2 } } }
  agents: { ana: { skills: { billing: 5, es: 5 }, capacity: 2 } }
  tasks:  { INC-1: { queue: billing, skills: { billing: 3 } } }
  Fields are those of PUT /v1/queues, /v1/agents and /v1/tasks.
  Anchors, aliases and << work; sections named x-… are yours.
  Without quotes, what JSON would not read as a number, true, false
  or null is text: no, 08:00, 007 and instants need no quotes.
  An agent's presence, when given, is set each time. Tasks that have
  ended are left alone.

\b
[bold]Exit codes[/bold]
  0 as the file says, or nothing to do; 1 refused, and nothing was done;
  2 wrong flags, or a file that cannot be read; 3 a dry run found something
  to do; 4 not all was done: it changed meanwhile, or the service refused it
"""

EXPORT: Final = """\b
[bold]Examples[/bold]
  assigner export -o centre.yaml
  assigner export --tasks --url http://127.0.0.1:9000 | less

\b
[bold]What is written[/bold]
  Ordered by id, what is at its default left out: the same centre is the
  same text. Agents' presence is theirs, and is not written.

\b
[bold]Exit codes[/bold]
  0 written; 1 the service did not answer; 2 wrong flags or settings
"""
