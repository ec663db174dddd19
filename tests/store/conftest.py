"""The servers, started once; and tests that are coroutines: each runs on every kind of store."""

import inspect
from collections.abc import Iterator

import pytest

from tests.store.scene import KINDS, Servers, play, running_servers


@pytest.fixture(scope="session", autouse=True)
def servers() -> Iterator[Servers]:
    with running_servers() as urls:
        yield urls


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "hand" in metafunc.fixturenames:
        metafunc.parametrize("hand", KINDS)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    kind = given.pop("hand")
    play(lambda hand: pyfuncitem.obj(hand=hand, **given), kind, pyfuncitem.funcargs["servers"])
    return True
