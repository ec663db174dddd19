"""The command that simulates a centre: what it takes, and its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from assigner.cli import shell
from assigner.cli.options import Lang, language, names

USUAL: Final = ("fifo", "priority", "edd", "price_and_hold")

EXAMPLES: Final = """\b
[bold]Examples[/bold]
  assigner simulate --sample                    [dim]a centre made up, a week[/dim]
  assigner simulate --example > centre.yaml     [dim]a file to begin with[/dim]
  assigner simulate centre.yaml --policy edd,price_and_hold --seeds 50
  assigner simulate centre.yaml --desk living --policy price_and_hold,snapshot
  assigner simulate centre.yaml --trace arrivals.csv
  assigner simulate centre.yaml --learn --json | jq .differences

\b
[bold]The file[/bold]
  arrivals_per_hour: \\[3]     [dim]1 number, 24 of a day or 168 of a week[/dim]
  categories: { refund: { skills: { billing: 2 }, handle_s: 600, queue: q } }
  queues: { q: { resolution_s: 28800, patience_s: 172800 } }
  agents: { ana: { skills: { billing: 5 }, pace: 0.8,
    shifts: [{ days: \\[mon, tue], from: 08:00, until: 16:00 }] } }
  --example tells of the rest: hours, variation, share, priority, then,
  first_response_s, handle_s of an agent, declines, count.

\b
[bold]The trace[/bold]
  id,at,category,handle_s
  INC-1,2026-11-23T09:04:00+01:00,refund,540
  A row is a task, and nothing follows it; its week begins on its Monday.
  Without handle_s the work is drawn, anew with each seed.

\b
[bold]Policies[/bold]
  Of a case or task: fifo, priority, edd (what is due first), spt (shortest),
  hrrn (response ratio), priority_curve (points that grow until the service
  level), price_and_hold (ours). Of an agent too, tasks as they came:
  round_robin, least_busy, longest_idle, bullseye (rings that widen), random.
  At the living desk also priority_first and snapshot, rules of a queue.

\b
[bold]What it tells[/bold]
  Of each policy the mean of every measure, how it differs from the policy of
  --compare in the same weeks, and a picture of that: what is right of 0 is
  better, what does not reach 0 is sure. Then what is sure, in a sentence.

\b
[bold]Desks[/bold]
  bare: the policy alone, fast. living: the real dispatcher, solver and store,
  in memory; ten to a hundred times slower.

\b
[bold]Exit codes[/bold]
  0 simulated; 1 the file is refused, with every mistake; 2 wrong flags
"""

File = Annotated[
    Path | None, typer.Argument(metavar="FILE.yaml", help="The centre, YAML or JSON; - is stdin.")
]
Trace = Annotated[
    Path | None,
    typer.Option(metavar="FILE.csv", help="What arrived when: id, at, category, and handle_s where known."),
]
Sample = Annotated[bool, typer.Option("--sample", help="Simulate a centre made up, without a file.")]
Example = Annotated[bool, typer.Option("--example", help="Write that centre as a file, and end.")]
Policies = Annotated[
    list[str] | None,
    typer.Option("--policy", metavar="NAME,…", help=f"Which to try. [dim]Default: {','.join(USUAL)}.[/dim]"),
]
Compare = Annotated[str, typer.Option(metavar="NAME", help="The policy that the others are compared with.")]
Seeds = Annotated[int, typer.Option(min=2, max=10_000, metavar="N", help="How often, each with other draws.")]
Seed = Annotated[int, typer.Option(metavar="NUMBER", help="The first seed: the same one draws the same.")]
Desk = Annotated[Literal["bare", "living"], typer.Option(help="The policy alone, or the real service.")]
Learn = Annotated[
    bool, typer.Option("--learn", help="Handling times are not known at first: they are learned.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON: means and differences, hours or parts of 1.")
]


@shell.manners()
def simulate(  # noqa: PLR0913, PLR0917 - one for each flag
    file: File = None,
    trace: Trace = None,
    sample: Sample = False,
    example: Example = False,
    policy: Policies = None,
    compare: Compare = "fifo",
    seeds: Seeds = 20,
    seed: Seed = 0,
    desk: Desk = "bare",
    learn: Learn = False,
    json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Try policies on a centre in simulated time: how long cases take, who waits, which promises are kept.

    Each policy sees the same arrivals, work and shifts; differences come with 95 % intervals.
    """
    from assigner.cli.simulate import doing  # noqa: PLC0415 - takes a while, and help should not wait

    if example:
        doing.example()
        return
    if (file is None) != sample:
        raise typer.BadParameter("give a file (- for stdin), or --sample")
    if file == trace == shell.STDIN:
        raise typer.BadParameter("only one of the files can be stdin")
    asked = doing.Asked(
        file=file,
        trace=trace,
        policies=names(policy or USUAL),
        against=compare,
        seeds=seeds,
        first_seed=seed,
        desk=desk,
        learns=learn,
        as_json=json,
        language=language(lang),
    )
    doing.simulate(asked)


def join(app: typer.Typer) -> None:
    """Put this command among those of an app."""
    app.command(epilog=EXAMPLES)(simulate)
