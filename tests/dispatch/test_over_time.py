"""The rules over time where the living service asks more of them than a request can: rules and curves of
queues, first responses, and what somebody has foreseen already.
"""

from dataclasses import replace
from math import exp, log
from typing import Any

import numpy as np
import pytest

from assigner.clock import ManualClock
from assigner.dispatch.decide import Decision, Effort, decide
from assigner.dispatch.over_time import FAINT, MOST_OF_PAIR, PREFERRED, ZERO, OverTime
from assigner.dispatch.parts import FIRST_STEP, MOST_OF_TASK, SCALE
from assigner.domain.agent import Agent
from assigner.domain.curve import Curve
from assigner.domain.policy import RULES_OF_VALUE, Policy
from assigner.domain.preference import OVER_TIME
from assigner.domain.snapshot import Snapshot
from assigner.domain.task import Requirement, Task
from solver.over_time import DEFAULTS
from solver.worth import AGEING, BROKEN, DOUBLES, FORGIVEN, NEAR, PATIENCE, URGENT

NOW = 1_795_420_800_000
HOUR = 3_600_000
REFUND = Requirement(category="refund")
FAST = Agent(id="ana", handle_ms={"refund": HOUR // 6}, load=1, busy=((1, HOUR // 12),))
SLOW = Agent(id="luis", handle_ms={"refund": HOUR})


def task(id: str, **own: Any) -> Task:
    """A task of the category that the agents know."""
    return Task(**{"id": id, "requirement": REFUND, "created_at": NOW, **own})


def decided(*tasks: Task, agents: tuple[Agent, ...] = (FAST, SLOW), **given: Any) -> Decision:
    """The decision by `price_and_hold`, judged."""
    snapshot, effort = Snapshot.freeze(NOW, tasks, agents), Effort(most_arcs=1000, time_limit_s=None)
    return decide(snapshot, Policy(rule="price_and_hold"), effort, clock=ManualClock(), verify=True, **given)


def taken(decision: Decision) -> list[str]:
    """The tasks that got an agent."""
    return [decision.snapshot.tasks[i].id for i in decision.assigned().tolist()]


@pytest.mark.parametrize(
    ("rule", "goes"), [(None, False), *((rule, rule != "price_and_hold") for rule in RULES_OF_VALUE)]
)
def test_a_task_may_have_a_rule_of_its_own(rule: str | None, goes: bool) -> None:
    """Only tasks of `price_and_hold` are held back, and those without a rule when it is the policy's."""
    assert taken(decided(task("t", rule=rule))) == (["t"] if goes else [])


@pytest.mark.parametrize(("priority", "first"), [(51, "own"), (49, "other")])
def test_priority_first_beside_other_rules(priority: int, first: str) -> None:
    """A step above 50 goes before whatever the other rules value most, a step below goes after it."""
    own = task("own", rule="priority_first", priority=priority)
    other = task("other", priority=100 if first == "own" else 0, created_at=NOW - 9 * HOUR)
    assert taken(decided(own, other, agents=(SLOW,))) == [first]


def test_of_the_usual_priority_the_rules_meet() -> None:
    """A task of `priority_first` and 50 counts as one of an hour's work: a shorter one goes before it, a
    longer one after it.
    """
    own = task("own", rule="priority_first", requirement=Requirement())
    short, long = (task(f"{ms}", requirement=Requirement(), handle_ms=ms) for ms in (HOUR // 2, 2 * HOUR))
    assert taken(decided(own, short, agents=(Agent(id="ana"),))) == [short.id]
    assert taken(decided(own, long, agents=(Agent(id="ana"),))) == ["own"]


def promise(**own: Any) -> float:
    """The promise part of a task for luis, who takes an hour."""
    decision = decided(task("t", **own), agents=(SLOW,))
    return float(decision.terms()["promise"][0] / SCALE)


def test_a_promise_is_kept_by_beginning_or_by_ending_in_time() -> None:
    """What is due has to be done by then, what is to be responded to has to be begun; the sooner counts."""
    assert promise() == 0
    assert promise(due_at=NOW + 5 * HOUR) == pytest.approx(URGENT * exp(-4 / NEAR), abs=1e-5)
    assert promise(respond_by=NOW + 2 * HOUR) == pytest.approx(URGENT * exp(-2 / NEAR), abs=1e-5)
    both = {"due_at": NOW + 5 * HOUR, "respond_by": NOW + 2 * HOUR}
    assert promise(**both) == promise(respond_by=NOW + 2 * HOUR)
    assert promise(due_at=NOW - 5 * HOUR) == pytest.approx(6 / FORGIVEN - BROKEN, abs=1e-5)


def test_a_curve_says_how_a_promise_pulls() -> None:
    """A queue's curve is in points of priority, of which 25 double the weight; none without a promise."""
    curve = Curve(at=(-4 * HOUR, 0), points=(0.0, 100.0))
    assert promise(curve=curve, due_at=NOW + HOUR) == pytest.approx(75 / DOUBLES * log(2), abs=1e-4)
    assert promise(curve=curve, due_at=NOW - HOUR) == pytest.approx(125 / DOUBLES * log(2), abs=1e-4)
    assert promise(curve=curve) == 0


def test_what_was_foreseen_already_gives_the_same_decision() -> None:
    """A decision with what another has foreseen is the same, value by value."""
    tasks = [task(f"t{n}", handle_ms=n * 1000, requirement=Requirement()) for n in range(1, 9)]
    agents = (FAST, SLOW, replace(SLOW, id="zoe", handle_ms={}))
    first = decided(*tasks, agents=agents)
    assert isinstance(first.model, OverTime)
    second = decided(*tasks, agents=agents, foreseen=first.model.foreseen)
    assert taken(first)
    assert np.array_equal(first.solution.agent, second.solution.agent)
    assert first.solution.objective == second.solution.objective


def test_of_whom_nothing_is_foreseen_comes_last_and_is_used() -> None:
    """A task and an agent that are not in what was foreseen still find each other."""
    tasks, agents = [task("t"), task("u")], (SLOW, replace(SLOW, id="zoe"))
    first = decided(*tasks, agents=agents)
    assert isinstance(first.model, OverTime)
    blind = replace(first.model.foreseen, type_of=np.array([0, -1]), column_of=np.array([0, -1]))
    second = decided(*tasks, agents=agents, foreseen=blind)
    assert second.solution.agent.tolist() in ([0, 1], [1, 0])
    assert min(second.terms()["right_agent"]) == ZERO - MOST_OF_PAIR


def test_the_meanings_of_the_terms_have_the_numbers_of_the_rule() -> None:
    """What README says of a term is what the rule reckons with."""
    assert f"{DEFAULTS.right_agent:g} × ln" in OVER_TIME["right_agent"]
    assert pytest.approx(log(4)) == PREFERRED
    assert (ZERO, MOST_OF_PAIR, MOST_OF_TASK) == (2**34, 2**32, 2**31)
    assert f"{AGEING:g} × ln(1 + hours waited / {PATIENCE:g} times" in OVER_TIME["waited"]
    assert f"each {DOUBLES:g} steps" in OVER_TIME["priority"]
    assert f"`priority_first` {FIRST_STEP:g} a step" in OVER_TIME["priority"]
    assert URGENT == 1
    assert f"e^(-hours / {NEAR:g})" in OVER_TIME["promise"]
    assert f"1 for each {FORGIVEN:g} hours, less {BROKEN:g}" in OVER_TIME["promise"]
    assert FAINT == 0.001
