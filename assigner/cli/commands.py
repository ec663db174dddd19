"""The commands: what each takes, and its help. What they do is in the modules that they import when run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from assigner import __version__, log
from assigner.cli import examples, shell
from assigner.cli.events import commands as events
from assigner.cli.flags import with_settings
from assigner.cli.keys import commands as keys
from assigner.cli.options import (
    SHOWN_ROWS,
    AsJson,
    Key,
    Lang,
    Limit,
    Url,
    given,
    language,
    own_url,
    read_settings,
)
from assigner.cli.people import commands as people
from assigner.cli.simulate import commands as simulating
from assigner.config import Process

app = typer.Typer(
    name="assigner",
    help="The right task to the right agent at the right time.",
    epilog=examples.ALL,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


app.add_typer(keys.app)


def finite(text: str) -> float:
    """A number that JSON can write. Raises ValueError."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is not finite")
    return number


Snapshot = Annotated[
    Path | None, typer.Argument(metavar="SNAPSHOT.json", help="A snapshot as JSON; - is stdin.")
]
TasksFile = Annotated[Path | None, typer.Option(metavar="FILE.csv", help="The tasks, without a snapshot.")]
AgentsFile = Annotated[Path | None, typer.Option(metavar="FILE.csv", help="The agents, beside the tasks.")]
Now = Annotated[
    str | None,
    typer.Option(metavar="INSTANT", help="Decide as of then, such as 2026-11-23T09:00:00+01:00."),
]
Rule = Annotated[str | None, typer.Option(metavar="NAME", help="snapshot, price_and_hold or priority_first.")]
Weights = Annotated[
    list[str] | None, typer.Option(metavar="TERM=NUMBER", help="Weigh a term, such as urgency or waited.")
]
Explain = Annotated[Literal["none", "reasons", "pairs"] | None, typer.Option(help="How much is explained.")]
Seed = Annotated[int | None, typer.Option(metavar="NUMBER", help="The seed of the search.")]
TimeLimit = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="The bound on the solver's time.", parser=finite),
]
TaskCount = Annotated[int, typer.Option(min=0, metavar="N", help="How many tasks.")]
SampleTasks = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="How many tasks. [dim]Default: 200; with --centre none.[/dim]"),
]
AgentCount = Annotated[int, typer.Option(min=0, metavar="N", help="How many agents.")]
SampleSeed = Annotated[int, typer.Option(metavar="NUMBER", help="The same seed makes the same snapshot.")]
Sizes = Annotated[bool, typer.Option("--sizes", help="Give long tasks a size of 2 or 3.")]
CentreFiles = Annotated[
    list[Path],
    typer.Option(
        "--file", "-f", metavar="FILE.yaml", help="Queues, agents and tasks; - is stdin. Several are merged."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be made, changed, removed.")]
Prune = Annotated[bool, typer.Option("--prune", help="Remove the agents who are not in the files.")]
WithTasks = Annotated[bool, typer.Option("--tasks", help="The open tasks too.")]
YamlOutput = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here, not to stdout.")
]
AsCentre = Annotated[
    bool,
    typer.Option(
        "--centre", help="Write a centre for `assigner apply`: queues and agents; tasks with --tasks."
    ),
]
Output = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the JSON here, not to stdout.")]
CsvFolder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Write tasks.csv and agents.csv here instead.")
]


@app.command(epilog=examples.SERVE)
@with_settings
def serve(**flags: Any) -> None:
    """Run the service until Ctrl-C: the API, the dispatcher, and a store of its own unless one is named.

    Every setting is a flag and an environment variable; the flag wins.
    """
    _run("serve", flags)


@app.command(epilog=examples.APART)
@with_settings
def api(**flags: Any) -> None:
    """Run the API alone; dispatchers run apart, on the same store."""
    _run("api", flags)


@app.command(epilog=examples.APART)
@with_settings
def dispatcher(**flags: Any) -> None:
    """Run a dispatcher alone, with probes and metrics. Of several on one store one leads."""
    _run("dispatcher", flags)


@app.command(epilog=examples.ASSIGN)
@shell.manners()
def assign(  # noqa: PLR0913, PLR0917 - one for each flag
    snapshot: Snapshot = None,
    tasks: TasksFile = None,
    agents: AgentsFile = None,
    now: Now = None,
    rule: Rule = None,
    weight: Weights = None,
    explain: Explain = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    json: AsJson = False,
    limit: Limit = SHOWN_ROWS,
    lang: Lang = None,
) -> None:
    """Decide here, without a service: who takes what, and why the other tasks wait.

    Give a snapshot, which is the body of POST /v1/assign, or two CSV files. Flags win over what it says.
    """
    from assigner.cli.deciding import Asked, decide  # noqa: PLC0415 - takes a while, and help should not wait

    files = _files(given({"snapshot": snapshot, "tasks": tasks, "agents": agents}))
    policy = given({"rule": rule, "weights": dict(map(_weight, weight or ())) or None})
    fields = {"now": now, "explain": explain, "seed": seed, "time_limit_s": time_limit}
    asked = Asked(
        files=files,
        changes=given({**fields, "policy": policy or None}),
        settings=read_settings({}),
        language=language(lang),
        limit=limit,
        as_json=json,
    )
    decide(asked)


@app.command(epilog=examples.SAMPLE)
@shell.manners()
def sample(
    tasks: SampleTasks = None,
    agents: AgentCount = 20,
    seed: SampleSeed = 0,
    sizes: Sizes = False,
    output: Output = None,
    csv: CsvFolder = None,
    centre: AsCentre = False,
) -> None:
    """Make up a snapshot: the back office of a telecoms company, its tasks, agents, skills and promises.

    Or the same as a centre for a running service. There instants count from now, else from one Monday.
    """
    from assigner.cli.making import Wanted, make, make_centre  # noqa: PLC0415 - as above

    if output and csv:
        raise typer.BadParameter("give --output or --csv, not both")
    if centre and csv:
        raise typer.BadParameter("give --centre or --csv, not both")
    wanted = Wanted(
        tasks=(0 if centre else 200) if tasks is None else tasks,
        agents=agents,
        seed=seed,
        sizes=sizes,
        output=output,
        csv=csv,
        language=language(None),
    )
    (make_centre if centre else make)(wanted)


@app.command(epilog=examples.APPLY)
@shell.manners()
def apply(
    file: CentreFiles,
    url: Url = None,
    key: Key = "",
    dry_run: DryRun = False,
    prune: Prune = False,
    limit: Limit = SHOWN_ROWS,
    lang: Lang = None,
) -> None:
    """Make a running service's queues, agents and tasks as YAML files say.

    What the files do not name stays. To do it again, or again after it was interrupted, does no harm.
    """
    from assigner.cli.centre.apply import Asked  # noqa: PLC0415 - as above
    from assigner.cli.centre.apply import apply as run  # noqa: PLC0415 - as above

    if file.count(shell.STDIN) > 1:
        raise typer.BadParameter("only one of the files can be stdin")
    asked = Asked(
        files=file,
        url=url or own_url(),
        key=key,
        dry_run=dry_run,
        prune=prune,
        limit=limit,
        language=language(lang),
    )
    run(asked)


@app.command(epilog=examples.EXPORT)
@shell.manners()
def export(
    tasks: WithTasks = False,
    output: YamlOutput = None,
    url: Url = None,
    key: Key = "",
    lang: Lang = None,
) -> None:
    """Write a running service's queues and agents as a YAML file that `assigner apply` takes."""
    from assigner.cli.centre.apply import export as run  # noqa: PLC0415 - as above

    run(url or own_url(), key, output, language(lang), tasks=tasks)


people.join(app)
events.join(app)
simulating.join(app)


@app.command()
@shell.manners()
def version() -> None:
    """Print the version."""
    typer.echo(f"assigner {__version__}")


def _run(process: Literal["serve", "api", "dispatcher"], flags: Mapping[str, Any]) -> None:
    """Run a process of the service. Where there are no keys it is said, as loudly as a log can."""
    settings = read_settings(flags)
    log.configure(settings.log, settings.log_level)
    if settings.dev:
        logging.getLogger("assigner").warning(
            "There are no keys: any program on this machine may do EVERYTHING with the service, as it is "
            "started for development. No other machine can reach it, and no web page."
        )
    from assigner.service import serve as run  # noqa: PLC0415 - takes a while, and help should not wait

    run(settings, Process(process))


def _files(given: Mapping[str, Path]) -> Mapping[str, Path]:
    """The files, when they are a snapshot alone, or tasks and agents."""
    if given.keys() not in ({"snapshot"}, {"tasks", "agents"}):
        raise typer.BadParameter("give a snapshot (- for stdin), or both --tasks and --agents")
    if list(given.values()).count(shell.STDIN) > 1:
        raise typer.BadParameter("only one of the files can be stdin")
    return given


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), finite(value)
    except ValueError:
        raise typer.BadParameter(f"--weight {text}: expected such as urgency=2") from None
