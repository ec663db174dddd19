"""`assigner serve`, `api` and `dispatcher`: every setting is a flag, and the service runs."""

import json
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assigner.config import settings_table
from tests.cli.shell import ASSIGNER, DEADLINE_S, environment, run, told, words


@contextmanager
def started(role: str, *flags: str, dev: bool = True, **env: str) -> Iterator[tuple[str, list[str]]]:
    """A process of the service, ready: its address, and the messages of its log so far."""
    command = [
        ASSIGNER,
        role,
        *(["--dev"] if dev else []),
        "--port",
        "0",
        "--workers",
        "1",
        "--log",
        "json",
        *flags,
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(**env)) as process:
        assert process.stderr
        messages: list[str] = []
        try:
            while not messages or not messages[-1].startswith("Ready on "):
                line = process.stderr.readline()
                assert line, messages
                messages.append(json.loads(line)["message"])
            yield messages[-1].split()[2].rstrip(","), messages
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(DEADLINE_S)
            rest = process.stderr.read()
            assert b"Traceback" not in rest, rest.decode()


def ask(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:  # noqa: S310 - our own
        return json.loads(response.read())


@pytest.mark.parametrize("role", ["serve", "api", "dispatcher"])
def test_every_setting_is_a_flag_and_is_told_in_help(role: str) -> None:
    printed = words(told(role, "--help", COLUMNS="200").replace("│", " "))
    for setting in settings_table():
        assert f"--{setting.name.replace('_', '-')} " in printed
        assert setting.variable in printed
        assert setting.help in printed


def test_every_fault_of_flags_and_variables_at_once() -> None:
    flags = ["--port", "http", "--workers=-1", "--log", "xml"]
    secret = {"ASSIGNER_REDIS_URL": "http://:hidden@store"}
    lines = told(
        "serve", "--dev", *flags, code=2, ASSIGNER_MAX_ARCS="0", ASSIGNER_PORT="1", **secret
    ).splitlines()
    assert lines[0] == "error: These settings will not do:"
    assert set(lines[1:]) == {
        "  --port: 'http' is not an integer from 0 to 65535.",
        "  --workers: '-1' is not an integer from 0 to 256.",
        "  --log: 'xml' is not one of console, json.",
        "  ASSIGNER_MAX_ARCS: '0' is not an integer from 1 to 100000000.",
        "  ASSIGNER_REDIS_URL: the value is not a text such as redis://localhost:6379/0.",
    }


def test_what_was_put_in_is_there_after_a_restart(tmp_path: Path) -> None:
    with started("serve", "--state-dir", str(tmp_path)) as (address, messages):
        assert messages[0].startswith("There are no keys: ")
        assert ask("GET", f"{address}/readyz") == {"status": "ready"}
        ask("PUT", f"{address}/v1/agents/ana", {"skills": {"billing": 5}})
        ask("POST", f"{address}/v1/tasks", {"id": "INC-1", "skills": {"billing": 3}})
        [offer] = ask("GET", f"{address}/v1/agents/ana/offers?wait_s=20")["items"]
        ask("POST", f"{address}/v1/offers/{offer['id']}/accept", {})
    with started("serve", "--state-dir", str(tmp_path)) as (address, _):
        kept = ask("GET", f"{address}/v1/tasks/INC-1")
        assert (kept["state"], kept["agent"]) == ("assigned", "ana")


def test_a_second_service_on_one_directory_says_so_and_ends(tmp_path: Path) -> None:
    with started("serve", "--state-dir", str(tmp_path)):
        second = run("serve", "--dev", "--port", "0", "--state-dir", str(tmp_path))
        assert second.returncode == 1
        assert b"Another service (process " in second.stderr


@pytest.mark.parametrize("role", ["api", "dispatcher"])
def test_apart_they_need_a_store_that_both_reach(role: str) -> None:
    ended = run(role, "--port", "0")
    assert ended.returncode == 1
    assert b"set ASSIGNER_REDIS_URL" in ended.stderr


def test_the_api_and_dispatchers_apart_share_one_store(tmp_path: Path) -> None:
    with started("serve", "--state-dir", str(tmp_path), "--workspaces", "other"):
        url = f"unix://{tmp_path / 'store' / 'valkey.sock'}"
        with (
            started("api", ASSIGNER_REDIS_URL=url) as (api, _),
            started("dispatcher", ASSIGNER_REDIS_URL=url) as (first, _),
            started("dispatcher", ASSIGNER_REDIS_URL=url) as (second, _),
        ):
            ask("PUT", f"{api}/v1/agents/ana", {})
            ask("POST", f"{api}/v1/tasks", {"id": "INC-1"})
            assert ask("GET", f"{api}/v1/agents/ana/offers?wait_s=20")["items"]
            assert ask("GET", f"{second}/readyz") == ask("GET", f"{first}/readyz") == {"status": "ready"}
            with pytest.raises(urllib.error.HTTPError, match="404"):
                ask("GET", f"{first}/v1/tasks")


def test_a_store_that_is_not_there_is_waited_for_and_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    flags = [
        "--dev",
        "--port",
        "0",
        "--workers",
        "1",
        "--log",
        "json",
        "--redis-url",
        f"redis://127.0.0.1:{port}",
    ]
    with subprocess.Popen([ASSIGNER, "serve", *flags], stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stderr
        told_ = [json.loads(process.stderr.readline()) for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE_S)
        rest = process.stderr.read()
    assert told_[1]["level"] == "warning"
    assert told_[1]["message"].startswith("The store cannot do it now: ")
    assert b"Traceback" not in rest
