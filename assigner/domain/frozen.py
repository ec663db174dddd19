"""Frozen dataclasses that are made fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A slotted, keyword-only dataclass that the type checker keeps from being changed.

    One that guards itself as well sets each field through `object.__setattr__`, and is made in three times
    the time: too long for what comes by the ten thousand a second. Anything else is frozen as usual.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
