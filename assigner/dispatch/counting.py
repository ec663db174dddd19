"""What a dispatcher counts while it leads: what happens to tasks, from their events, and how its passes go.

Of all the processes that serve a workspace one leads, so that no event is counted twice. What happens while
none does is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assigner.clock import Clock
from assigner.dispatch.acting import ACTOR
from assigner.dispatch.actions import ACTIONS
from assigner.dispatch.loop import Pass
from assigner.dispatch.mirror import Mirror
from assigner.dispatch.plan import Plan
from assigner.domain.lifecycle import OfferState
from assigner.domain.records import Event, OfferRecord, OverrideRecord, TaskRecord
from assigner.domain.risk import Risk, risk
from assigner.domain.task import Task
from assigner.metrics import OTHER, Meters, band_of

NO_CATEGORY = "none"
ARRIVALS = ("task.enqueued", "task.reopened")
TAKEN = ("task.accepted", "task.assigned")
MOVES = ("task.offered", "task.accepted", "task.completed", "task.transferred")


@dataclass(slots=True, eq=False)
class Names:
    """The names that have series of their own: the first so many, and `other` is all that come later."""

    most: int
    known: set[str] = field(default_factory=set)

    def of(self, name: str) -> str:
        """The name, or `other`."""
        if name not in self.known:
            if len(self.known) >= self.most:
                return OTHER
            self.known.add(name)
        return name


class Counting:
    """Counts for one workspace: `hear` is given the events, `tell` the passes."""

    def __init__(self, meters: Meters, workspace: str, clock: Clock) -> None:
        self._meters = meters
        self._workspace = workspace
        self._clock = clock
        self._queues = Names(meters.most_names)
        self._categories = Names(meters.most_names)
        for action in ACTIONS:
            meters.counters["assigner_overrides_total"].labels(workspace, action)

    def hear(self, mirror: Mirror, events: Sequence[Event]) -> None:
        """Count what has happened. The mirror knows the tasks as they were before the first of the events."""
        since: dict[str, TaskRecord] = {}
        for event in events:
            if event.offer is not None:
                self._offer(event.offer, event)
            if event.override is not None and event.type == "override.made":
                self._override(event.override)
            if event.task is not None:
                if event.type in ARRIVALS:
                    self._count("assigner_arrivals_total")
                elif event.type in MOVES:
                    before, task = _before(mirror, event.task, since)
                    self._task(event, event.task, before, task)
                    if event.type == "task.completed":
                        self._expected(mirror, event.task, task)
                if event.type in TAKEN:
                    self._responded(event.task, *_before(mirror, event.task, since))
                since[event.task.id] = event.task

    def _task(self, event: Event, after: TaskRecord, before: TaskRecord, task: Task) -> None:
        """`task` is the domain's, as it was before: what overrides say of one ends with it."""
        match event.type:
            case "task.offered" | "task.accepted":
                self._waited(task, after, event)
            case "task.completed":
                self._completed(task, after, event.at)
            case _:
                self._handed_off(before.queue)

    def _count(self, name: str, *labels: str, by: float = 1) -> None:
        self._meters.counters[name].labels(self._workspace, *labels).inc(by)

    def _waits(self, name: str, task: Task, ms: int) -> None:
        histogram = self._meters.histograms[f"assigner_wait_to_{name}_seconds"]
        histogram.labels(self._workspace, band_of(task.priority)).observe(max(0, ms) / 1_000)

    def _offer(self, offer: OfferRecord, event: Event) -> None:
        """An offer that is accepted at once, because its queue says so, has no event of its making."""
        if offer.state is OfferState.OPEN or _accepted_at_once(event):
            self._count("assigner_offers_total", "made")
        if offer.state is not OfferState.OPEN:
            self._count("assigner_offers_total", offer.state)

    def _override(self, override: OverrideRecord) -> None:
        self._count("assigner_overrides_total", override.action)
        self._count("assigner_assignments_forced_total", by=override.forced)

    def _waited(self, task: Task, record: TaskRecord, event: Event) -> None:
        waited = event.at - record.queued_at
        first = event.type == "task.offered" or _accepted_at_once(event)
        if first and record.attempts == 1:
            self._waits("offer", task, waited)
        if event.type == "task.accepted":
            self._waits("accept", task, waited)

    def _completed(self, task: Task, record: TaskRecord, at: int) -> None:
        self._waits("completion", task, at - record.created_at)
        category = self._categories.of(task.requirement.category or NO_CATEGORY)
        self._count("assigner_completions_total", category)
        if record.started_at is not None:
            handling = self._meters.summaries["assigner_handling_seconds"]
            handling.labels(self._workspace, category).observe(max(0, at - record.started_at) / 1_000)
        if task.due_at is not None:
            stands = risk(now=at, due_at=task.due_at, handle_ms=0, started_at=record.started_at)
            kept = "missed" if stands is Risk.BREACHED else "met"
            self._count("assigner_sla_completed_total", band_of(task.priority), kept)

    def _responded(self, after: TaskRecord, before: TaskRecord, task: Task) -> None:
        """Count a first response: that of somebody who takes what nobody has taken before."""
        if before.responded_at is None and after.responded_at is not None and task.respond_by is not None:
            kept = "missed" if after.responded_at >= task.respond_by else "met"
            self._count("assigner_sla_responded_total", band_of(task.priority), kept)

    def _expected(self, mirror: Mirror, record: TaskRecord, task: Task) -> None:
        """Note what was expected of a completed task whose beginning is known."""
        entry = mirror.agents.get(record.agent or "")
        if entry is not None and record.started_at is not None:
            category = self._categories.of(task.requirement.category or NO_CATEGORY)
            expected = self._meters.summaries["assigner_handling_expected_seconds"]
            expected.labels(self._workspace, category).observe(entry.said.handling_ms(task) / 1_000)

    def _handed_off(self, queue: str) -> None:
        self._count("assigner_handoffs_total", self._queues.of(queue))

    def tell(self, passed: Pass) -> None:
        """Count a pass."""
        histograms = self._meters.histograms
        if passed.events:
            histograms["assigner_mirror_lag_seconds"].labels(self._workspace).observe(passed.lag_ms / 1_000)
        for step, seconds in passed.took.items():
            histograms["assigner_cycle_seconds"].labels(self._workspace, step).observe(seconds)
        for verb, times in passed.done.items():
            self._count("assigner_clock_verbs_total", verb, by=times)
        if passed.report is not None:
            for code, times in passed.report.refused.items():
                self._count("assigner_offers_refused_total", code, by=times)
            if passed.report.plan is not None:
                self._solved(passed.report.plan)
        ended = self._meters.gauges["assigner_dispatcher_last_pass_timestamp_seconds"]
        ended.labels(self._workspace).set(self._clock.now_ms() / 1_000)

    def _solved(self, plan: Plan) -> None:
        self._meters.histograms["assigner_solve_seconds"].labels(plan.method).observe(plan.solve_s)
        self._meters.histograms["assigner_solution_gap_ratio"].observe(plan.gap)
        self._meters.counters["assigner_solutions_total"].labels(plan.status).inc()


def _before(mirror: Mirror, task: TaskRecord, since: Mapping[str, TaskRecord]) -> tuple[TaskRecord, Task]:
    """A task before an event, as the events since the mirror was brought up to date have it."""
    known, entry = since.get(task.id), mirror.tasks.get(task.id)
    if known is None and entry is not None:
        return entry.record, entry.task
    return known or task, mirror.like(known or task)[0]


def _accepted_at_once(event: Event) -> bool:
    return event.type == "task.accepted" and event.actor == ACTOR
