"""From a decision to the bytes of its answer. What like tasks share is encoded once."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from api.parse import Question
from api.schemas import Assignment, Explained, HeldForOut, Pair, SolutionOut, UnblockOut
from assigner.dispatch.decide import Decision, pairs
from assigner.dispatch.explain import Explainer, Explanation
from assigner.dispatch.unblock import Unblock
from assigner.domain.held import HeldFor
from assigner.domain.instant import rfc3339

_json = msgspec.json.Encoder()


def encode(question: Question, explainer: Explainer) -> bytes:
    """The answer, its lists in the order of the request."""
    decision = explainer.decision
    position = {task.id: i for i, task in enumerate(decision.snapshot.tasks)}
    order = [position[id] for id in question.order]
    parts = {
        "assignments": _assignments(decision, order),
        "unassigned": _unassigned(explainer, order, question.explain),
        "solution": _json.encode(_solution(decision, question.seed)),
    }
    if question.explain == "pairs":
        listed = pairs(decision)
        parts["pairs"] = _json.encode([Pair(task=t, agent=a, value=value) for t, a, value in listed])
    if decision.prices is not None:
        parts["prices"] = _json.encode(decision.prices)
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), part) for name, part in parts.items()) + b"}"


def _assignments(decision: Decision, order: list[int]) -> bytes:
    snapshot, agent_of = decision.snapshot, decision.solution.agent
    terms = {name: points.tolist() for name, points in decision.terms().items()}
    row = {position: i for i, position in enumerate(decision.assigned().tolist())}
    made = []
    for position in order:
        if position in row:
            task, agent = snapshot.tasks[position], snapshot.agents[agent_of[position]]
            worth = {name: points[row[position]] for name, points in terms.items()}
            made.append(
                Assignment(
                    task=task.id,
                    agent=agent.id,
                    value=sum(worth.values()),
                    terms=worth,
                    expected_handle_s=agent.handling_ms(task) / 1000,
                )
            )
    return _json.encode(made)


def _unassigned(explainer: Explainer, order: list[int], explain: str) -> bytes:
    decision = explainer.decision
    waits = (decision.solution.agent < 0).tolist()
    tasks = decision.snapshot.tasks
    tails: dict[Explanation, bytes] = {}
    made = []
    for position in order:
        if not waits[position]:
            continue
        if explain == "none":
            tail = b',"reason":"%s"}' % explainer.reason(position).encode()
        else:
            explanation = explainer.explain(position)
            tail = tails.get(explanation) or tails.setdefault(explanation, _tail(explanation))
        made.append(b'{"task":' + _json.encode(tasks[position].id) + tail)
    return b"[" + b",".join(made) + b"]"


def _tail(explanation: Explanation) -> bytes:
    """What follows the task's id: the same for all tasks that share the explanation."""
    return (
        b","
        + _json.encode(
            Explained(
                reason=explanation.reason,
                refusals=explanation.refusals,
                detail=explanation.detail,
                unblock=unblock_out(explanation.unblock),
                held_for=held_for_out(explanation.held_for),
            )
        )[1:]
    )


def unblock_out(change: Unblock) -> UnblockOut:
    """The smallest change, as it goes over the wire."""
    return UnblockOut(
        kind=change.kind,
        agents=change.agents,
        skill=UNSET if change.skill is None else change.skill,
        level=UNSET if change.level is None else change.level,
        channel=UNSET if change.channel is None else change.channel,
        at=UNSET if change.at is None else rfc3339(change.at),
        overrides=list(change.overrides) or UNSET,
        also=list(change.also) or UNSET,
    )


def held_for_out(held_for: HeldFor | None) -> HeldForOut | UnsetType:
    """Who is waited for, as it goes over the wire."""
    if held_for is None:
        return UNSET
    return HeldForOut(agent=held_for.agent, expected_at=rfc3339(held_for.expected_at))


def _solution(decision: Decision, seed: int) -> SolutionOut:
    solution = decision.solution
    return SolutionOut(
        status=solution.status.value,
        objective=solution.objective,
        bound=solution.bound,
        gap=solution.gap,
        method=solution.method.value,
        solve_s=round(decision.solve_s, 6),
        seed=seed,
    )
