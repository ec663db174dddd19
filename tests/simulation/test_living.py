"""The living desk: the real store, dispatcher and solver in the world of the simulator."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest

from assigner.domain.policy import RULES_OF_VALUE
from assigner.simulation import bare, living
from assigner.simulation.moment import Policy
from assigner.simulation.policies import POLICIES
from assigner.simulation.presence import Independent, Shifts
from assigner.simulation.world import Case, Service, Step, World, cases
from tests.simulation.small import NO, alike, begun, single
from tests.simulation.test_bare import HARD, STEPS

AGREED = replace(
    STEPS,
    takes=[[0.2, 0.8, 3.0], [2.0, 0.8, 0.3]],
    patience=(4.0, 8.0),
    presence=Independent((1, 3, 2), (1.0, 2.0, 3.0)),
)
"""Clients leave, agents come and go, and are quick at different things. Where agents refuse, the service has
offered the next task meanwhile.
"""


@pytest.mark.parametrize("policy", ["fifo", "spt", "hrrn", "priority", "longest_idle", "price_and_hold"])
def test_both_desks_decide_alike(policy: str) -> None:
    """The same policy in the same world gives every task to the same agent at the same time, whether it is
    called directly or decides in the place of the real dispatcher's solver.
    """
    drawn = cases(AGREED, 5, 80)
    told = [desk(AGREED, drawn, POLICIES[policy](), seed=5) for desk in (bare.run, living.run)]
    assert begun(told[0]) == begun(told[1])
    assert told[0].over == pytest.approx(told[1].over, nan_ok=True)
    assert any(task.left for task in told[0].tasks)


@pytest.mark.parametrize("rule", sorted(RULES_OF_VALUE))
def test_the_real_service_loses_nothing(rule: str) -> None:
    """By each rule of a queue each case ends, served or left by its client, though agents decline, come and
    go; and the same seed is the same again.
    """
    drawn = cases(HARD, 7, 60)
    first, again = (living.run(HARD, drawn, rule, seed=7) for _ in range(2))
    assert not any(map(math.isnan, first.over))
    assert first.declined > 0
    assert any(task.left for task in first.tasks)
    assert begun(first) == begun(again)


@pytest.mark.parametrize("rule", sorted(RULES_OF_VALUE))
def test_who_declines_everything_keeps_nobody_waiting(rule: str) -> None:
    """However fast they are: nothing is held back for them, and all goes as fast as without them."""
    without = replace(alike(2, 1.0), rates=(1.8,))
    declining = replace(
        without, agents=["zed", *without.agents], takes=[[0.2, 1.0, 1.0]], declines=(1.0, 0, 0)
    )
    drawn = cases(without, 3, 30)
    mean, declined = (
        sum(task.begun - task.arrived for task in told.tasks) / len(drawn)
        for told in (living.run(world, drawn, rule, seed=3) for world in (without, declining))
    )
    assert declined == pytest.approx(mean, rel=0.05)


def test_a_queue_s_rule_decides() -> None:
    """Priority first lets the urgent go first, whenever they came."""
    urgent, usual = Service(priority=90), Service(priority=20)
    given = [Case(n, 0.1 * n, (Step(0, 1.0, service=usual if n < 3 else urgent),)) for n in range(5)]
    told = begun(living.run(alike(1, 1.0), given, "priority_first", seed=0))
    assert [case for case, _, _ in told] == [0, 3, 4, 1, 2]


def test_the_service_holds_back_what_is_better_left() -> None:
    """A task is not given to somebody very slow while somebody quick is about to be free; by a policy that
    looks at the moment alone it is.
    """
    world = World(types=["a"], agents=["quick", "slow"], takes=[[1.0, 30.0]])
    given = [single(0, 0.0), single(1, 0.1)]
    assert [agent for _, agent, _ in begun(living.run(world, given, "price_and_hold", seed=0))] == [0, 0]
    assert [agent for _, agent, _ in begun(living.run(world, given, "snapshot", seed=0))] == [0, 1]


def test_what_only_some_may_do_is_done_by_them() -> None:
    """Skills of the world are skills of the service."""
    world = World(
        types=["a", "b"],
        agents=["x", "y", "z"],
        takes=[[1.0, NO, 1.0], [NO, 1.0, NO]],
        rates=(1.5,),
        starts=[(0.6, 0), (0.4, 1)],
    )
    outcome = living.run(world, cases(world, 1, 40), "snapshot", seed=1)
    assert Counter((task.type, task.agent) for task in outcome.tasks).keys() == {(0, 0), (0, 2), (1, 1)}


def test_the_service_knows_the_shifts() -> None:
    """It offers nothing that would not be done by the end of a shift; a policy in its solver's place may."""
    world = replace(alike(1, 1.0), presence=Shifts([[(0.0, 1.5), (4.0, 9.0)]]))
    given = [single(n, 0.0) for n in range(3)]
    told = [begun(living.run(world, given, rule, seed=0)) for rule in ("price_and_hold", POLICIES["fifo"]())]
    assert [at for _, _, at in told[0]] == [0.0, 4.0, 5.0]
    assert [at for _, _, at in told[1]] == [0.0, 1.0, 4.0]


def test_a_run_may_end_before_all_is_done() -> None:
    outcome = living.run(
        alike(1, 1.0), [single(n, 0.0) for n in range(4)], "price_and_hold", seed=0, until=2.5
    )
    assert len(begun(outcome)) == 3
    assert outcome.now == 2.5


class Nobody(Policy):
    """Gives nobody anything."""

    name = "nobody"

    def choose(self, moment: object) -> tuple[()]:
        """Nothing."""
        return ()


def test_what_is_never_done_waits() -> None:
    """A policy that chooses nothing leaves everything waiting, and the run ends when it is to end."""
    outcome = living.run(alike(1, 1.0), [single(0, 0.0)], Nobody(), seed=0, until=3.0)
    assert (len(begun(outcome)), outcome.now) == (0, 3.0)
