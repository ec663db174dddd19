"""The agents of a snapshot, indexed by bit masks: bit i of a mask stands for agents[i].

A mask is one Python int, so a rule is a few `&` and `|` over all agents at once, and a count of
refusals is `int.bit_count`. Masks, and what they are made of, are made when first asked for, and kept.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, wraps
from itertools import accumulate, islice
from math import inf
from operator import or_
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from assigner.domain.agent import Agent, Presence
from assigner.domain.expected import Times
from assigner.domain.task import Requirement, Skills

P = ParamSpec("P")
T = TypeVar("T")


def kept(make: Callable[Concatenate[Roster, P], T]) -> Callable[Concatenate[Roster, P], T]:
    """Make each answer of a method once a roster."""
    name = make.__name__

    @wraps(make)
    def method(self: Roster, *args: P.args, **kwargs: P.kwargs) -> T:
        key, memo = (name, *args), self.memo
        if key in memo:
            found: T = memo[key]
            return found
        made = memo[key] = make(self, *args, **kwargs)
        return made

    return cast("Callable[Concatenate[Roster, P], T]", method)


class Roster:
    """Agents at an instant, in tie order, and the masks that the rules are made of."""

    def __init__(self, agents: Sequence[Agent], now: int) -> None:
        self.agents = agents
        self.now = now
        self.everyone = (1 << len(agents)) - 1
        self.index = {agent.id: i for i, agent in enumerate(agents)}
        self.memo: dict[tuple[object, ...], Any] = {}
        self._masks: dict[int, int] = {}

    @cached_property
    def _holders(self) -> dict[str, list[tuple[int, int]]]:
        return _index(agent.skills.items() for agent in self.agents)

    @cached_property
    def _timed(self) -> dict[str, list[tuple[int, int]]]:
        said = (agent.handle_ms for agent in self.agents)
        return _index(() if isinstance(times, Times) else times.items() for times in said)

    @cached_property
    def _expected(self) -> list[tuple[int, Times]]:
        """Those whose handling times are learned, of which there is one for each category: far too many."""
        said = ((i, agent.handle_ms) for i, agent in enumerate(self.agents))
        return [(i, times) for i, times in said if isinstance(times, Times)]

    @cached_property
    def _serving(self) -> dict[str, list[tuple[int, int]]]:
        return _index(((channel, 1) for channel in agent.channels or ()) for agent in self.agents)

    def mask(self, positions: Iterable[int]) -> int:
        """The mask of these positions, in time linear in the number of agents."""
        digits, one = bytearray(b"0") * (len(self.agents) + 1), ord("1")
        for i in positions:
            digits[~i] = one  # counted from the right
        return int(digits, 2)

    def same(self, mask: int) -> int:
        """The mask, as one object for all that are equal: groups are many, and most share their masks."""
        return self._masks.setdefault(mask, mask)

    def where(self, test: Callable[[Agent], bool]) -> int:
        """The mask of the agents that pass a test."""
        return self.mask(i for i, agent in enumerate(self.agents) if test(agent))

    def named(self, ids: Iterable[str]) -> int:
        """The mask of the agents with these ids; unknown ids are nobody."""
        return sum({1 << self.index[id] for id in ids if id in self.index})

    def positions(self, mask: int) -> Iterator[int]:
        """The positions in a mask, ascending."""
        while mask:
            lowest = mask & -mask
            yield lowest.bit_length() - 1
            mask ^= lowest

    def ids(self, mask: int, most: int) -> list[str]:
        """The ids of the agents in a mask, in order, at most `most` of them."""
        return [self.agents[position].id for position in islice(self.positions(mask), most)]

    def holders(self, skill: str) -> list[tuple[int, int]]:
        """(position, level) of each agent who has the skill."""
        return self._holders.get(skill, [])

    @kept
    def own_times(self, category: str) -> list[tuple[int, int]]:
        """(position, milliseconds) of each agent with a handling time of their own for the category."""
        expected = ((i, times.ms(category)) for i, times in self._expected)
        return self._timed.get(category, []) + [(i, ms) for i, ms in expected if ms is not None]

    @kept
    def holding(self, skill: str, level: int) -> int:
        """Agents who have the skill at this level or above."""
        return self.mask(i for i, held in self.holders(skill) if held >= level)

    def mastering(self, skills: Iterable[tuple[str, int]]) -> int:
        """Agents who have all these skills at their level."""
        found = self.everyone
        for skill, level in skills:
            found &= self.holding(skill, level)
        return found

    def knowing(self, skills: Skills) -> int:
        """Agents who have all these skills, at whatever level."""
        return self.mastering((skill, 1) for skill, _ in skills)

    def meeting(self, requirement: Requirement, test: Callable[[Skills], int]) -> int:
        """Agents who pass a test of skills for all of a requirement: its skills and one alternative."""
        found = test(requirement.skills)
        if requirement.any_skills:
            alternatives = 0
            for skills in requirement.any_skills:
                alternatives |= test(skills)
            found &= alternatives
        return found

    @kept
    def serving(self, channel: str) -> int:
        """Agents who serve the channel."""
        return self._serving_all() | self.mask(i for i, _ in self._serving.get(channel, []))

    @kept
    def _serving_all(self) -> int:
        return self.where(lambda agent: agent.channels is None)

    @kept
    def capable(self, size: int) -> int:
        """Agents who could take a task of this size if they had no load."""
        return self.where(lambda agent: size <= agent.capacity)

    @kept
    def room(self, size: int) -> int:
        """Agents with capacity left for a task of this size."""
        return self.where(lambda agent: agent.load + size <= agent.capacity)

    @kept
    def present(self) -> int:
        """Agents who say that they are available."""
        return self.where(lambda agent: agent.presence is Presence.AVAILABLE)

    @kept
    def drained(self) -> int:
        """Agents who are to get nothing more."""
        return self.where(lambda agent: agent.draining)

    @kept
    def on_shift(self) -> int:
        """Agents whose availability window holds the instant."""
        return self.where(
            lambda agent: (
                (agent.available_from is None or agent.available_from <= self.now)
                and (agent.available_until is None or self.now < agent.available_until)
            )
        )

    @kept
    def endings(self) -> list[int]:
        """The distinct instants at which an availability window ends, ascending."""
        return _distinct(agent.available_until for agent in self.agents)

    def endings_before(self, handle_ms: int) -> int:
        """How many of those instants come before work begun now and lasting `handle_ms` is done."""
        return bisect_left(self.endings(), self.now + handle_ms)

    def ending_before(self, handle_ms: int) -> int:
        """Agents whose window ends before work begun now and lasting `handle_ms` is done, but for those who
        have no shift that is long enough for it.
        """
        ending = self._ending_among(self.endings_before(handle_ms))
        return ending and ending & ~self._longest_masks()[self.longest_before(handle_ms)]

    @kept
    def longest(self) -> list[int]:
        """The distinct lengths of the longest shift of each agent, in milliseconds, ascending."""
        return _distinct(agent.longest_ms for agent in self.agents)

    def longest_before(self, handle_ms: int) -> int:
        """How many of those are shorter than `handle_ms`."""
        return bisect_left(self.longest(), handle_ms)

    @kept
    def _longest_masks(self) -> list[int]:
        """For each number of those lengths, from none up, the agents who have one of the first."""
        return _growing(self.longest(), (agent.longest_ms for agent in self.agents))

    def _ending_among(self, first: int) -> int:
        return self._ending_masks()[first]

    @kept
    def _ending_masks(self) -> list[int]:
        """For each number of distinct endings, from none up, the agents whose window has one of the first."""
        return _growing(self.endings(), (agent.available_until for agent in self.agents))

    def ended(self, at: int) -> int:
        """Agents whose window has ended at an instant."""
        return self._ending_among(bisect_right(self.endings(), at))

    @kept
    def returning(self) -> int:
        """Agents who have another window after this one."""
        return self.where(lambda agent: bool(agent.later))

    @kept
    def starts(self) -> list[tuple[int, int]]:
        """(its instant, the agent's position) of each beginning of a window, sorted."""
        return sorted(
            (agent.available_from, i)
            for i, agent in enumerate(self.agents)
            if agent.available_from is not None
        )

    def starts_by(self, at: int) -> int:
        """How many of those beginnings are not after an instant."""
        return bisect_right(self.starts(), (at, len(self.agents)))

    def starting_after(self, first: int) -> int:
        """Agents whose windows begin last: all but the first so many."""
        return self._starting_masks()[first]

    @kept
    def _starting_masks(self) -> list[int]:
        return list(accumulate((1 << i for _, i in reversed(self.starts())), or_, initial=0))[::-1]

    @kept
    def timed(self, category: str) -> int:
        """Agents with a handling time of their own for the category."""
        own = self._timed.get(category, ())
        return self.mask([*(i for i, _ in own), *(i for i, times in self._expected if category in times)])

    @kept
    def too_slow(self, category: str) -> int:
        """Agents whose own handling time for the category is longer than what is left of their window, but
        for those who have no shift that is long enough for it.
        """
        late = [i for i, times, left, most in self._leaving if left < (times.ms(category) or 0) <= most]
        late += self._hurried.get(category, [])
        return self.mask(late) if late else 0

    @cached_property
    def _leaving(self) -> list[tuple[int, Times, int, float]]:
        """Of those whose handling times are learned, who has an end, how much is left until then, and how
        long their longest shift is.
        """
        ends = ((i, times, self.agents[i], self.agents[i].available_until) for i, times in self._expected)
        return [(i, times, end - self.now, _most(agent)) for i, times, agent, end in ends if end is not None]

    @cached_property
    def _hurried(self) -> dict[str, list[int]]:
        """For each category, those who are too slow for it by their own times: most are for none."""
        found: dict[str, list[int]] = {}
        for i, agent in enumerate(self.agents):
            own, end = agent.handle_ms, agent.available_until
            if end is None or isinstance(own, Times) or self.now + max(own.values(), default=0) <= end:
                continue
            for category, ms in own.items():
                if end - self.now < ms <= _most(agent):
                    found.setdefault(category, []).append(i)
        return found


def _most(agent: Agent) -> float:
    return inf if agent.longest_ms is None else agent.longest_ms


def _distinct(said: Iterable[int | None]) -> list[int]:
    """The numbers that are said, each once, ascending."""
    return sorted({number for number in said if number is not None})


def _growing(distinct: Sequence[int], said: Iterable[int | None]) -> list[int]:
    """For each count of these numbers, from none up: the mask of those of whom one of the first is said."""
    masks = dict.fromkeys(distinct, 0)
    for i, number in enumerate(said):
        if number is not None:
            masks[number] |= 1 << i
    return list(accumulate(masks.values(), or_, initial=0))


def _index(facts: Iterable[Iterable[tuple[str, int]]]) -> dict[str, list[tuple[int, int]]]:
    """For each name, (position, number) of the agents who have it; `facts` has the names of each agent."""
    found: dict[str, list[tuple[int, int]]] = {}
    for i, names in enumerate(facts):
        for name, number in names:
            found.setdefault(name, []).append((i, number))
    return found
