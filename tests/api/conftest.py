"""A server that the tests of one file share."""

from collections.abc import Iterator

import pytest

from assigner.clock import ManualClock
from tests.api.running import Running, running

NOON_MS = 1_795_345_200_000


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(workers=2, clock=ManualClock(at_ms=NOON_MS), max_body_bytes=8 * 2**20) as it:
        yield it
