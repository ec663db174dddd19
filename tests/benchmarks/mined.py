"""Back offices mined from real logs, as worlds of the simulator; and one made up, whose means span three
orders of magnitude.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp
from pathlib import Path
from random import Random
from typing import Any

from assigner.simulation.presence import Always, Independent, Published
from assigner.simulation.world import NEVER, World
from tests.benchmarks.yardsticks import yardsticks

Said = Mapping[str, Any]

MULTIPLIER = {
    "bpi2012": 1.2,
    "bpi2017": 1.0,
    "bpi2018": 0.6,
    "consulta": 2.5,
    "production": 2.0,
    "microsoft": 1.3,
}
"""By which arrivals are more frequent than mined (Middelhuis et al., "Learning to Allocate"); else 1."""
SPAN = 6.9
"""ln of a thousand: how far the means of the generated process are apart by type alone."""
BUSY = 0.8
"""How much of the generated process's capacity is asked for, were all equally busy with what they may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process, and the world of each calendar by its name."""

    name: str
    worlds: Mapping[str, World]


def folder() -> Path:
    """Where the mined processes are."""
    return yardsticks() / "mined"


def processes() -> Iterator[Process]:
    """Each process of each file there, by name of the file, and then the generated one."""
    for file in sorted(folder().glob("*.json")):
        said = json.loads(file.read_text(encoding="utf-8"))
        for name, one in [(file.stem, said)] if "resources" in said else sorted(said.items()):
            yield _process(name, one)
    yield _process("three orders", generated())


def generated(seed: int = 1, types: int = 8, agents: int = 24) -> Said:
    """A process in the format of the files: by type alone means span three orders of magnitude, by agent
    they differ tenfold; a few agents at night, most by day.
    """
    chance = Random(f"{seed}/process")
    names, who = [f"type {t}" for t in range(types)], [f"agent {r}" for r in range(agents)]
    level = {name: exp(SPAN * (t / (types - 1) - 0.75)) for t, name in enumerate(names)}
    speed = {agent: exp(chance.gauss(0.0, 0.5)) for agent in who}
    pools = {name: chance.sample(who, agents // 2) for name in names}
    own = {(name, agent): exp(chance.gauss(0.0, 0.6)) for name in names for agent in pools[name]}
    hours = {pair: level[pair[0]] * speed[pair[1]] * own[pair] for pair in own}
    heads = ([3] * 8 + [12] * 10 + [3] * 6) * 7
    visits = 2.0  # the mean number of tasks of a case, where each goes on with probability a half
    usual = sum(sum(hours[name, agent] for agent in pools[name]) / (agents // 2) for name in names) / types
    return {
        "resources": who,
        "task_types": names,
        "mean_interarrival_time": usual * visits / (sum(heads) / len(heads)) / BUSY,
        "initial": [[1 / types, name] for name in names],
        "next": {name: [[0.5, None], *([0.5 / types, after] for after in names)] for name in names},
        "pools": pools,
        "proc": {f"{name}|{agent}": [mean, mean] for (name, agent), mean in hours.items()},
        "schedule": heads,
        "resource_weights": [chance.randint(1, 9) for _ in who],
    }


def _process(name: str, said: Said) -> Process:
    heads, weights = said["schedule"], said["resource_weights"]
    if len(set(heads)) == 1 and heads[0] >= len(said["resources"]):
        return Process(name=name, worlds={"always there": _world(name, said, Always())})
    return Process(
        name=name,
        worlds={
            "published": _world(name, said, Published(heads, weights)),
            "independent": _world(name, said, Independent(heads, weights)),
        },
    )


def _world(name: str, said: Said, presence: Any) -> World:
    types, agents, pools = said["task_types"], said["resources"], said["pools"]
    number = {type: place for place, type in enumerate(types)} | {None: None}

    def mean(type: str, agent: str) -> float:
        return said["proc"][f"{type}|{agent}"][0] if agent in pools[type] else NEVER

    return World(
        types=types,
        agents=agents,
        takes=[[mean(type, agent) for agent in agents] for type in types],
        rates=(MULTIPLIER.get(name, 1.0) / said["mean_interarrival_time"],),
        starts=[(share, number[type]) for share, type in said["initial"]],
        follows=[[(share, number[next]) for share, next in said["next"][type]] for type in types],
        presence=presence,
    )
