"""On a terminal a large change is shown before it is done, and somebody is asked."""

import os
import pty
import subprocess
from collections.abc import Iterator

import pytest

from tests.api_live.living import Living, living
from tests.cli.centre import url
from tests.cli.shell import ASSIGNER, DEADLINE_S, environment, words


@pytest.fixture(scope="module")
def centre() -> Iterator[Living]:
    with living() as it:
        yield it


def on_a_terminal(centre: Living, answer: str, *args: str) -> tuple[int, str]:
    """How `assigner override` ends on a terminal where somebody answers this, and all that is read there."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [ASSIGNER, "override", *args, "--reason", "tests", "--url", url(centre)]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(TERM="dumb")
    ) as process:
        os.close(theirs)
        read = b"".join(_until_closed(ours))
        code = process.wait(DEADLINE_S)
    os.close(ours)
    return code, words(read.decode())


def _until_closed(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(terminal, 65_536)
        except OSError:  # nobody writes any more
            return


def states(centre: Living, ids: list[str]) -> set[str]:
    return {centre.ask("GET", f"/v1/tasks/{id}").json()["state"] for id in ids}


def many(centre: Living, count: int) -> tuple[str, list[str]]:
    queue = centre.new("q")
    return queue, [centre.task(queue=queue) for _ in range(count)]


def test_a_change_of_many_tasks_is_shown_and_asked_about(centre: Living) -> None:
    queue, ids = many(centre, 21)
    code, read = on_a_terminal(centre, "n", "hold", "--queue", queue)
    assert code == 1
    assert "Hold: 21 tasks, and nothing is done yet." in read
    assert "Do it? [y/N]" in read
    assert "error: Nothing was done." in read
    assert states(centre, ids) == {"queued"}
    code, read = on_a_terminal(centre, "y", "hold", "--queue", queue)
    assert (code, states(centre, ids)) == (0, {"held"})
    assert "Done: hold: 21 tasks." in read


def test_and_in_spanish(centre: Living) -> None:
    queue, ids = many(centre, 21)
    code, read = on_a_terminal(centre, "", "hold", "--queue", queue, "--lang", "es")
    assert (code, states(centre, ids)) == (1, {"queued"})
    assert "¿Hacerlo? [s/N]" in read
    assert "No se ha hecho nada." in read
    code, _ = on_a_terminal(centre, "sí", "hold", "--queue", queue, "--lang", "es")
    assert (code, states(centre, ids)) == (0, {"held"})


def test_a_small_change_or_a_certain_one_is_done_at_once(centre: Living) -> None:
    for count, flags in ((20, []), (21, ["--yes"])):
        queue, ids = many(centre, count)
        code, read = on_a_terminal(centre, "n", "hold", "--queue", queue, *flags)
        assert (code, states(centre, ids)) == (0, {"held"})
        assert "Do it?" not in read


def test_the_tasks_of_a_queue_that_would_wait_count_too(centre: Living) -> None:
    queue, _ = many(centre, 21)
    code, read = on_a_terminal(centre, "n", "freeze", queue)
    assert code == 1
    assert "21 tasks of the queue would wait." in read
    assert centre.ask("GET", "/v1/overrides?action=freeze").json()["items"] == []


def test_what_cannot_be_done_is_not_asked_about(centre: Living) -> None:
    _, ids = many(centre, 21)
    code, read = on_a_terminal(centre, "y", "hold", *ids, "none-such")
    assert (code, states(centre, ids)) == (1, {"queued"})
    assert "Hold: it cannot be done as asked." in read
    assert "Do it?" not in read
