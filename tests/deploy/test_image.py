"""The image is built as it stands in Dockerfile, starts, lets its first key in, and ends when told to."""

import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.deploy.image import Builder, Container, build_base, build_image, builder, container, inner, missing

IMAGE, BASE, DEADLINE_S = "localhost/assigner", "localhost/debian", 60
pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    """A builder that has built the image."""
    with builder(tmp_path_factory.mktemp("images")) as it:
        build_base(it, BASE)
        build_image(it, IMAGE, BASE)
        yield it


@contextmanager
def started(service: Container, command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """The image's own command, ready; told to end, its store too, if it has not been."""
    with subprocess.Popen(service.command(command), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        lines: list[str] = []
        while not lines or "Ready on " not in lines[-1]:
            lines.append(process.stderr.readline())
            assert lines[-1], lines
        try:
            yield process
        finally:
            if process.poll() is None:
                os.kill(inner(process.pid), signal.SIGTERM)


def status(service: Container, path: str, key: str = "") -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"http://127.0.0.1:{service.port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:  # noqa: S310 - our own
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_image_runs_as_nobody_special_and_keeps_its_state_on_a_volume(made: Builder) -> None:
    config = made.config(IMAGE)
    assert config["User"] == "10001:10001"
    assert set(config["Volumes"]) == {"/var/lib/assigner"}
    assert set(config["ExposedPorts"]) == {"8080/tcp"}
    assert config["Healthcheck"]["Test"][0] == "CMD"


def test_it_starts_is_healthy_lets_its_first_key_in_and_ends_when_told(made: Builder) -> None:
    config, service = made.config(IMAGE), container(made, IMAGE)
    with started(service, config["Cmd"]) as process:
        assert status(service, "/livez") == 200
        service.execute(*config["Healthcheck"]["Test"][1:])
        assert status(service, "/v1/tasks") == 401
        said = service.execute("assigner", "keys", "create", "--role", "admin", "--name", "first")
        key = said.split()[-1]
        assert status(service, "/v1/tasks", key) == 200
        assert status(service, "/v1/tasks", f"{key}x") == 401
        os.kill(inner(process.pid), signal.SIGTERM)
        process.wait(DEADLINE_S)
        assert process.stderr
        last = process.stderr.read()
    assert "This process dispatches no longer" in last
    assert "subprocess exited on terminated" in last
    store = service.state / "store"
    assert not (store / "valkey.sock").exists()
    assert any(store.rglob("*.aof")), [str(path) for path in store.rglob("*")]
