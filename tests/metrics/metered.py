"""A living service without its API whose dispatcher counts, and what its metrics say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from assigner.dispatch.counting import Counting
from assigner.dispatch.loop import Dispatcher
from assigner.dispatch.showing import Showing
from assigner.domain.lifecycle import OverrideState
from assigner.domain.records import OverrideRecord
from assigner.metrics import Meters
from assigner.store.commands import MakeOverride, OnTask
from tests.dispatch.living import Living, done

WORKSPACE = "centre"


@dataclass
class Instance:
    """A process of the service: its dispatcher, its metrics and its census."""

    dispatcher: Dispatcher
    meters: Meters
    showing: Showing

    def text(self) -> str:
        """What /metrics says."""
        return "".join(self.meters.pages())

    def samples(self) -> Iterator[Sample]:
        """Every series."""
        for family in text_string_to_metric_families(self.text()):
            yield from family.samples

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the series of a name that have these labels; 0 when there is none."""
        return sum(
            one.value for one in self.samples() if one.name == name and labels.items() <= one.labels.items()
        )

    def shown(self, name: str, label: str) -> set[str]:
        """The values of a label for which there is a series."""
        return {one.labels[label] for one in self.samples() if one.name == name}


@dataclass
class Metered(Living):
    """The service, as one instance; see `another_instance`."""

    most_names: int = 100
    instance: Instance = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.instance = self.another_instance("metered")
        self.dispatcher = self.instance.dispatcher

    def another_instance(self, holder: str) -> Instance:
        """Another process of the same store."""
        meters = Meters((WORKSPACE,))
        meters.most_names = self.most_names
        counting = Counting(meters, WORKSPACE, self.clock)
        dispatcher = self.another(holder)
        dispatcher.told, dispatcher.heard = counting.tell, counting.hear
        showing = Showing(dispatcher=dispatcher, most_names=meters.most_names)
        meters.census[WORKSPACE] = showing.shown
        return Instance(dispatcher, meters, showing)

    async def settle(self) -> None:
        """Passes until nothing is left to do at this instant, nor to hear of."""
        await super().settle()
        while (await self.step()).events:
            pass

    async def count(self) -> None:
        """Let the dispatcher come to rest, and take a census."""
        await self.settle()
        await self.instance.showing.take()

    def metric(self, name: str, **labels: str) -> float:
        return self.instance.metric(name, **labels)

    async def given(self, task: str, agent: str = "ana") -> None:
        """The task is accepted and begun by the agent to whom it was offered."""
        await self.settle()
        assert (await self.where(task)) == [f"offered {agent}"]
        await self.answer("accept", task)
        await self.on_task("start", task)

    async def override(self, action: str, *steps: tuple[str, str, dict[str, Any]], **target: str) -> None:
        """Make an override whose steps are (verb, task, facts)."""
        said = self.said("coordinator")
        id = f"override-{self.ops}"
        tasks = [
            (verb, OnTask(**self.said(), task=task, facts={"override": id, "reason": "asked", **facts}))
            for verb, task, facts in steps
        ]
        record = OverrideRecord(
            id=id, action=action, doc={"target": target}, author="coordinator", reason="asked",
            state=OverrideState.ACTIVE, made_at=said["now"], until=None, touched=0, version=1,
            slot=f"{action} {' '.join(target.values())}" if target else None,
        )  # fmt: skip
        done(await self.store.do("make_override", [MakeOverride(**said, override=record, steps=tasks)]))


async def metered(most_names: int = 100) -> Metered:
    """The service, whose dispatcher leads from the beginning."""
    live = Metered(most_names=most_names)
    await live.settle()
    return live
