"""Bytes in, bytes out: one request to assign, answered inside a worker process."""

from __future__ import annotations

from collections import Counter

from api.encode import encode
from api.errors import ERRORS, MEDIA_TYPE, ApiError, problem
from api.faults import Invalid
from api.messages import Facts, Job, Reply
from api.parse import parse
from assigner.clock import Clock, SystemClock
from assigner.dispatch.decide import Decision, decide
from assigner.dispatch.explain import Explainer
from assigner.domain.errors import AssignerError


def answer(body: memoryview, job: Job) -> Reply:
    """The answer to the body of a request, or the problem with it."""
    try:
        return _answer(bytes(body), job, SystemClock())
    except (ApiError, AssignerError) as error:
        faults, total = (error.faults, error.total) if isinstance(error, Invalid) else (None, None)
        body_out = problem(error.code, error.detail, job.request_id, faults, total)
        return Reply(status=ERRORS[error.code].status, body=body_out, media_type=MEDIA_TYPE)


def _answer(body: bytes, job: Job, clock: Clock) -> Reply:
    began = clock.monotonic_s()
    question = parse(body, job)
    parsed = clock.monotonic_s()
    decision = decide(
        question.snapshot,
        question.policy,
        clock=clock,
        most_arcs=job.limits.max_arcs,
        time_limit_s=question.time_limit_s,
        seed=question.seed,
        verify=job.verify,
    )
    decided = clock.monotonic_s()
    answered = encode(question, decision, job.language, job.limits.max_pairs)
    facts = _facts(decision)
    facts["parse_s"], facts["decide_s"] = parsed - began, decided - parsed
    facts["encode_s"] = clock.monotonic_s() - decided
    return Reply(status=200, body=answered, facts=facts)


def _facts(decision: Decision) -> Facts:
    solution, problem_ = decision.solution, decision.model.problem
    explainer = Explainer(decision=decision)
    waiting = Counter(explainer.reason(position) for position in decision.waiting().tolist())
    return Facts(
        tasks=len(decision.snapshot.tasks),
        agents=len(decision.snapshot.agents),
        groups=len(decision.groups),
        arcs=problem_.arc_agent.size,
        assigned=len(decision.snapshot.tasks) - waiting.total(),
        waiting_by_reason=dict(waiting),
        status=solution.status.value,
        method=solution.method.value,
        gap=solution.gap,
        solve_s=decision.solve_s,
    )
