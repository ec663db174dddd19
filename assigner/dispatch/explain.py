"""Why is it waiting: the reason, who was refused by which rule, and the smallest change that unblocks it.

Everything here is read off the masks and the solution that decided, or asked of the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assigner.dispatch.decide import Decision
from assigner.dispatch.unblock import Unblock, smallest_change
from assigner.dispatch.words import Sentence
from assigner.domain.eligibility import Verdict, judge
from assigner.domain.instant import rfc3339
from assigner.domain.roster import Roster
from assigner.domain.task import Task


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explanation:
    """Why a task waits; like tasks share one.

    `refusals` counts each agent once, under the first rule that refuses.
    """

    reason: str
    refusals: dict[str, int]
    detail: str
    unblock: Unblock


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """Explains the waiting tasks of a decision, like tasks once."""

    decision: Decision
    language: str = "en"
    _own: dict[int, Verdict] = field(default_factory=dict)
    _shared: dict[tuple[int, int | None], Explanation] = field(default_factory=dict)

    def reason(self, position: int) -> str:
        """Why the task at this position of the snapshot waits, in a word."""
        return _reason(self._verdict(position), self.decision.roster)

    def explain(self, position: int) -> Explanation:
        """Why the task at this position of the snapshot waits."""
        task, verdict = self.decision.snapshot.tasks[position], self._verdict(position)
        if task.bars_agents:
            return explain(task, verdict, self.decision.roster, self.language)
        number = int(self.decision.model.problem.group[position])
        # Like tasks may last differently, and when somebody could begin and still finish depends on it.
        key = (number, None if verdict.eligible else task.handle_ms)
        if key not in self._shared:
            self._shared[key] = explain(task, verdict, self.decision.roster, self.language)
        return self._shared[key]

    def _verdict(self, position: int) -> Verdict:
        task = self.decision.snapshot.tasks[position]
        if not task.bars_agents:
            return self.decision.groups[int(self.decision.model.problem.group[position])].verdict
        if position not in self._own:
            self._own[position] = judge(task, self.decision.roster)
        return self._own[position]


def explain(task: Task, verdict: Verdict, roster: Roster, language: str) -> Explanation:
    """Why a task waits that has this verdict."""
    return Explanation(
        reason=_reason(verdict, roster),
        refusals={rule: mask.bit_count() for rule, mask in verdict.refused.items()},
        detail=_detail(task, verdict, roster, language),
        unblock=smallest_change(task, verdict, roster),
    )


def _reason(verdict: Verdict, roster: Roster) -> str:
    if not roster.agents:
        return "no_agents"
    return "outranked" if verdict.eligible else verdict.nearest_miss()


def _detail(task: Task, verdict: Verdict, roster: Roster, language: str) -> str:
    sentence = Sentence(language)
    if not roster.agents:
        sentence.add("no_agents")
    for rule, mask in verdict.refused.items():
        _add_clause(sentence, rule, mask, task, roster)
    if verdict.eligible:
        sentence.add("outranked", verdict.eligible.bit_count())
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
