"""What another process is told of agents whose handling times are learned."""

import pickle

from assigner.dispatch.ahead.handled import expecting
from assigner.dispatch.aside import Decider
from assigner.domain.agent import Agent
from assigner.domain.expected import Times
from assigner.domain.handling import Handling
from assigner.domain.policy import Policy
from assigner.domain.snapshot import Snapshot
from assigner.domain.task import Requirement, Task
from tests.dispatch.living import START, Living, lived

CATEGORIES = 50


class Counted(Handling):
    """Counts how often it is asked what is expected."""

    asked = 0

    def mean_ms(self, category: str, agent: str, said_ms: float | None = None) -> float:
        """As it is learned."""
        Counted.asked += 1
        return super().mean_ms(category, agent, said_ms)


@lived
async def test_only_the_times_that_its_tasks_may_take_go_to_another_process_with_a_snapshot() -> None:
    """Each agent has a time for every category anybody was seen in; and both processes decide alike."""
    handling = Counted()
    for number in range(CATEGORIES):
        handling.observe(f"c{number}", "ana", 60_000)
    handling.observe("c1", "luis", 1_000)
    said = (Agent(id="ana", handle_ms={"c1": 90_000}), Agent(id="luis"))
    agents = tuple(expecting(agent, handling) for agent in said)
    task = Task(id="t", requirement=Requirement(category="c1"), created_at=START)
    snapshot = Snapshot.freeze(START, [task], agents)

    clock = Living().clock
    here, aside = Decider(Policy(), clock), Decider(Policy(), clock, large=0)
    try:
        Counted.asked = 0
        sent = await aside(snapshot)
        assert Counted.asked == len(agents)
        assert sent.choices == (await here(snapshot)).choices
    finally:
        aside.close()
    assert isinstance(agents[0].handle_ms, Times)
    assert len(pickle.loads(pickle.dumps(agents[0])).handle_ms) == CATEGORIES  # noqa: S301 - our own
