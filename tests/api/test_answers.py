"""Answers that wait for the client: as many as there is room for, and as long as anybody has patience."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from api.answers import MOST_WAITING_BYTES, Answers

HALF = bytes(MOST_WAITING_BYTES // 2)
LONG_S = 60.0


async def _deaf(message: Message) -> None:
    await asyncio.Event().wait()


def test_whoever_answers_waits_for_room() -> None:
    """Up to the bound nobody waits for the client; beyond it, until the client has taken something."""

    async def answer() -> int:
        answers, taken = Answers(LONG_S), 0
        for _ in range(2):
            await answers.put(HALF)
        late = asyncio.create_task(answers.put(b"x"))

        async def send(message: Message) -> None:
            nonlocal taken
            assert taken or not late.done()
            taken += len(message["body"])

        await answers.begin()
        giving = asyncio.create_task(answers.give(send))
        await late
        answers.end()
        await giving
        return taken

    assert asyncio.run(answer()) == MOST_WAITING_BYTES + 1


@pytest.mark.parametrize("size", [1, MOST_WAITING_BYTES + 1])
def test_who_takes_nothing_is_given_up(size: int) -> None:
    """Once we wait for them: because nothing comes after, or because there is no room."""

    async def answer() -> None:
        answers = Answers(0.01)
        putting = asyncio.create_task(answers.put(bytes(size)))
        await answers.begin()
        if size == 1:
            answers.end()
        try:
            await answers.give(_deaf)
        finally:
            assert putting.done() == (size == 1)
            putting.cancel()

    with pytest.raises(ClientDisconnect):
        asyncio.run(answer())


def test_who_still_sends_may_take_their_time() -> None:
    """While there is room, and more is to come, their patience is theirs."""

    async def answer() -> bool:
        answers = Answers(0.0)
        await answers.put(b"x")
        await answers.begin()
        giving = asyncio.create_task(answers.give(_deaf))
        done, _ = await asyncio.wait([giving], timeout=0.01)
        giving.cancel()
        return bool(done)

    assert not asyncio.run(answer())


def test_what_breaks_the_answer_off_is_raised() -> None:
    """In place of the first part, or after it."""

    async def answer(part: bytes) -> None:
        answers = Answers(LONG_S)
        if part:
            await answers.put(part)
        answers.end(ValueError("broken"))
        await answers.begin()

        async def send(message: Message) -> None:
            assert message["more_body"]

        await answers.give(send)

    for part in (b"", b"x"):
        with pytest.raises(ValueError, match="broken"):
            asyncio.run(answer(part))
