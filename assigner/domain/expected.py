"""What an agent is expected to take, as mappings over what was learned: asked when it is needed, for there
are far more pairs than anybody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from assigner.domain.handling import Handling

V = TypeVar("V", int, float)


class _Asked(Mapping[str, V]):
    """A mapping of categories that is a plain one in another process: what was learned stays here."""

    __slots__ = ("agent", "handling", "said")

    def __init__(self, handling: Handling, agent: str, said: Mapping[str, int]) -> None:
        self.handling = handling
        self.agent = agent
        self.said = said

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __reduce__(self) -> tuple[type[dict[str, V]], tuple[dict[str, V]]]:
        return dict, (dict(self),)


class Times(_Asked[int]):
    """Milliseconds by category: what was learned, where anybody was observed, else what the client says."""

    __slots__ = ()

    def ms(self, category: str) -> int | None:
        """The same as `get`, without what makes a mapping slow where there is nothing."""
        said = self.said.get(category)
        if category in self.handling:
            return max(1, round(self.handling.mean_ms(category, self.agent, said)))
        return said

    def __getitem__(self, category: str) -> int:
        found = self.ms(category)
        if found is None:
            raise KeyError(category)
        return found

    def __contains__(self, category: object) -> bool:
        return category in self.said or (isinstance(category, str) and category in self.handling)

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys((*self.said, *self.handling.categories))


class Trust(_Asked[float]):
    """How many observations there are, by category, of those that there are some of."""

    __slots__ = ()

    def __getitem__(self, category: str) -> float:
        found = self.handling.tried(category, self.agent)
        if not found:
            raise KeyError(category)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from self.handling.tries(self.agent)
