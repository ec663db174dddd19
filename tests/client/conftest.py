"""A living service that the tests of one file share, and a client of each kind."""

from collections.abc import Iterator

import pytest

from assigner.client import Client
from tests.api_live.living import Living, living
from tests.cli.centre import url
from tests.client.both import asking


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    with living(max_body_bytes=2**20) as it:
        yield it


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, centre: Living) -> Iterator[Client]:
    with asking(request.param, url(centre), retries=0) as it:
        yield it
