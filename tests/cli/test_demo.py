"""The demo: a centre at work in a real service; it ends by itself, adds up, and goes on where it was left."""

import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from string import Formatter

import httpx
import pytest

from assigner.client import Client, Event
from assigner.demo.words import WORDS
from assigner.store.embedded import socket_path
from tests.cli.shell import DEADLINE_S, environment, words

ENV = environment()
SMALL = ["--agents", "10", "--tasks", "20", "--pace", "300"]


def command(folder: Path, *flags: str) -> list[str]:
    return [sys.executable, "-m", "assigner.demo", "--state-dir", str(folder), *SMALL, *flags]


def ran(folder: Path, *flags: str, **env: str) -> str:
    """What a demo without a terminal says, from its beginning to its end."""
    done = subprocess.run(
        command(folder, *flags),
        capture_output=True,
        env=environment(**env),
        timeout=DEADLINE_S,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert b"\x1b" not in done.stdout
    return words(done.stdout.decode())


@contextmanager
def started(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A demo whose centre lives, and the address of its service."""
    with subprocess.Popen(command(folder, *flags), stdout=subprocess.PIPE, env=ENV) as demo:
        assert demo.stdout
        try:
            said = b""
            while not (found := re.search(rb"(http://[\d.:]+)/docs", said)):
                line = demo.stdout.readline()
                assert line, said.decode()
                said += line
            yield demo, found[1].decode()
        finally:
            with suppress(ProcessLookupError):
                demo.kill()


def counted(printed: str, name: str) -> int:
    found = re.search(rf"{name} (\d+)", printed)
    assert found, printed
    return int(found[1])


def nobody_listens(address: str) -> bool:
    host, port = address.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


def store_runs(folder: Path) -> bool:
    """Whether a server answers on the socket of the demo's directory."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(socket_path(folder / "store"))) == 0


def nothing_left(folder: Path, address: str) -> bool:
    return nobody_listens(address) and not store_runs(folder)


@pytest.mark.parametrize("pair", WORDS.values(), ids=WORDS)
def test_both_languages_have_the_same_gaps(pair: tuple[str, str]) -> None:
    english, spanish = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in pair)
    assert english == spanish


def test_its_numbers_add_up_and_a_second_run_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    printed = ran(tmp_path, "--for", "4")
    assert "8 queues, 10 agents, 20 tasks that wait." in printed
    assert "Its agents do an hour's work in 12 s" in printed
    assert "runs on the real clock" in printed
    ended = [counted(printed, name) for name in ("Completed", "Waiting", "Held", "Offered", "With agents")]
    assert ended[0] > 0
    assert counted(printed, "beginning") + counted(printed, "Came") == sum(ended)
    offers = [counted(printed, name) for name in ("Accepted", "Declined", "Expired", "first", "Still open")]
    assert counted(printed, "Made") == sum(offers)
    assert "of 200 tasks assigned" in printed
    assert "assigner sample | assigner assign -" in printed

    again = ran(tmp_path, "--for", "1")
    assert "It goes on where it was left " in again
    assert counted(again, "beginning") == sum(ended[1:])

    anew = ran(tmp_path, "--for", "0.5", "--fresh", "--lang", "es")
    assert "8 colas, 10 agentes, 20 tareas." in anew
    assert counted(anew, "Al empezar") == 20


def test_what_it_invites_to_try_works_while_it_runs(tmp_path: Path) -> None:
    with started(tmp_path) as (demo, address):
        assert demo.stdout
        assert httpx.get(f"{address}/docs").status_code == 200
        assert httpx.get(f"{address}/v1/stats").status_code == 401
        header = (tmp_path / "header").read_text().strip()
        with Client(address, header.removeprefix("Authorization: Bearer ")) as client:
            assert client.stats().agents["available"] > 0
            client.tasks.make("MY-1", priority=99)
            actors: dict[str, str] = {}
            while "task.completed" not in actors:
                history = client.tasks.history("MY-1")
                actors = {moment.type: moment.actor for moment in history}
                agent = history[-1].agent
                assert demo.poll() is None
        assert actors["task.enqueued"] == "key:platform"
        assert actors["task.accepted"] == actors["task.completed"] == f"key:{agent}"
        demo.send_signal(signal.SIGTERM)
        printed = words(demo.stdout.read().decode())
        assert demo.wait(DEADLINE_S) == 128 + signal.SIGTERM
        assert "What happened in" in printed
        assert counted(printed, "by others") == 1
        assert nothing_left(tmp_path, address)


def test_agents_have_their_keys_before_they_are_offered_work(tmp_path: Path) -> None:
    """A key takes a while to make, and an offer waits five seconds for an answer."""
    with started(tmp_path, "--fresh") as (_, address):
        texts = json.loads((tmp_path / "keys.json").read_text())
        with Client(address, texts[""]) as admin:
            made = {key.agent: key.created_at for key in admin.keys.list() if key.agent}
            with closing(admin.events.follow(since="0-0", types=["agent.put"], on=False)) as told:
                put = {event.subject: event.time for event in told if isinstance(event, Event)}
    assert len(put) == 10
    assert made.keys() == put.keys()
    assert max(made.values()) <= min(put.values())


def test_ctrl_c_in_a_terminal_ends_the_view_and_leaves_no_process(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {**ENV, "TERM": "xterm-256color"}
    with subprocess.Popen(
        command(tmp_path),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=env,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - nothing else runs yet
    ) as demo:
        os.close(follower)
        shown = ""
        pressed = False
        with suppress(OSError):  # how Linux says that nobody has the terminal any more
            while data := os.read(leader, 65_536):
                shown += data.decode("utf-8", "replace")
                if not pressed and "averias" in shown and " took " in shown:
                    os.write(leader, b"\x03")
                    pressed = True
        assert demo.wait(DEADLINE_S) == -signal.SIGINT
    os.close(leader)
    address = re.search(r"(http://[\d.:]+)/docs", shown)
    assert address
    assert "\x1b[?1049l" in shown
    assert "What happened in" in shown.rpartition("\x1b[?1049l")[2]
    assert nothing_left(tmp_path, address[1])


@pytest.mark.parametrize("service_too", [True, False])
def test_after_a_kill_9_the_next_demo_goes_on(tmp_path: Path, service_too: bool) -> None:
    """Killed alone, its service ends too; killed with its service, the store runs on, and is attached to."""
    with started(tmp_path) as (demo, _):
        service = int((tmp_path / "store" / "service.lock").read_text())
        if service_too:
            os.kill(service, signal.SIGKILL)
        demo.kill()
        demo.wait(DEADLINE_S)
    assert store_runs(tmp_path) or not service_too
    assert "It goes on where it was left " in ran(tmp_path, "--for", "0.5")
    assert not store_runs(tmp_path)


def test_a_service_that_dies_is_told_in_a_sentence(tmp_path: Path) -> None:
    with subprocess.Popen(command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV) as demo:
        assert demo.stdout
        assert demo.stderr
        while b"/docs" not in demo.stdout.readline():
            pass
        os.kill(int((tmp_path / "store" / "service.lock").read_text()), signal.SIGKILL)
        told = demo.stderr.read().decode()
        assert demo.wait(DEADLINE_S) == 1
    assert told.startswith("error: The service ended: signal 9 killed it. Its log is ")
    assert told.count("\n") == 1
    assert not store_runs(tmp_path)


def test_a_service_that_does_not_start_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path), capture_output=True, env=environment(ASSIGNER_PROT="1"), timeout=60, check=False
    )
    told = "ASSIGNER_PROT: there is no such setting. Maybe ASSIGNER_PORT."
    assert done.returncode == 1
    assert done.stderr.decode() == f"error: The service did not start: {told}\n"


def test_a_port_that_another_has_is_told_and_the_other_left_in_peace(tmp_path: Path) -> None:
    with started(tmp_path / "first") as (_, address):
        port = address.rpartition(":")[2]
        done = subprocess.run(
            command(tmp_path / "second", "--port", port),
            capture_output=True,
            env=ENV,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert re.match(rf"error: The service did not start: .*{port}", done.stderr.decode())


def test_a_store_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    done = subprocess.run(
        command(tmp_path, "--fresh"), capture_output=True, env=ENV, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 1
    assert b"a centre that is not the demo's" in done.stderr
    assert (tmp_path / "store").exists()
