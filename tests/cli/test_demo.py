"""The demo: it ends by itself, and tells all there is to tell."""

import re
import signal
import socket
import subprocess
import sys

from tests.cli.shell import DEADLINE_S, environment, words

ENV = environment(ASSIGNER_WORKERS="1")
DEMO = [sys.executable, "-m", "assigner.demo"]


def nobody_listens(text: str) -> bool:
    """Whether the service that the text names is gone."""
    found = re.search(r"http://127\.0\.0\.1:(\d+)/v1/assign", text)
    assert found
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(found[1]))) != 0


def test_it_tells_what_was_sent_and_what_was_answered_and_stops_the_service() -> None:
    flags = ["--tasks", "60", "--agents", "10", "--seed", "1"]
    done = subprocess.run([*DEMO, *flags], capture_output=True, env=ENV, timeout=DEADLINE_S, check=False)
    printed = words(done.stdout.decode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert "60 tasks; 10 agents" in printed
    assert "facturacion" in printed
    assert "of 60 tasks assigned" in printed
    assert "Waiting, by reason" in printed
    assert "Optimal: no other assignment is worth more." in printed
    assert "http://127.0.0.1:8080/docs" in printed
    assert "assigner sample --tasks 60 --agents 10 --seed 1 > snapshot.json curl " in printed
    assert nobody_listens(printed)


def test_it_keeps_the_service_until_ctrl_c() -> None:
    flags = ["--tasks", "5", "--agents", "2", "--lang", "es", "--keep"]
    with subprocess.Popen([*DEMO, *flags], stdout=subprocess.PIPE, env=ENV) as demo:
        assert demo.stdout
        printed = ""
        for line in demo.stdout:
            printed += line.decode()
            if "Ctrl-C" in printed:
                break
        assert "El servicio sigue en http://127.0.0.1:" in printed
        assert not nobody_listens(printed)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(DEADLINE_S) == 0
    assert nobody_listens(printed)


def test_a_service_that_does_not_start_is_told_in_a_sentence() -> None:
    done = subprocess.run(
        DEMO, capture_output=True, env=environment(ASSIGNER_PROT="1"), timeout=DEADLINE_S, check=False
    )
    told = "ASSIGNER_PROT: there is no such setting. Maybe ASSIGNER_PORT."
    assert done.returncode == 1
    assert done.stderr.decode() == f"error: The service did not start: {told}\n"
