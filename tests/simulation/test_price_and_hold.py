"""Our rule over time at the bare desk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assigner.simulation.bare import run
from assigner.simulation.compare import compare, difference, interval, of
from assigner.simulation.measures import cycle
from assigner.simulation.moment import Line, Moment, Task
from assigner.simulation.policies import POLICIES, Fifo
from assigner.simulation.presence import Shifts
from assigner.simulation.price_and_hold import Flows, PriceAndHold
from assigner.simulation.world import Case, Service, Step, World, cases
from tests.simulation.small import NO, alike, begun, single

SLOW = World(types=["a"], agents=["quick", "slow"], takes=[[1.0, 30.0]])


def test_what_is_better_left_is_held_back() -> None:
    """A task is not given to somebody very slow while somebody quick is about to be free; by a policy that
    looks at the moment alone it is.
    """
    given = [single(0, 0.0), single(1, 0.1)]
    assert [agent for _, agent, _ in begun(run(SLOW, given, PriceAndHold(), seed=0))] == [0, 0]
    assert [agent for _, agent, _ in begun(run(SLOW, given, Fifo(), seed=0))] == [0, 1]


def test_nothing_is_held_for_who_is_about_to_go_and_all_for_who_is_about_to_come() -> None:
    """Shifts are known: whoever leaves before they have room is not waited for, who comes soon is."""
    given = [single(0, 0.0), single(1, 0.1)]
    leaves = replace(SLOW, presence=Shifts([[(0.0, 0.5)], [(0.0, 90.0)]]))
    assert [agent for _, agent, _ in begun(run(leaves, given, PriceAndHold(), seed=0))] == [0, 1]
    comes = replace(SLOW, presence=Shifts([[(2.0, 90.0)], [(0.0, 90.0)]]))
    assert [agent for _, agent, _ in begun(run(comes, given, PriceAndHold(), seed=0))] == [0, 0]


@pytest.mark.parametrize(("doubt", "waited_for"), [(None, True), (0.0, True), (1.0, False)])
def test_who_turns_out_to_be_slow_is_waited_for_no_longer(doubt: float | None, *, waited_for: bool) -> None:
    """Where one hour was expected of somebody who has been at it for ten, and that was a guess, the next task
    goes to who takes five.
    """
    world = World(types=["a"], agents=["new", "slow"], takes=[[1.0, 5.0]])
    moment = Moment(world, [NO, NO], [NO, NO])
    moment.believe(world.takes, None if doubt is None else [[doubt, 0.0]])
    policy = PriceAndHold()
    policy.begin(moment, seed=0)
    in_hand, waits = Task(0, single(0, 0.0), 0, 0.0), Task(1, single(1, 0.1), 0, 0.1)
    moment.busy[0], in_hand.begun, moment.idle[1] = in_hand, 0.0, 0.0
    line = moment.lines[waits.type, waits.step.service, frozenset()] = Line(
        (0, waits.step.service, frozenset())
    )
    line.put(waits)
    moment.queued[0], moment.now = 1, 10.0
    assert policy.choose(moment) == (() if waited_for else [(waits, 1)])


def test_the_right_agent_is_kept_for_what_only_they_can() -> None:
    """Who alone can do the one type leaves the other to whoever can only do that."""
    world = World(types=["any", "rare"], agents=["both", "one"], takes=[[1.0, 1.5], [1.0, NO]], rates=(1.0,))
    drawn = cases(replace(world, starts=[(0.5, 0), (0.5, 1)]), 1, 400)
    outcome = run(world, drawn, PriceAndHold(), seed=1)
    usual = run(world, drawn, POLICIES["spt"](), seed=1)
    shares = [np.mean([task.agent == 1 for task in one.tasks if task.type == 0]) for one in (outcome, usual)]
    assert shares[0] > shares[1] + 0.1
    assert cycle(outcome) < cycle(usual)


def test_a_promise_that_can_be_kept_comes_before_one_that_cannot() -> None:
    """Of tasks of one line, the one that is late already waits for the one that can still be in time."""
    service = Service(target=2.5)
    given = [single(0, 0.0, work=2.4)]
    given += [Case(n, 0.1 + n, (Step(0, 1.0, service=service),)) for n in (1, 2)]
    late = [case for case, _, _ in begun(run(alike(1, 1.0), given, PriceAndHold(), seed=0))]
    assert late == [0, 1, 2]
    given[0] = single(0, 0.0, work=3.0)
    assert [case for case, _, _ in begun(run(alike(1, 1.0), given, PriceAndHold(), seed=0))] == [0, 2, 1]


def test_what_comes_is_counted() -> None:
    """Arrivals an hour and what follows what, as they are, from few of them."""
    flows = Flows(2)
    for number in range(2_000):
        flows.came(0, number / 4)
    for next in (1, 1, None, 1) * 100:
        flows.followed(0, next)
    assert flows.arrivals(500.0) == pytest.approx([4.0, 0.0], rel=0.02)
    assert flows.follows == pytest.approx(np.array([[0.0, 0.75], [0.0, 0.0]]), rel=0.02)


def test_a_slow_agent_is_used_nearly_as_the_best_rule_of_all_would() -> None:
    """Cases stay within a few per cent as long as under the best rule that there is; under one that looks at
    the moment alone, longer.
    """
    world = replace(SLOW, takes=[[1.0, 15.0]], rates=(0.8,))
    policies = {"price_and_hold": lambda: PriceAndHold(tick=2.0), "spt": POLICIES["spt"]}
    runs = list(compare(world, policies, seeds=range(6), number=1_500))
    ours = of(runs, "price_and_hold", "cycle")
    assert difference(ours, of(runs, "spt", "cycle")).high < 0
    assert interval(ours).low < 1.03 * _least_cycle(arrivals=0.8, quick=1.0, slow=1 / 15)


def _least_cycle(*, arrivals: float, quick: float, slow: float) -> float:
    """The least mean time of a case where one type comes to two agents, all times exponential: by relative
    value iteration over (quick busy, slow busy, waiting), uniformised, 150 waiting at most. Rates an hour.
    """
    most, events = 150, arrivals + quick + slow
    present = np.add.outer(np.add.outer([0.0, 1.0], [0.0, 1.0]), np.arange(most + 1.0))
    value, gain = np.zeros((2, 2, most + 1)), 0.0
    for _ in range(20_000):
        begun = value.copy()  # after the best of giving work or leaving it
        begun[1, 0, 1:] = np.minimum(begun[1, 0, 1:], value[1, 1, :-1])
        begun[0, 1, 1:] = np.minimum(begun[0, 1, 1:], value[1, 1, :-1])
        for other in (value[1, 0, :-1], value[0, 1, :-1]):
            begun[0, 0, 1:] = np.minimum(begun[0, 0, 1:], other)
        begun[0, 0, 2:] = np.minimum(begun[0, 0, 2:], value[1, 1, :-2])
        came = np.concatenate([begun[..., 1:], begun[..., -1:]], axis=-1)
        after = present + (arrivals * came + quick * begun[[0, 0]] + slow * begun[:, [0, 0]]) / events
        gain = after[0, 0, 0] - value[0, 0, 0]
        value = after - after[0, 0, 0]
    return float(gain / arrivals)
