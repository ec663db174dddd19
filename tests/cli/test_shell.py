"""`assigner` ends as a shell user expects, whatever happens to it, and never with a traceback."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.shell import ASSIGNER, DEADLINE_S, SMALL, environment, run, small, told


def refused(code: int, *args: str, stdin: bytes = b"") -> str:
    return " ".join(told(*args, stdin=stdin, code=code).replace("│", " ").split())


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["serve"],
        ["assign"],
        ["sample"],
        ["apply"],
        ["export"],
        ["tasks"],
        ["why"],
        ["override"],
        ["override", "pin"],
        ["overrides"],
        ["handling"],
        ["version"],
    ],
)
def test_help_ends_well(command: list[str]) -> None:
    assert "Usage: assigner" in told(*command, "--help", COLUMNS="80")
    assert "Usage: assigner" in told(*command, "-h")


@pytest.mark.parametrize(
    "command",
    ["serve", "assign", "sample", "apply", "export", "tasks", "why", "override", "overrides", "handling"],
)
def test_help_teaches_by_examples(command: str) -> None:
    assert f"  assigner {command} " in told(command, "--help").partition("Examples")[2]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["assign"], "give a snapshot (- for stdin), or both --tasks and --agents"),
        (["assign", "--tasks", "t.csv"], "give a snapshot (- for stdin), or both --tasks and --agents"),
        (["assign", "s.json", "--tasks", "t.csv"], "give a snapshot (- for stdin), or both"),
        (["assign", "--tasks", "-", "--agents", "-"], "only one of the files can be stdin"),
        (["assign", "-", "--weight", "urgency"], "--weight urgency: expected such as urgency=2"),
        (["assign", "-", "--weight", "urgency=nan"], "expected such as urgency=2"),
        (["assign", "-", "--time-limit", "inf"], "inf is not finite"),
        (["assign", "-", "--explain", "all"], "'all' is not one of"),
        (["assign", "-", "--limit", "-1"], "'--limit'"),
        (["assign", "-", "--lang", "fr"], "'fr' is not one of"),
        (["assign", "-", "--jsn"], "No such option: --jsn"),
        (["asign"], "No such command 'asign'"),
        (["sample", "--tasks", "many"], "'--tasks'"),
        (["sample", "--output", "a", "--csv", "b"], "give --output or --csv, not both"),
    ],
)
def test_wrong_usage_ends_with_2(args: list[str], says: str) -> None:
    assert says in refused(2, *args)


def test_a_file_that_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    missing = tmp_path / "none.json"
    assert refused(2, "assign", str(missing)) == f"error: {missing}: No such file or directory"
    assert refused(2, "assign", str(tmp_path)) == f"error: {tmp_path}: Is a directory"


def test_a_refused_input_ends_with_1() -> None:
    assert refused(1, "assign", "-", stdin=b"{").startswith("error: stdin: The body is not JSON")


def test_wrong_settings_end_with_2_and_are_all_told() -> None:
    printed = told("assign", "-", stdin=small(), code=2, ASSIGNER_MAX_TASKS="few", ASSIGNER_PROT="1")
    assert printed.splitlines() == [
        "error: These settings will not do:",
        "  ASSIGNER_MAX_TASKS: 'few' is not an integer from 1 to 10000000.",
        "  ASSIGNER_PROT: there is no such setting. Maybe ASSIGNER_PORT.",
    ]


def test_a_key_that_no_header_can_hold_is_told_and_not_shown() -> None:
    printed = refused(2, "export", "--key", "schlüssel")
    assert "a key has only visible ASCII characters" in printed
    assert "schl" not in printed


def test_who_asks_and_which_service_are_no_settings_of_a_service() -> None:
    assert told("assign", "-", "--json", stdin=small(), ASSIGNER_KEY="k", ASSIGNER_URL="u").startswith("{")


def test_a_file_that_cannot_be_written_ends_with_1(tmp_path: Path) -> None:
    output = tmp_path / "none" / "made.json"
    assert refused(1, "sample", "--output", str(output)) == f"error: {output}: No such file or directory"
    output = tmp_path / "file"
    output.touch()
    assert refused(1, "sample", "--csv", str(output)) == f"error: {output}: File exists"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_ends_it_silently(unbuffered: str) -> None:
    """As with `assigner sample --tasks 5000 | head -1`."""
    with subprocess.Popen(
        [ASSIGNER, "sample", "--tasks", "5000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PYTHONUNBUFFERED=unbuffered),
    ) as command:
        assert command.stdout
        assert command.stderr
        assert command.stdout.readline() == f'{{"now": "{SMALL["now"]}",\n'.encode()
        command.stdout.close()
        assert command.stderr.read() == b""
        assert command.wait(DEADLINE_S) == -signal.SIGPIPE


def test_ctrl_c_ends_it_as_the_signal_does(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [ASSIGNER, "assign", str(pipe)], stderr=subprocess.PIPE, env=environment()
    ) as command:
        with pipe.open("wb"):  # opens when the command does
            command.send_signal(signal.SIGINT)
            assert command.wait(DEADLINE_S) == -signal.SIGINT
        assert command.stderr
        assert command.stderr.read() == b""


@pytest.mark.parametrize(
    ("redirection", "says"),
    [("> /dev/full", "error: No space left on device"), (">&-", "error: stdout is closed")],
)
def test_a_stdout_that_takes_nothing_ends_with_1(redirection: str, says: str) -> None:
    done = subprocess.run(  # noqa: S602 - redirections are the shell's
        f"{ASSIGNER} sample {redirection}", shell=True, env=environment(), stderr=subprocess.PIPE, check=False
    )
    assert (done.returncode, done.stderr.decode().strip()) == (1, says)


def test_what_a_terminal_cannot_spell_is_replaced() -> None:
    done = run("assign", "-", "--lang", "es", "--time-limit", "60", stdin=small(), PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert "Óptima".encode("latin-1") in done.stdout
    assert b"? ana aprende 'fraud' hasta el nivel 1" in done.stdout
