"""What happens at the bare desk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean

import pytest

from assigner.simulation.bare import Outcome, run
from assigner.simulation.measures import MEASURES, attained, met, waits
from assigner.simulation.moment import Moment, Policy, Task
from assigner.simulation.policies import POLICIES, Fifo, LongestIdle, Priority, Spt
from assigner.simulation.presence import Always, Independent, Presence, Published, Shifts
from assigner.simulation.world import NEVER, Case, Service, Step, World, cases
from tests.simulation.small import NO, alike, begun, single

STEPS = replace(
    alike(3, 0.8, types=2),
    rates=(1.0, 3.0),
    starts=[(0.5, 0), (0.5, 1)],
    follows=[[(0.4, 1), (0.6, None)], [(0.2, 0), (0.8, None)]],
)
"""Cases of several tasks, a rush every other hour."""
HARD = replace(
    STEPS,
    patience=(3.0, 6.0),
    declines=(0.3, 0.0, 0.5),
    services=[[(0.3, Service(priority=80, target=2.0)), (0.7, Service())]] * 2,
    presence=Independent((1, 3, 2), (1.0, 2.0, 3.0)),
)
"""Clients leave, agents refuse, and come and go."""


def test_a_seed_is_a_world() -> None:
    """The same seed draws the same and decides the same; another seed does not."""
    drawn = [cases(HARD, seed, 200) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    told = [begun(run(HARD, drawn[0], POLICIES["random"](), seed=seed)) for seed in (1, 1, 2)]
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_nothing_is_lost(policy: str) -> None:
    """Each case ends, served or left by its client, and nobody does two things at once or while away; by
    whatever policy, though agents refuse, clients leave and shifts end.
    """
    outcome = run(HARD, cases(HARD, 7, 300), POLICIES[policy](), seed=7)
    assert not any(map(math.isnan, outcome.over))
    assert outcome.declined > 0
    assert any(task.left for task in outcome.tasks)
    served = [task for task in outcome.tasks if not task.left]
    assert len(served) + sum(task.left for task in outcome.tasks) == len(outcome.tasks)
    for agent in range(3):
        spans = sorted((task.begun, task.ended) for task in served if task.agent == agent)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize("presence", [Always(), Published((1, 2), (1, 1, 5)), Independent((1, 2), (1, 1, 5))])
def test_two_policies_see_the_same_draws(presence: Presence) -> None:
    """What is asked, when, how much work is in it: the same under every policy, whoever does it when."""
    world = replace(STEPS, presence=presence)
    drawn = cases(world, 3, 100)
    told = [run(world, drawn, policy(), seed=3) for policy in (Fifo, Spt, LongestIdle)]
    for outcome in told:
        assert [_work(outcome, number) for number in range(100)] == [
            [(step.type, step.work) for step in case.steps] for case in drawn
        ]
    assert len({tuple(begun(outcome)) for outcome in told}) > 1


def _work(outcome: Outcome, number: int) -> list[tuple[int, float]]:
    tasks = sorted(
        (task for task in outcome.tasks if task.case.number == number), key=lambda task: task.order
    )
    return [(task.type, pytest.approx((task.ended - task.begun) / 0.8)) for task in tasks]


def test_who_comes_belongs_to_the_hour_and_not_to_the_policy() -> None:
    """An independent calendar is the same whoever is busy."""
    rolls = [Independent((1, 2, 3), (1.0, 0.0, 4.0, 2.0)).roll(4, 5) for _ in range(2)]
    for _ in range(50):
        assert rolls[0].at == rolls[1].at
        idle = rolls[0].turn({0, 1, 2, 3}, ())
        busy = rolls[1].turn((), {0, 1, 2, 3})
        assert not busy[0]
        assert not busy[1]
        assert len(idle[0]) + len(idle[1]) > 0
    assert [rolls[0].keeps(agent, 0.0, 0) for agent in range(4)] == [
        rolls[1].keeps(agent, 0.0, 0) for agent in range(4)
    ]


def test_heads_are_as_many_as_the_hour_asks() -> None:
    """An independent calendar has so many on duty in each hour."""
    roll, here, heads = Independent((2, 0, 3, 1), (1, 2, 3, 4)).roll(4, 2), set(), []
    while roll.at < 40:
        comes, goes = roll.turn(here, ())
        here = (here | {*comes}) - {*goes}
        heads.append(len(here))
    assert heads == [2, 0, 3, 1] * 10


def test_the_published_calendar_lets_one_more_stay() -> None:
    """In the published simulator, who ends a task stays while no more others are there than asked."""
    heads = (2, 0, 3, 1)
    world = replace(alike(4, 0.7), presence=Published(heads, (1, 2, 3, 4)))
    policy = Watch()
    run(world, [single(n, n // 2 + 0.6) for n in range(80)], policy, seed=2)
    more = {there - heads[int(at) % 4] for at, there, busy in policy.seen if there > busy}
    assert max(more) == 1
    assert min(more) == 0


class Watch(Fifo):
    """First come, first served, noting who is there."""

    name = "watch"
    tick = 0.099

    def begin(self, moment: Moment, seed: int) -> None:
        """Nothing was seen."""
        self.seen: list[tuple[float, int, int]] = []

    def ticked(self, moment: Moment) -> None:
        """Note who is there."""
        self.seen.append((moment.now, len(moment.idle) + len(moment.busy), len(moment.busy)))


def test_shifts_and_breaks() -> None:
    """Work is begun within shifts, and what is begun is finished; shifts that touch are one."""
    world = replace(alike(1, 1.0), presence=Shifts([[(9.0, 12.0), (13.0, 15.0), (15.0, 17.0)]], 24.0, 72.0))
    told = begun(run(world, [single(n, 10.5) for n in range(10)], Fifo(), seed=1))
    assert [at for _, _, at in told] == [10.5, 11.5, 13.0, 14.0, 15.0, 16.0, 33.0, 34.0, 35.0, 37.0]


def test_what_is_known_of_shifts() -> None:
    """A policy sees when who is away comes, and when the shift that is or comes next ends."""
    roll = Shifts([[(9.0, 12.0), (13.0, 17.0)], [(10.0, 11.0)]]).roll(2, 0)
    assert (list(roll.comes), list(roll.leaves)) == ([9.0, 10.0], [12.0, 11.0])
    roll.turn((), ())
    assert (list(roll.comes), list(roll.leaves)) == ([NEVER, 10.0], [12.0, 11.0])
    for _ in range(3):
        roll.turn((), ())
    assert (list(roll.comes), list(roll.leaves)) == ([13.0, NEVER], [17.0, NEVER])


def test_the_next_task_of_a_case_comes_when_it_can_be_done() -> None:
    steps = (Step(0, 1.0), Step(0, 2.0, after=5.0), Step(0, 1.0))
    outcome = run(alike(1, 1.0), [Case(0, 1.0, steps)], Fifo(), seed=0)
    assert [(task.begun, task.ended) for task in outcome.tasks] == [(1, 2), (7, 9), (9, 10)]
    assert list(outcome.over) == [10.0]


def test_a_client_leaves_what_waits_and_not_what_is_begun() -> None:
    given = [single(0, 0.0, work=3.0, patience=1.0), single(1, 0.5, patience=1.0)]
    outcome = run(alike(1, 1.0), given, Fifo(), seed=0)
    assert [task.left for task in outcome.tasks] == [False, True]
    assert list(outcome.over) == [3.0, 1.5]


def test_who_declines_is_asked_again_later() -> None:
    """A task refused goes to another, keeps its age, and waits for nobody longer than a refusal lasts."""
    world = replace(alike(1, 1.0), declines=(0.9,), cool=2.0)
    outcome = run(world, [single(0, 0.0)], Fifo(), seed=4)
    [task] = outcome.tasks
    assert outcome.declined > 0
    assert task.begun == 2.0 * outcome.declined
    both = replace(alike(2, 1.0), declines=(1.0, 0.0), cool=2.0)
    assert begun(run(both, [single(0, 0.0)], Fifo(), seed=4)) == [(0, 1, 0.0)]


def test_an_end_before_all_is_done() -> None:
    """What is open at the end counts with its time until then, and keeps no promise that was due: a policy
    looks no better for what it leaves undone.
    """
    service = Service(target=1.5)
    given = [Case(n, 0.0, (Step(0, 1.0, service=service),)) for n in range(4)]
    outcome = run(alike(1, 1.0), given, Fifo(), seed=0, until=2.5)
    assert outcome.now == 2.5
    assert waits(outcome) == [0.0, 1.0, 2.0, 2.5]
    assert [met(task) for task in outcome.tasks] == [True, False, False, False]
    assert attained(outcome) == 0.25
    assert MEASURES["cycle"].of(outcome) == (1.0 + 2.0 + 2.5 + 2.5) / 4


def test_arrivals_follow_the_profile() -> None:
    """As many cases come in each hour of the cycle as it says, and none where it says none."""
    world = replace(alike(1, 1.0), rates=(2.0, 0.0, 6.0))
    hours = [int(case.at) % 3 for case in cases(world, 1, 20_000)]
    assert hours.count(1) == 0
    assert hours.count(2) / hours.count(0) == pytest.approx(3.0, rel=0.05)
    gaps = [case.at for case in cases(replace(world, rates=(4.0,)), 1, 20_000)]
    assert gaps[-1] / len(gaps) == pytest.approx(0.25, rel=0.03)


def test_no_arrivals_are_no_cases() -> None:
    assert cases(replace(alike(1, 1.0), rates=(0.0,)), 1, 5) == []


class Wrong(Policy):
    """Gives everything to the agent 1."""

    name = "wrong"

    def choose(self, moment: Moment) -> Sequence[tuple[Task, int]]:
        """Whoever it is."""
        return [(line.head, 1) for line in moment.lines.values()]


def test_a_policy_cannot_give_what_it_may_not() -> None:
    """Who lacks the skill or is busy gets nothing: the run says so."""
    world = World(types=["a"], agents=["can", "cannot"], takes=[[1.0, NO]])
    with pytest.raises(ValueError, match=r"wrong may not give Task\(0, type 0, case 0, step 0\) to agent 1"):
        run(world, [single(0, 0.0)], Wrong(), seed=0)
    with pytest.raises(ValueError, match="wrong may not give"):
        run(alike(2, 1.0), [single(0, 0.0), single(1, 0.0)], Wrong(), seed=0)


def test_the_urgent_first_whenever_they_came() -> None:
    """Priority before age; of one priority age; a policy that orders by due dates goes by those."""
    late, soon = Service(priority=10, target=9.0), Service(priority=90, target=20.0)
    given = [
        single(0, 0.0),
        Case(1, 0.1, (Step(0, 1.0, service=late),)),
        Case(2, 0.2, (Step(0, 1.0, service=soon),)),
        single(3, 0.3),
    ]
    assert [case for case, _, _ in begun(run(alike(1, 1.0), given, Priority(), seed=0))] == [0, 2, 3, 1]
    edd = POLICIES["edd"]()
    assert [case for case, _, _ in begun(run(alike(1, 1.0), given, edd, seed=0))] == [0, 1, 2, 3]


def test_a_bullseye_widens() -> None:
    """Only the best may take a task at first; after a while the next best, then all."""
    world = World(types=["a"], agents=["slow", "usual", "quick"], takes=[[3.0, 2.0, 1.0]])
    outcome = run(world, [single(n, 0.0) for n in range(3)], POLICIES["bullseye"](), seed=0)
    assert begun(outcome) == [(0, 2, 0.0), (1, 2, 1.0), (2, 1, 2.0)]


def test_work_is_shared_out() -> None:
    """Round robin takes turns; the least busy has worked least; the longest idle was free first."""
    given = [single(n, 10.0 * n, work=1.0 + n % 2) for n in range(6)]
    told = {
        name: [agent for _, agent, _ in begun(run(alike(3, 1.0), given, POLICIES[name](), seed=0))]
        for name in ("round_robin", "least_busy", "longest_idle")
    }
    assert told["round_robin"] == [0, 1, 2, 0, 1, 2]
    assert told["longest_idle"] == [0, 1, 2, 0, 1, 2]
    assert told["least_busy"] == [0, 1, 2, 0, 2, 1]


def test_learning_from_nothing_comes_close_to_knowing() -> None:
    """Nothing is known of who is slow at first: much goes to the wrong agents, and hardly any in the end."""
    world = replace(
        World(types=["a", "b"], agents=list("wxyz"), takes=[[0.2, 0.4, 4.0, 2.0], [4.0, 2.0, 0.2, 0.4]]),
        rates=(3.0,),
        starts=[(0.5, 0), (0.5, 1)],
    )
    drawn = cases(world, 1, 2_000)
    knows, learns = (run(world, drawn, Spt(), seed=1, learns=learns) for learns in (False, True))
    right = [[world.takes[task.type][task.agent] < 1.0 for task in one.tasks] for one in (knows, learns)]
    assert fmean(right[1][:20]) < fmean(right[0][:20]) - 0.2
    assert fmean(right[1][500:]) > fmean(right[0][500:]) - 0.02


class Watching(Fifo):
    """Notes what is expected of the one agent at each task done."""

    hears = True

    def begin(self, moment: Moment, seed: int) -> None:
        self.expected: list[float] = []

    def ended(self, moment: Moment, task: Task) -> None:
        self.expected.append(moment.handling[0][0])


def test_what_is_learned_is_told_at_once() -> None:
    """Of a few agents and types each task done changes what is expected, however many were before."""
    world, watching = replace(alike(1, 1.0), rates=(0.5,)), Watching()
    run(world, cases(world, 3, 600), watching, seed=3, learns=True)
    assert len(set(watching.expected)) == 600
