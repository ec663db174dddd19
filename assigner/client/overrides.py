"""Overrides: what coordinators decide by hand."""

from __future__ import annotations

from typing import Unpack

from assigner.client.call import Call, Guard, change, get, path, text
from assigner.client.fields import OverrideFields, OverrideFilter, Target
from assigner.client.methods import Resource, S, asks, walks
from assigner.client.reading import one, pages
from assigner.client.records import Override, Preview
from assigner.client.script import Script


class Overrides(Resource[S]):
    """`client.overrides`."""

    __slots__ = ()

    @asks
    def make(
        self, action: str, target: Target, reason: str, **said: Unpack[OverrideFields]
    ) -> Call[Override]:
        """Decide something by hand: all of it or nothing, unless `partial`. Raises Conflict."""
        fields = {"action": action, "target": target, "reason": reason, **said}
        return change("POST", path("overrides"), one(Override), fields)

    @asks
    def preview(
        self, action: str, target: Target, reason: str, **said: Unpack[OverrideFields]
    ) -> Call[Preview]:
        """What an override would do; nothing is done."""
        fields = {"action": action, "target": target, "reason": reason, "dry_run": True, **said}
        return change("POST", path("overrides"), one(Preview), fields)

    @walks
    def list(self, **wanted: Unpack[OverrideFilter]) -> Script[Override]:
        """Who overrode what, and why: active or not, the latest first."""
        return pages(path("overrides"), Override, {**wanted})

    @asks
    def get(self, id: str) -> Call[Override]:
        """An override, with the tasks that it touched."""
        return get(path("overrides", id), one(Override))

    @asks
    def undo(self, id: str, **guard: Unpack[Guard]) -> Call[Override]:
        """Undo what still holds of it. Raises Conflict where nothing does."""
        return change("DELETE", path("overrides", id), one(Override), {**guard})

    @asks
    def csv(self, **wanted: Unpack[OverrideFilter]) -> Call[str]:
        """The same list as a sheet, all of it."""
        return get(path("overrides.csv"), text("text/csv"), {**wanted})
