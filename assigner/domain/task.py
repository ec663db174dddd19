"""A task: a unit of work waiting for a person."""

from __future__ import annotations

from dataclasses import dataclass

from assigner.domain.curve import Curve
from assigner.domain.frozen import frozen

Skills = tuple[tuple[str, int], ...]
"""Skill names with a level from 1 to 10, sorted by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a task asks of whoever takes it. Tasks that ask the same share one requirement.

    `skills` are all needed at their level; of `any_skills`, when there are any, one set is needed
    too; `preferred_skills` are welcome. No `channel` means that any agent's channels will do.
    """

    skills: Skills = ()
    any_skills: tuple[Skills, ...] = ()
    preferred_skills: Skills = ()
    channel: str | None = None
    category: str | None = None
    size: int = 1

    def asked(self) -> Skills:
        """Every (skill, level) that decides who may take the task, each once, sorted."""
        return tuple(sorted({pair for wanted in (self.skills, *self.any_skills) for pair in wanted}))


@frozen
class Task:
    """A unit of work. `priority` is 0 to 100; `handle_ms` is its expected handling time.

    Two promises may stand: `respond_by`, while nobody has ever taken it, and `due_at`. Each counts as at risk
    for the last `respond_risk_ms` and `at_risk_ms`. `curve` says how they pull; None: as by default.
    `rule`, of RULES_OF_VALUE, says how its pairs are valued; None: as the policy says.
    `cooling_down` holds (agent, until): agents who declined and are not asked again before that instant.
    By hand, in the living service only: `kept_from` are the agents whom overrides keep from it, sorted, and
    `frozen` says that its queue hands nothing out.
    """

    id: str
    requirement: Requirement
    created_at: int
    priority: int = 50
    due_at: int | None = None
    respond_by: int | None = None
    at_risk_ms: int = 0
    respond_risk_ms: int = 0
    curve: Curve | None = None
    not_before: int | None = None
    handle_ms: int = 600_000
    rule: str | None = None
    preferred_agents: tuple[str, ...] = ()
    excluded_agents: tuple[str, ...] = ()
    pinned_agent: str | None = None
    cooling_down: tuple[tuple[str, int], ...] = ()
    kept_from: tuple[str, ...] = ()
    frozen: bool = False

    @property
    def promised_at(self) -> int | None:
        """When the promise ends that ends first; None where nothing is promised."""
        if self.due_at is None or self.respond_by is None:
            return self.respond_by if self.due_at is None else self.due_at
        return min(self.due_at, self.respond_by)

    @property
    def bars_agents(self) -> bool:
        """Whether it may refuse agents by name, so that its verdict is not its group's."""
        return bool(self.excluded_agents or self.cooling_down)
