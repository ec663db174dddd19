"""The service without authentication, without metrics and without a line of the log for each request: what
these cost is measured beside it. `python -m tests.benchmarks.bare` serves as the environment says.
"""

from __future__ import annotations

import os
from typing import Any

import api.app
from api.access.refused import Refused
from api.edge import Edge, Exchange
from assigner import engine
from assigner.config import Settings
from assigner.metrics import Meters
from assigner.service import serve
from assigner.store.server import Told, untold


class Deaf:
    """Takes part wherever something is counted or shown, and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Whatever it is made of."""

    def hear(self, *_: Any) -> None:
        """Nothing."""

    tell = hear

    def shown(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    async def keep(self) -> None:
        """Nothing."""


class Bare(Edge):
    """Lets everybody in as `--dev` does, and tells nobody."""

    async def _refusal(self, scope: Any, exchange: Exchange) -> Refused | None:
        scope["state"]["caller"] = self._service.door.dev
        return None

    def _report(self, scope: Any, method: str, exchange: Exchange, seconds: float) -> None:
        """Nothing."""


def _told(meters: Meters) -> Told:
    return untold


def main() -> None:
    """Serve."""
    for module, name, bare in (
        (api.app, "Edge", Bare),
        (engine, "Counting", Deaf),
        (engine, "Showing", Deaf),
        (engine, "_watching", _told),
    ):
        assert hasattr(module, name)
        setattr(module, name, bare)
    serve(Settings.from_env(os.environ))


if __name__ == "__main__":
    main()
