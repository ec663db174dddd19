"""What would unblock a waiting task: the smallest change that gives it an eligible agent, or a free one.

A change lifts one rule, or those that time lifts. It is tried against every agent at once: those whom
only these rules refuse are the ones it would make eligible. Changes to a person's day come before
changes to what they can do, and those before changes to the task; where no single change does, the
nearest miss is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice, pairwise
from operator import or_
from typing import Any

from assigner.domain.calendar import Window
from assigner.domain.eligibility import RULES, Verdict
from assigner.domain.held import NOT_HELD, HeldBack
from assigner.domain.roster import Roster
from assigner.domain.task import Skills, Task

MOST_AGENTS = 10
MOST_LOOKED = 1000
"""How many windows that have not begun are looked at for one in which the task fits."""

KINDS: dict[str, str] = {
    "free_capacity": "one of these agents finishes or gives up some of the work they have",
    "more_capacity": "one of these agents is given a larger capacity: the task is larger than all of it",
    "wait_until": "the instant `at` comes",
    "next_decision": "nothing: the next decision, which comes by itself, will look at these agents",
    "held_for": "this agent has room, as is expected at `at`: they will finish it sooner than others",
    "extend_shift": "one of these agents stays longer",
    "presence": "one of these agents becomes available",
    "end_drain": "one of these agents is drained no longer: `overrides` names what drains them",
    "add_channel": "one of these agents serves the channel",
    "raise_level": "one of these agents reaches the level in the skill",
    "add_skill": "one of these agents learns the skill",
    "unfreeze": "the task's queue is frozen no longer: `overrides` names what froze it",
    "lift_exclusion": "the task no longer excludes one of these agents",
    "agent_not_in_request": "the agent that the task needs is among the agents",
    "unpin": "the task is no longer pinned",
    "undo_override": "the overrides named are undone: they pin the task, or keep these agents from it",
}
"""The kinds of change: what has to happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblock:
    """A change, the agents whom it would make eligible or free (the first ten), and its particulars.

    `also` has the rules that would still refuse the first of them, where no one change is enough;
    `overrides`, in the living service, the overrides that would have to be undone.
    """

    kind: str
    agents: list[str]
    skill: str | None = None
    level: int | None = None
    channel: str | None = None
    at: int | None = None
    overrides: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def smallest_change(task: Task, verdict: Verdict, roster: Roster, held: HeldBack = NOT_HELD) -> Unblock:
    """The smallest change that would let somebody take the task, or a first one where it takes several."""
    if not roster.agents:
        return Unblock(kind="agent_not_in_request", agents=[task.pinned_agent] if task.pinned_agent else [])
    if free := verdict.eligible & ~held.agents:
        return _change("free_capacity", free, roster)
    if held.held_for:
        return Unblock(kind="held_for", agents=[held.held_for.agent], at=held.held_for.expected_at)
    hindered = {rule.name: rule.refuses(task, roster) for rule in RULES}
    for lifted, remedy in REMEDIES:
        others = [mask for name, mask in hindered.items() if name not in lifted]
        alone = roster.everyone & ~reduce(or_, others)
        if alone and (change := remedy(task, alone, roster)):
            return change
    return _nearest(task, verdict, hindered, roster)


def _nearest(task: Task, verdict: Verdict, hindered: dict[str, int], roster: Roster) -> Unblock:
    """The change for the last rule that refused somebody, for those whom the fewest rules refuse besides."""
    rule = verdict.nearest_miss()
    mask = _in_fewest(hindered.values(), verdict.refused[rule])
    lifted, change = _for_rule(rule, task, mask, roster)
    first = roster.named(change.agents[:1])
    left = tuple(name for name, refused in hindered.items() if refused & first and name not in lifted)
    return replace(change, also=left)


def _for_rule(rule: str, task: Task, mask: int, roster: Roster) -> tuple[tuple[str, ...], Unblock]:
    """The change that lifts a rule for these agents, and all the rules that it lifts."""
    for lifted, remedy in REMEDIES:
        if rule in lifted and (change := remedy(task, mask, roster)):
            return lifted, change
    if rule in ("skill_missing", "level_too_low"):
        return (), _most_lacking(task, mask, roster)
    if rule == "off_shift":
        return ("off_shift", "shift_too_short"), _change("extend_shift", mask, roster)
    ends = [until for id, until in task.cooling_down if mask & roster.named([id])]
    at = task.not_before if rule == "not_yet" else min(ends)
    return (rule,), _change("wait_until", mask, roster, at=at)


def _in_fewest(masks: Iterable[int], among: int) -> int:
    """Of some agents, those who are in the fewest of the masks."""
    at_least = [among]  # at_least[k]: those in k masks or more
    for mask in masks:
        at_least.append(0)
        for k in range(len(at_least) - 1, 0, -1):
            at_least[k] |= at_least[k - 1] & mask
    return next(some & ~more for some, more in pairwise([*at_least, 0]) if some & ~more)


def _change(kind: str, mask: int, roster: Roster, **particulars: Any) -> Unblock:
    return Unblock(kind=kind, agents=roster.ids(mask, MOST_AGENTS), **particulars)


def _capacity(task: Task, mask: int, roster: Roster) -> Unblock:
    large = roster.capable(task.requirement.size) & mask
    return _change("free_capacity" if large else "more_capacity", large or mask, roster)


def _wait(task: Task, mask: int, roster: Roster) -> Unblock | None:
    """The first instant at which one of these agents may begin if only time passes, and who may then."""
    opening = roster.now if task.not_before is None else max(roster.now, task.not_before)
    started = roster.starts_by(opening)
    there = mask & ~roster.starting_after(started) & ~roster.ended(opening)
    at_once = ((opening, who) for who in roster.positions(there) if _begin(task, who, roster) == opening)
    found = list(islice(at_once, MOST_AGENTS))
    if not found:
        found = _later(task, mask, started, roster)
    if not found:
        return None
    agents = [roster.agents[position].id for _, position in found]
    return Unblock(kind="wait_until", agents=agents, at=found[0][0])


def _later(task: Task, mask: int, started: int, roster: Roster) -> list[tuple[int, int]]:
    """(begin, position) of the first to begin among those who cool down, come back or begin later."""
    again = roster.named(agent for agent, _ in task.cooling_down) | roster.returning()
    begins = [(_begin(task, position, roster), position) for position in roster.positions(mask & again)]
    found = [(begin, position) for begin, position in begins if begin is not None]
    for start, position in roster.starts()[started : started + MOST_LOOKED]:
        if found and start > min(found)[0]:
            break
        begin = _begin(task, position, roster) if mask >> position & 1 else None
        if begin is not None:
            found.append((begin, position))
    return [pair for pair in sorted(set(found)) if pair[0] == min(found)[0]][:MOST_AGENTS]


def _begin(task: Task, position: int, roster: Roster) -> int | None:
    """When the agent may begin if nothing but time passes; None where all shifts end too soon after that."""
    agent = roster.agents[position]
    waits = (task.not_before, dict(task.cooling_down).get(agent.id))
    opening = max([roster.now, *(instant for instant in waits if instant is not None)])
    for window in (Window(agent.available_from, agent.available_until), *agent.later):
        begin = opening if window.begins is None else max(opening, window.begins)
        if window.ends is None or (begin < window.ends and agent.may_finish(task, begin, window.ends)):
            return begin
    return None


def _longer_shift(task: Task, mask: int, roster: Roster) -> Unblock | None:
    begun = mask & ~roster.starting_after(roster.starts_by(roster.now))
    return _change("extend_shift", begun, roster) if begun else None


def _presence(task: Task, mask: int, roster: Roster) -> Unblock:
    return _change("presence", mask, roster)


def _end_drain(task: Task, mask: int, roster: Roster) -> Unblock:
    return _change("end_drain", mask, roster)


def _channel(task: Task, mask: int, roster: Roster) -> Unblock:
    return _change("add_channel", mask, roster, channel=task.requirement.channel)


def _skill(task: Task, mask: int, roster: Roster) -> Unblock | None:
    """The one skill that would do: a level to raise before a skill to learn, then the most agents."""
    raised, learned = [], []
    for skill, level in task.requirement.asked():
        gained = mask & roster.meeting(task.requirement, _granting(roster, skill, level))
        if low := gained & roster.holding(skill, 1):
            raised.append((-low.bit_count(), skill, level, low))
        if new := gained & ~roster.holding(skill, 1):
            learned.append((-new.bit_count(), skill, level, new))
    for kind, choices in (("raise_level", raised), ("add_skill", learned)):
        if choices:
            _, skill, level, agents = min(choices)
            return _change(kind, agents, roster, skill=skill, level=level)
    return None


def _granting(roster: Roster, skill: str, level: int) -> Callable[[Skills], int]:
    """Who masters some skills, if everybody had this one at this level."""
    return lambda skills: roster.mastering(
        (name, asked) for name, asked in skills if name != skill or asked > level
    )


def _most_lacking(task: Task, mask: int, roster: Roster) -> Unblock:
    """The skill that most of these agents lack at its level, where no one skill would do."""
    lacking = [(mask & ~roster.holding(*pair), *pair) for pair in task.requirement.asked()]
    agents, skill, level = max(lacking, key=lambda choice: choice[0].bit_count())
    low = agents & roster.holding(skill, 1)
    return _change("raise_level" if low else "add_skill", low or agents, roster, skill=skill, level=level)


def _unfreeze(task: Task, mask: int, roster: Roster) -> Unblock:
    return _change("unfreeze", mask, roster)


def _exclusion(task: Task, mask: int, roster: Roster) -> Unblock:
    return _change("lift_exclusion", mask, roster)


def _pin(task: Task, mask: int, roster: Roster) -> Unblock:
    cooled = dict(task.cooling_down).get(task.pinned_agent or "", roster.now)
    if task.pinned_agent and task.pinned_agent not in roster.index and cooled <= roster.now:
        return Unblock(kind="agent_not_in_request", agents=[task.pinned_agent])
    return _change("unpin", mask, roster)


REMEDIES: tuple[tuple[tuple[str, ...], Callable[[Task, int, Roster], Unblock | None]], ...] = (
    (("at_capacity",), _capacity),
    (("not_yet", "cooling_down", "off_shift", "shift_too_short"), _wait),
    (("off_shift", "shift_too_short"), _longer_shift),
    (("absent",), _presence),
    (("draining",), _end_drain),
    (("wrong_channel",), _channel),
    (("skill_missing", "level_too_low"), _skill),
    (("frozen",), _unfreeze),
    (("excluded",), _exclusion),
    (("pinned_elsewhere",), _pin),
)
"""Smallest change first: the rules that it lifts, and what it is for the agents whom only these refuse."""
