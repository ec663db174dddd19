"""May this agent take this task? The hard rules, in order; an agent is refused under the first that says no.

A rule takes a task and the roster and gives the mask of the agents it refuses, so one call settles
a task, or a whole group of like tasks, against every agent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assigner.domain.roster import Roster
from assigner.domain.task import Task


def not_yet(task: Task, roster: Roster) -> int:
    """Everybody, before the task's `not_before`."""
    return roster.everyone if task.not_before is not None and roster.now < task.not_before else 0


def frozen(task: Task, roster: Roster) -> int:
    """Everybody, while the task's queue is frozen (in the living service)."""
    return roster.everyone if task.frozen else 0


def pinned_elsewhere(task: Task, roster: Roster) -> int:
    """Everybody but the agent to whom the task is pinned."""
    return 0 if task.pinned_agent is None else roster.everyone & ~roster.named([task.pinned_agent])


def excluded(task: Task, roster: Roster) -> int:
    """Agents whom the task names as excluded, or whom an override keeps from it or from its queue."""
    named = task.excluded_agents + task.kept_from
    return roster.named(named) if named else 0


def skill_missing(task: Task, roster: Roster) -> int:
    """Agents without one of the skills, or without all the skills of any alternative set."""
    return roster.everyone & ~roster.meeting(task.requirement, roster.knowing)


def level_too_low(task: Task, roster: Roster) -> int:
    """Agents below the level asked, in a skill or in every alternative set."""
    return roster.everyone & ~roster.meeting(task.requirement, roster.mastering)


def wrong_channel(task: Task, roster: Roster) -> int:
    """Agents who do not serve the task's channel."""
    channel = task.requirement.channel
    return 0 if channel is None else roster.everyone & ~roster.serving(channel)


def absent(task: Task, roster: Roster) -> int:
    """Agents whose presence is not `available`."""
    return roster.everyone & ~roster.present()


def draining(task: Task, roster: Roster) -> int:
    """Agents who are being drained: they are to get nothing more (in the living service)."""
    return roster.drained()


def off_shift(task: Task, roster: Roster) -> int:
    """Agents outside their availability window, or on a break."""
    return roster.everyone & ~roster.on_shift()


def shift_too_short(task: Task, roster: Roster) -> int:
    """Agents whose window ends before they could finish, at their own handling time or the task's; where even
    the longest of their shifts is shorter than that, work goes on in the next one, and they are not refused.
    """
    if not roster.endings():
        return 0
    category = task.requirement.category
    ending = roster.ending_before(task.handle_ms)
    if category is None:
        return ending
    return (ending and ending & ~roster.timed(category)) | roster.too_slow(category)


def cooling_down(task: Task, roster: Roster) -> int:
    """Agents who declined the task and are not asked again yet."""
    if not task.cooling_down:
        return 0
    return roster.named(agent for agent, until in task.cooling_down if roster.now < until)


def at_capacity(task: Task, roster: Roster) -> int:
    """Agents whose load leaves too little capacity for the task's size."""
    return roster.everyone & ~roster.room(task.requirement.size)


def barred(task: Task, roster: Roster) -> int:
    """Agents whom the task refuses by name: what it does not share with the tasks that are like it."""
    return roster.named(task.excluded_agents) | cooling_down(task, roster)


STANDING = (pinned_elsewhere, excluded, skill_missing, level_too_low, wrong_channel)
"""The rules whose answer does not pass with time, presence or load."""


def qualified(task: Task, roster: Roster) -> int:
    """Agents who could ever take the task, by what they can do and may do, whoever is there just now."""
    left = roster.capable(task.requirement.size)
    for rule in STANDING:
        left &= ~rule(task, roster)
    return left


@dataclass(frozen=True, slots=True)
class Rule:
    """A hard rule: its name as callers see it, and who it refuses."""

    name: str
    refuses: Callable[[Task, Roster], int]

    @property
    def meaning(self) -> str:
        """The rule in a sentence."""
        return (self.refuses.__doc__ or "").strip()


RULES: tuple[Rule, ...] = tuple(
    Rule(rule.__name__, rule)
    for rule in (
        not_yet,
        frozen,
        pinned_elsewhere,
        excluded,
        skill_missing,
        level_too_low,
        wrong_channel,
        absent,
        draining,
        off_shift,
        shift_too_short,
        cooling_down,
        at_capacity,
    )
)
"""All hard rules, in the order in which they are asked."""

DECISIVE = tuple(rule for rule in RULES if rule.refuses is not skill_missing)
"""Those without which somebody else may take a task: who lacks a skill is below its level too."""

LIVING = frozenset(("frozen", "draining"))
"""The rules that refuse nobody in a snapshot: nothing there is frozen or drained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Who may take a task, and under which rule each other agent was refused first.

    `refused` has a mask for each rule that refused somebody, by its name, in the order of RULES. The
    masks and `eligible` share no agent and together hold everyone.
    """

    refused: dict[str, int]
    eligible: int

    def nearest_miss(self) -> str:
        """The last rule that refused somebody. Raises IndexError when none did."""
        return list(self.refused)[-1]


def eligible(task: Task, roster: Roster) -> int:
    """Who may take a task: as `judge` says, without the reasons."""
    left = roster.everyone
    for rule in DECISIVE:
        left &= ~rule.refuses(task, roster)
        if not left:
            return 0
    return roster.same(left)


def judge(task: Task, roster: Roster) -> Verdict:
    """Ask every rule about a task."""
    left = roster.everyone
    refused = {}
    for rule in RULES:
        if mask := rule.refuses(task, roster) & left:
            refused[rule.name] = roster.same(mask)
            left &= ~mask
    return Verdict(refused=refused, eligible=roster.same(left))
