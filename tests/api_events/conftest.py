"""A living service that the tests of one file share; each test makes its own tasks and agents."""

from collections.abc import Iterator

import pytest

from tests.api_live.living import Living, living


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    with living() as it:
        yield it
