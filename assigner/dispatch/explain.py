"""Why is it waiting: the reason, who was refused by which rule, and the smallest change that unblocks it.

Everything here is read off the masks and the solution that decided, or asked of the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from assigner.dispatch.decide import Decision
from assigner.dispatch.unblock import Unblock, smallest_change
from assigner.dispatch.words import Sentence
from assigner.domain.eligibility import Verdict, judge
from assigner.domain.held import NOT_HELD, HeldBack, HeldFor
from assigner.domain.instant import rfc3339
from assigner.domain.reasons import HELD_BACK, OUTRANKED, UNDECIDED
from assigner.domain.roster import Roster
from assigner.domain.task import Task


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explanation:
    """Why a task waits; like tasks share one.

    `refusals` counts each agent once, under the first rule that refuses, else under HELD_BACK; where that is
    the reason, `held_for` says who is waited for.
    """

    reason: str
    refusals: dict[str, int]
    detail: str
    unblock: Unblock
    held_for: HeldFor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """Explains the waiting tasks of a decision, like tasks once."""

    decision: Decision
    language: str = "en"
    _own: dict[int, Verdict] = field(default_factory=dict)
    _back: dict[tuple[int, int], HeldBack] = field(default_factory=dict)
    _shared: dict[tuple[int, int | None], Explanation] = field(default_factory=dict)

    def reason(self, position: int) -> str:
        """Why the task at this position of the snapshot waits, in a word."""
        verdict = self._verdict(position)
        return _reason(verdict, self.decision.roster, self._held(position, verdict))

    def explain(self, position: int) -> Explanation:
        """Why the task at this position of the snapshot waits."""
        task, verdict = self.decision.snapshot.tasks[position], self._verdict(position)
        if task.bars_agents:
            return self._explain(position, task, verdict)
        number = int(self.decision.model.problem.group[position])
        # Like tasks may last differently, and when somebody could begin and still finish depends on it.
        key = (number, None if verdict.eligible else task.handle_ms)
        if key not in self._shared:
            self._shared[key] = self._explain(position, task, verdict)
        return self._shared[key]

    def _explain(self, position: int, task: Task, verdict: Verdict) -> Explanation:
        held = self._held(position, verdict)
        return explain(task, verdict, self.decision.roster, self.language, held)

    def _held(self, position: int, verdict: Verdict) -> HeldBack:
        model = self.decision.model
        group = int(model.problem.group[position])
        key = group, verdict.eligible
        if key not in self._back:
            self._back[key] = model.held_back(*key, self.decision.roster)
        return self._back[key]

    def _verdict(self, position: int) -> Verdict:
        task = self.decision.snapshot.tasks[position]
        if not task.bars_agents:
            return self.decision.groups[int(self.decision.model.problem.group[position])].verdict
        if position not in self._own:
            self._own[position] = judge(task, self.decision.roster)
        return self._own[position]


def explain(
    task: Task,
    verdict: Verdict,
    roster: Roster,
    language: str,
    held: HeldBack = NOT_HELD,
    free: str = OUTRANKED,
) -> Explanation:
    """Why a task waits that has this verdict and is held back like this; `free`: the reason
    where it is not held back from all who may take it.
    """
    refusals = {rule: mask.bit_count() for rule, mask in verdict.refused.items()}
    if held.agents:
        refusals[HELD_BACK] = held.agents.bit_count()
    reason = _reason(verdict, roster, held, free)
    unblock = smallest_change(task, verdict, roster, held)
    return Explanation(
        reason=reason,
        refusals=refusals,
        detail=_detail(task, verdict, roster, language, held, free),
        unblock=replace(unblock, kind="next_decision") if reason == UNDECIDED else unblock,
        held_for=held.held_for if reason == HELD_BACK else None,
    )


def _reason(verdict: Verdict, roster: Roster, held: HeldBack, free: str = OUTRANKED) -> str:
    if not roster.agents:
        return "no_agents"
    if verdict.eligible & ~held.agents:
        return free
    return HELD_BACK if held.agents else verdict.nearest_miss()


def _detail(task: Task, verdict: Verdict, roster: Roster, language: str, held: HeldBack, free: str) -> str:
    sentence = Sentence(language)
    if not roster.agents:
        sentence.add("no_agents")
    for rule, mask in verdict.refused.items():
        _add_clause(sentence, rule, mask, task, roster)
    if held.held_for:
        at = rfc3339(held.held_for.expected_at)
        sentence.add(HELD_BACK, held.agents.bit_count(), agent=held.held_for.agent, at=at)
    if may := verdict.eligible & ~held.agents:
        sentence.add(free, may.bit_count())
    return str(sentence)


def _add_clause(sentence: Sentence, rule: str, mask: int, task: Task, roster: Roster) -> None:
    count, requirement = mask.bit_count(), task.requirement
    match rule:
        case "not_yet" if task.not_before is not None:
            sentence.add(rule, at=rfc3339(task.not_before))
        case "pinned_elsewhere" if task.pinned_agent is not None:
            known = task.pinned_agent in roster.index
            sentence.add(rule if known else "pinned_to_nobody", agent=task.pinned_agent)
        case "skill_missing":
            lacking = {skill for skill, _ in requirement.asked() if mask & ~roster.holding(skill, 1)}
            sentence.add(rule, count, skills=sentence.any_of(sorted(lacking)))
        case "level_too_low":
            low = {skill for skill, level in requirement.asked() if mask & ~roster.holding(skill, level)}
            sentence.add(rule, count, skills=sentence.any_of(sorted(low)))
        case _:
            sentence.add(rule, count, channel=requirement.channel or "")
