"""The view in a terminal, made anew from the board and the tally each time that it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from api.messages import Language
from api.schemas import UnblockOut
from assigner.cli.tables import AGENT, DIM, GOOD, View, remedy
from assigner.cli.words import number, span
from assigner.demo.board import Board
from assigner.demo.tally import Happening, Tally, part
from assigner.demo.words import say

Record = Mapping[str, Any]

WAITS, HANDS, RISK, LATE = "bright_blue", "green", "yellow", "red"
ROOMY: Final = 110
WIDE: Final = 132
TALL: Final = 32
NAME: Final = 25
SIGNS: Final = {
    "busy": ("●", "green"),
    "free": ("○", "cyan"),
    "away": ("◌", "yellow"),
    "offline": ("·", "dim"),
}
EVENTS: Final = {
    "took": ("→", "green"),
    "finished": ("✓", "dim green"),
    "declined": ("✗", "yellow"),
    "ignored": ("✗", "red"),
    "too_late": ("✗", "dim"),
    "left": ("◌", "dim yellow"),
    "back": ("○", "dim cyan"),
    "came_odd": ("?", "red"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown, how large, in which language. `header` is where curl finds a key, if there are keys."""

    board: Board
    tally: Tally
    elapsed_s: float
    pace: float
    address: str
    language: Language
    width: int
    height: int
    header: str = ""

    def say(self, key: str, **facts: object) -> str:
        """The words of a key."""
        return say(key, self.language, **facts)

    def number(self, count: float) -> str:
        """A whole number."""
        return number(count, self.language)


def screen(shown: Shown) -> Layout:
    """The whole view: in two columns where there is room for them."""
    root = Layout()
    body = Layout(name="body")
    root.split_column(
        Layout(_header(shown), size=1),
        Layout(_figures(shown), size=5 if shown.height >= TALL else 3),
        body,
        Layout(_try(shown), size=5 if shown.height >= TALL else 3),
    )
    queues = Layout(_queues(shown), size=len(shown.board.queues) + 1)
    agents = Layout(_agents(shown), size=_agent_rows(shown))
    why = Layout(_why(shown), size=4 if shown.height >= TALL else 3)
    events = Layout(_events(shown), ratio=1)
    if shown.width < WIDE:
        body.split_column(queues, agents, why, events)
        return root
    left, right = Layout(), Layout()
    left.split_column(queues, Layout(_agents(shown)))
    right.split_column(why, events)
    body.split_row(left, Layout(Text(" "), size=2), right)
    return root


def clock(seconds: float) -> str:
    """Minutes and seconds, such as 02:31."""
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def _header(shown: Shown) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_column(justify="right", no_wrap=True)
    name = Text.assemble((" Assigner ", "bold reverse"), (f"  {shown.address}/docs", AGENT))
    pace = shown.say("faster", pace=f"{shown.pace:g}")
    line.add_row(name, Text.assemble((pace, DIM), (f"   {clock(shown.elapsed_s)} ", "bold")))
    return line


def _figures(shown: Shown) -> RenderableType:
    stats, tally = shown.board.stats, shown.tally
    tasks = stats["tasks"]
    first = [
        (shown.number(tasks["queued"]), "waiting", WAITS),
        (shown.number(tasks["offered"]), "offered", ""),
        (shown.number(tasks["assigned"]), "in_hands", HANDS),
        (shown.number(tasks["held"]), "held", ""),
        (shown.number(tally.counts["completed"]), "done", ""),
    ]
    rate = decimal(tally.offers_a_second(shown.elapsed_s), shown.language)
    second = [
        (shown.number(stats["at_risk"]), "at_risk", RISK),
        (shown.number(stats["breached"]), "late", LATE),
        (rate, "offers_s", ""),
    ]
    return Group(
        _counts(shown, first),
        _counts(shown, second),
        _within(shown, "to_offer", tally.to_offer),
        _within(shown, "reaction", tally.reactions),
    )


def decimal(value: float, language: Language) -> str:
    """A number with one decimal."""
    return f"{value:.1f}".replace(".", "," if language == "es" else ".")


def _counts(shown: Shown, figures: list[tuple[str, str, str]]) -> Text:
    line = Text(" ", no_wrap=True, overflow="ellipsis")
    for value, key, style in figures:
        line.append(f"{value:>4} ", f"bold {style}").append(f"{shown.say(key)} ", DIM)
    return line


def _within(shown: Shown, key: str, times: Iterable[int]) -> Text:
    line = Text(f"  {shown.say(key)}: ", DIM, no_wrap=True, overflow="ellipsis")
    return line.append(within(times, shown.language), "bold not dim")


def within(times: Iterable[int], language: Language) -> str:
    """Within what time, in milliseconds, half and nearly all of these lie."""
    half, most = part(times, 0.5), part(times, 0.95)
    if half is None or most is None:
        return say("none_yet", language)
    told = {"half": span(half / 1_000, language), "most": span(most / 1_000, language)}
    return say("within", language, **told)


def _queues(shown: Shown) -> RenderableType:
    made = Table.grid(expand=True, padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True, min_width=13)
    made.add_column(ratio=1)
    for _ in range(5):
        made.add_column(justify="right", no_wrap=True)
    heads = [
        shown.say(key) for key in ("queue", "backlog", "waiting", "in_hands", "oldest", "at_risk", "late")
    ]
    made.add_row(*(Text(head, DIM) for head in heads))
    most = max((_open(queue) for queue in shown.board.queues), default=0)
    for queue in sorted(shown.board.queues, key=_open, reverse=True):
        made.add_row(*_queue(shown, queue, most))
    return made


def _open(queue: Record) -> int:
    tasks = queue["tasks"]
    return int(tasks["queued"] + tasks["offered"] + tasks["assigned"])


def _queue(shown: Shown, queue: Record, most: int) -> Iterator[RenderableType]:
    tasks = queue["tasks"]
    oldest = queue["oldest_wait_s"]
    yield Text(queue["queue"], "bold")
    yield Bar(waiting=tasks["queued"], in_hands=tasks["offered"] + tasks["assigned"], most=most)
    yield Text(shown.number(tasks["queued"]), WAITS)
    yield Text(shown.number(tasks["offered"] + tasks["assigned"]), HANDS)
    yield Text("–" if oldest is None else waited(oldest))
    for count, style in ((queue["at_risk"], RISK), (queue["breached"], LATE)):
        yield Text(shown.number(count), style if count else DIM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar as wide as its cell when a queue has the most: what waits, and what agents have."""

    waiting: int
    in_hands: int
    most: int

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Text]:
        """The bar in the width that there is."""
        width = options.max_width
        waiting = round(self.waiting * width / max(1, self.most))
        in_hands = round((self.waiting + self.in_hands) * width / max(1, self.most)) - waiting
        yield Text.assemble(("█" * waiting, WAITS), ("▒" * in_hands, HANDS), no_wrap=True)


def waited(seconds: float) -> str:
    """A wait in at most two units: 42 s, 3 min 5 s, 2 h 4 min, 3 d 4 h."""
    units = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))
    for size, name, small, small_name in units:
        if seconds >= size:
            rest = int(seconds % size) // small
            return f"{int(seconds) // size} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{int(seconds)} s"


def _state(agent: Record) -> str:
    if agent["presence"] != "available":
        return str(agent["presence"])
    return "busy" if agent["load"] else "free"


def _agents(shown: Shown) -> RenderableType:
    agents = shown.board.agents
    counts = Counter(map(_state, agents))
    title = Text(f"{shown.say('agents')} ", "bold")
    for state, (sign, style) in SIGNS.items():
        title.append(f"  {sign} ", style).append(f"{counts[state]} {shown.say(state)}")
    grid = Table.grid(padding=(0, 1, 0, 0))
    ordered, columns = sorted(agents, key=lambda agent: str(agent["id"])), _columns(shown)
    for first in range(0, len(ordered), columns):
        grid.add_row(*map(_agent, ordered[first : first + columns]))
    return Group(Rule(title, align="left", style=DIM), grid)


def _agent(agent: Record) -> Text:
    sign, style = SIGNS[_state(agent)]
    load, capacity = agent["load"], agent["capacity"]
    name = str(agent["id"])[: NAME - 7]
    bars = "▪" * min(load, 4) + "▫" * max(0, min(capacity, 4) - load)
    return Text.assemble(
        (f"{sign} ", style), (f"{name:<{NAME - 7}}", AGENT if load else DIM), (f" {bars}", style)
    )


def _columns(shown: Shown) -> int:
    width = shown.width // 2 - 1 if shown.width >= WIDE else shown.width
    return max(1, width // NAME)


def _agent_rows(shown: Shown) -> int:
    """One for the counts, and as many for the agents as leave the rest its place."""
    rows = -(-len(shown.board.agents) // _columns(shown))
    room = shown.height - TALL if shown.width < WIDE else shown.height - 22
    return 1 + max(0, min(rows, room))


def _why(shown: Shown) -> RenderableType:
    why = shown.board.why
    if why is None:
        return Rule(Text(shown.say("nobody_waits"), "bold"), align="left", style=DIM)
    title = Rule(Text(shown.say("why_waits", task=why.task), "bold"), align="left", style=DIM)
    told = Text(why.detail)
    if why.unblock is not None:
        view = View(language=shown.language, limit=0)
        told.append(f" → {remedy(msgspec.convert(dict(why.unblock), UnblockOut), view)}", GOOD)
    return Group(title, told)


def _events(shown: Shown) -> RenderableType:
    """The last first: what has no room is the oldest."""
    lines = [_event(shown, happening) for happening in reversed(shown.tally.happenings)]
    return Group(Rule(Text(shown.say("lately"), "bold"), align="left", style=DIM), *lines)


def _event(shown: Shown, happening: Happening) -> Text:
    sign, style = EVENTS[happening.key]
    told = Text(shown.say(happening.key, **happening.facts))
    for name, colour in (("agent", AGENT), ("task", "bold")):
        if name in happening.facts:
            told.highlight_words([happening.facts[name]], colour)
    at = Text.assemble((f"{clock(happening.at)} ", DIM), (f"{sign} ", style))
    return Text.assemble(at, told, no_wrap=True, overflow="ellipsis")


def _try(shown: Shown) -> RenderableType:
    title = Text(shown.say("try"), "bold").append(f" · {shown.say('stop')}", f"not bold {DIM}")
    chosen = list(tries(shown, brief=shown.height < TALL))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, min_width=max(len(command) for command, _ in chosen))
    for command, meaning in chosen:
        grid.add_row(Text(command, AGENT), *([Text(meaning, DIM)] if shown.width >= ROOMY else []))
    return Group(Rule(title, align="left", style=DIM), grid)


def tries(shown: Shown, *, brief: bool = False) -> Iterator[tuple[str, str]]:
    """Commands that work while the demo runs, and what they tell."""
    host, why = shown.address.removeprefix("http://"), shown.board.why
    curl = "curl -sH @$K" if shown.header else "curl -s"
    if shown.header:
        yield f"K={shown.header}", shown.say("try_key")
    if not brief:
        yield f"{curl} {host}/v1/stats", shown.say("try_stats")
    if why:
        yield f"{curl} {host}/v1/tasks/{why.task}/explanation", shown.say("try_why")
    body = '{"id":"MY-1","priority":99}'
    yield f"{curl} {host}/v1/tasks -d '{body}'", shown.say("try_task")
    if not brief:
        yield f"{shown.address}/docs", shown.say("try_docs")
