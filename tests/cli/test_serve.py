"""`assigner serve`: every setting is a flag, and the service runs."""

import json
import signal
import subprocess
import urllib.request

from assigner.config import settings_table
from tests.cli.shell import ASSIGNER, DEADLINE_S, environment, told, words


def test_every_setting_is_a_flag_and_is_told_in_help() -> None:
    printed = words(told("serve", "--help", COLUMNS="200").replace("│", " "))
    for setting in settings_table():
        assert f"--{setting.name.replace('_', '-')} " in printed
        assert setting.variable in printed
        assert setting.help in printed


def test_every_fault_of_flags_and_variables_at_once() -> None:
    flags = ["--port", "http", "--workers=-1", "--log", "xml"]
    lines = told("serve", "--dev", *flags, code=2, ASSIGNER_MAX_ARCS="0", ASSIGNER_PORT="1").splitlines()
    assert lines[0] == "error: These settings will not do:"
    assert set(lines[1:]) == {
        "  --port: 'http' is not an integer from 0 to 65535.",
        "  --workers: '-1' is not an integer from 0 to 256.",
        "  --log: 'xml' is not one of console, json.",
        "  ASSIGNER_MAX_ARCS: '0' is not an integer from 1 to 100000000.",
    }


def test_it_serves_until_it_is_told_to_stop() -> None:
    flags = ["--dev", "--port", "0", "--workers", "1", "--log", "json"]
    with subprocess.Popen([ASSIGNER, "serve", *flags], stderr=subprocess.PIPE, env=environment()) as command:
        assert command.stderr
        keys, ready = (json.loads(command.stderr.readline()) for _ in range(2))
        address = ready["message"].split()[2]
        with urllib.request.urlopen(f"{address}/readyz", timeout=DEADLINE_S) as response:  # noqa: S310 - our own
            assert response.status == 200
        command.send_signal(signal.SIGINT)
        command.wait(DEADLINE_S)
        rest = command.stderr.read()
    assert keys["message"].startswith("There are no keys: ")
    assert keys["level"] == "info"
    assert b"Traceback" not in rest
