"""A service with keys that the tests of one file share."""

from collections.abc import Iterator

import pytest

from tests.api_access.keyed import Keyed, keyed


@pytest.fixture(scope="module")
def doors() -> Iterator[Keyed]:
    with keyed() as it:
        yield it
