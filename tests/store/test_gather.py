"""Group commit: what is asked in a moment goes to the server together, and each gets its own answers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps

import pytest

from assigner.store.gather import Gather


def played(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    @wraps(test)
    def play() -> None:
        asyncio.run(_play(test))

    return play


async def _play(test: Callable[[], Awaitable[None]]) -> None:
    await test()


class Server:
    """Answers each command in capitals once it may; `bad` fails the call it is in."""

    def __init__(self) -> None:
        self.calls: list[list[bytes]] = []
        self.begins: asyncio.Queue[str] = asyncio.Queue()
        self.may = asyncio.Event()
        self.may.set()

    async def run(self, verb: str, commands: Sequence[bytes]) -> list[bytes]:
        self.calls.append(list(commands))
        self.begins.put_nowait(verb)
        await self.may.wait()
        if b"bad" in commands:
            raise ConnectionError(verb)
        return [command.upper() for command in commands]

    async def begun(self) -> None:
        """The next call has begun."""
        async with asyncio.timeout(10):
            await self.begins.get()


@played
async def test_what_is_asked_in_one_turn_goes_together() -> None:
    server = Server()
    gather = Gather(server.run, 10)
    answers = await asyncio.gather(
        gather.ask("v", [b"a", b"b"]), gather.ask("v", [b"c"]), gather.ask("v", [b"d"])
    )
    assert list(answers) == [[b"A", b"B"], [b"C"], [b"D"]]
    assert server.calls == [[b"a", b"b", b"c", b"d"]]


@played
async def test_what_is_asked_during_a_call_waits_for_its_end() -> None:
    """Two calls at once could overtake each other: an order that was asked would not be kept."""
    server = Server()
    gather = Gather(server.run, 3)
    server.may.clear()
    first = asyncio.ensure_future(gather.ask("v", [b"a"]))
    await server.begun()
    later = [asyncio.ensure_future(gather.ask("v", [b"%d" % n, b"x"])) for n in range(2)]
    other = asyncio.ensure_future(gather.ask("w", [b"o"]))
    await server.begun()
    assert server.calls == [[b"a"], [b"o"]]
    server.may.set()
    assert await asyncio.gather(first, *later, other) == [[b"A"], [b"0", b"X"], [b"1", b"X"], [b"O"]]
    assert server.calls[2:] == [[b"0", b"x"], [b"1", b"x"]]


@played
async def test_a_call_that_fails_fails_for_all_in_it_and_for_nobody_else() -> None:
    server = Server()
    gather = Gather(server.run, 2)
    asked = [gather.ask("v", [one]) for one in (b"bad", b"b", b"c")]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in found] == [ConnectionError, ConnectionError, list]
    with pytest.raises(ConnectionError):
        await gather.ask("v", [b"bad"])
    assert await gather.ask("v", [b"d"]) == [b"D"]


@played
async def test_who_waits_no_longer_is_not_asked_for() -> None:
    server = Server()
    gather = Gather(server.run, 10)
    server.may.clear()
    first = asyncio.ensure_future(gather.ask("v", [b"a"]))
    await server.begun()
    gone, stays = (asyncio.ensure_future(gather.ask("v", [one])) for one in (b"b", b"c"))
    await asyncio.sleep(0)
    gone.cancel()
    first.cancel()
    server.may.set()
    assert await stays == [b"C"]
    assert server.calls == [[b"a"], [b"c"]]
