"""Bytes in, bytes out: one request to assign, answered inside a worker process."""

from __future__ import annotations

from collections import Counter

from api.encode import encode
from api.errors import ERRORS, MEDIA_TYPE, ApiError, problem
from api.faults import Invalid
from api.messages import Facts, Job, Reply
from api.parse import parse
from assigner.clock import Clock, SystemClock
from assigner.dispatch.decide import Effort, decide
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
    limits = job.limits
    effort = Effort(
        most_arcs=limits.max_arcs,
        most_pairs=limits.max_pairs if question.explain == "pairs" else None,
        time_limit_s=question.time_limit_s,
    )
    decision = decide(
        question.snapshot, question.policy, effort, clock=clock, seed=question.seed, verify=job.verify
    )
    decided = clock.monotonic_s()
    explainer = Explainer(decision=decision, language=job.language)
    answered = encode(question, explainer)
    facts = _facts(explainer)
    facts["parse_s"], facts["decide_s"] = parsed - began, decided - parsed
    facts["encode_s"] = clock.monotonic_s() - decided
    return Reply(status=200, body=answered, facts=facts)


def _facts(explainer: Explainer) -> Facts:
    decision, solution = explainer.decision, explainer.decision.solution
    waiting = Counter(explainer.reason(position) for position in decision.waiting().tolist())
    return Facts(
        tasks=len(decision.snapshot.tasks),
        agents=len(decision.snapshot.agents),
        groups=len(decision.groups),
        arcs=decision.model.problem.arc_agent.size,
        assigned=len(decision.snapshot.tasks) - waiting.total(),
        waiting_by_reason=dict(waiting),
        status=solution.status.value,
        method=solution.method.value,
        gap=solution.gap,
        solve_s=decision.solve_s,
    )
