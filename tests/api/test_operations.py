"""What those who run the service see: probes, metrics, docs, log lines, and how it starts and stops."""

import asyncio
import contextlib
import json
import logging
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from assigner import log
from assigner.metrics import METRICS
from assigner.service import MOST_FILES, open_many
from assigner.store import embedded
from tests.api.answers import FACTS
from tests.api.running import Running, running, until

ROOT = Path(__file__).parents[2]
SERVE = (
    "from assigner.service import serve; from assigner.config import Settings; import os;"
    "serve(Settings.from_env(os.environ))"
)


def test_the_probes_answer_when_workers_are_up(service: Running) -> None:
    assert service.client.get("/livez").json() == {"status": "alive"}
    assert service.client.get("/readyz").json() == {"status": "ready"}


def test_the_metrics_are_those_of_the_table(service: Running) -> None:
    service.post(b"hello")
    families = {f.name: f for f in text_string_to_metric_families(service.client.get("/metrics").text)}
    for row in METRICS:
        family = families.pop(row.name.removesuffix("_total"))
        assert (family.type, family.documentation) == (row.kind, row.meaning)
        beforehand = not row.census and all(row.labels.values())
        assert family.samples or not beforehand, row.name
        assert all(sample.labels.keys() - {"le"} == row.labels.keys() for sample in family.samples)
    assert all(name.startswith("process_") for name in families)


def test_there_may_be_more_connections_than_a_shell_gives_files() -> None:
    before = _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        open_many()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(hard, MOST_FILES), hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_metric_names_follow_the_conventions() -> None:
    for row in METRICS:
        assert re.fullmatch("assigner_[a-z_]+", row.name)
        assert row.name.endswith("_total") == (row.kind == "counter")
        assert row.meaning.endswith(".")


def test_an_answer_is_counted_by_what_it_says_of_itself() -> None:
    with running() as service:
        service.post(b"hello")
        assert service.metric("assigner_tasks_assigned_total") == FACTS["assigned"]
        assert service.metric("assigner_tasks_waiting_total", reason="outranked") == 2
        assert service.metric("assigner_solutions_total", status="optimal") == 1
        assert service.metric("assigner_request_tasks_sum") == FACTS["tasks"]
        assert service.metric("assigner_request_agents_sum") == FACTS["agents"]
        assert service.metric("assigner_request_arcs_sum") == FACTS["arcs"]
        assert service.metric("assigner_solve_seconds_sum", method="flow") == FACTS["solve_s"]
        assert service.metric("assigner_phase_seconds_sum", phase="encode") == FACTS["encode_s"]


def test_requests_are_counted_by_route_and_never_by_path() -> None:
    with running() as service:
        service.client.get("/some-id-of-a-client")
        service.client.request("PROPFIND", "/livez")
        service.post(b"hello")
        count = "assigner_http_requests_total"
        assert service.metric(count, route="other", method="GET", status="404") == 1
        assert service.metric(count, route="/livez", method="other", status="405") == 1
        assert service.metric(count, route="/v1/assign", method="POST", status="200") == 1
        assert "some-id" not in service.client.get("/metrics").text


def test_the_docs_need_no_other_host(service: Running) -> None:
    page = service.client.get("/docs")
    assert page.status_code == 200
    assert not re.findall(r"""(?:src|href)="(?:https?:)?//""", page.text)
    for address in re.findall(r"""(?:src|href)="([^"]+)""", page.text):
        assert service.client.get(address).status_code == 200, address


def test_the_alias_is_documented_once(service: Running) -> None:
    paths = service.client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/v1/assign", "/livez", "/readyz", "/metrics"}


@pytest.fixture
def _logging() -> Iterator[None]:
    """Put the process's logging back as it was."""
    root, theirs = logging.getLogger(), logging.getLogger("uvicorn")
    handlers, level, their_level = root.handlers[:], root.level, theirs.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.getLogger("uvicorn.error").filters.clear()
    theirs.setLevel(their_level)


@pytest.mark.usefixtures("_logging")
def test_a_request_is_one_line_of_json_without_its_body(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as service:
        log.configure("json", "info")
        service.post(b"private", headers={"X-Request-ID": "abc"})
        service.client.get("/livez")
    written = capsys.readouterr().err
    found = [json.loads(line) for line in written.splitlines()]
    [line] = [line for line in found if line["logger"] == "assigner.access"]
    assert (
        line.items()
        >= {
            "level": "info",
            "message": "request",
            "method": "POST",
            "route": "/v1/assign",
            "status": 200,
            "bytes_in": 7,
            "bytes_out": 7,
            "request_id": "abc",
        }.items()
    )
    assert line["ms"] >= 0
    assert "private" not in written


@pytest.mark.usefixtures("_logging")
def test_a_person_reads_the_same_and_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("console", "info")
    try:
        raise ValueError("on purpose")
    except ValueError:
        logging.getLogger("x").exception("It failed", extra={"fields": {"request_id": "abc"}})
    first, *rest = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d error   It failed request_id=abc ?", first)
    assert rest[-1] == "ValueError: on purpose"


@pytest.mark.usefixtures("_logging")
def test_who_sends_what_is_not_http_does_not_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as service:
        log.configure("json", "info")
        for _ in range(20):
            with service.connect(b"this is not HTTP\r\n\r\n") as connection:
                assert connection.recv(65_536).startswith(b"HTTP/1.1 400 ")
    written = capsys.readouterr().err.splitlines()
    assert len([line for line in written if "Invalid HTTP" in line]) == 1


def test_what_was_said_is_said_again_after_a_while() -> None:
    def passed(level: int, *instants_s: float) -> list[float]:
        seldom, records = log.Seldom(), []
        for at in instants_s:
            record = logging.LogRecord("uvicorn.error", level, "", 0, "Invalid %s", ("x",), None)
            record.created = at
            records += [at] if seldom.filter(record) else []
        return records

    assert passed(logging.WARNING, 100, 101, 109.9, 110, 111) == [100, 110]
    assert passed(logging.ERROR, 100, 101) == [100, 101]


def _serve(port: int, folder: Path) -> subprocess.Popen[str]:
    own = {
        "ASSIGNER_DEV": "true",
        "ASSIGNER_PORT": str(port),
        "ASSIGNER_WORKERS": "1",
        "ASSIGNER_STATE_DIR": str(folder),
    }
    environment = {**os.environ, **own}
    return subprocess.Popen(
        [sys.executable, "-c", SERVE], stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with _serve(port, tmp_path) as process:
            _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == (
        f"Cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Stop what uses it, or choose another with --port.\n"
    )


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_leaves_no_process_behind(stop: signal.Signals, tmp_path: Path) -> None:
    with _serve(0, tmp_path) as process:
        ready = _until_ready(process)
        address = re.findall(r"Ready on (http://127\.0\.0\.1:\d+) \(docs: \1/docs", ready)[0]
        children = _children(process.pid)
        assert len(children) == 2, "a worker and the store"
        assert httpx.get(f"{address}/readyz").status_code == 200
        process.send_signal(stop)
        process.wait(timeout=60)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    until(lambda: not any(Path(f"/proc/{child}").exists() for child in children), "worker and store are gone")


def test_workers_of_a_killed_service_end_by_themselves(tmp_path: Path) -> None:
    with _serve(0, tmp_path) as process:
        _until_ready(process)
        workers = [child for child in _children(process.pid) if b"api.child" in _command(child)]
        assert workers
        process.kill()
    until(lambda: not any(map(_runs, workers)), "the workers are gone")

    async def end() -> None:
        server = await embedded.start(tmp_path)
        assert server.attached, "the store outlives the service, for the next one to find"
        await server.stop()

    asyncio.run(end())


def test_a_server_that_stops_hangs_up_on_clients_who_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One has sent half of what it promised, one takes nothing of what it asked for."""
    monkeypatch.setattr("api.app._PATIENCE_S", 0.5)
    head = b"POST /v1/assign HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
    with running(body_timeout_s=3_600) as service:
        many = b"x" * 2**24
        with (
            service.connect(head + b"100\r\n\r\n{") as half_sent,
            service.connect(head + b"%d\r\n\r\n" % len(many)) as deaf,
        ):
            deaf.sendall(many)
            until(lambda: service.metric("assigner_http_requests_in_flight") > 2, "both are being answered")
            service.server.should_exit = True
            with contextlib.suppress(ConnectionError):
                while half_sent.recv(65_536):
                    pass
            until(lambda: not service.server.server_state.connections, "nobody is waited for")


def _until_ready(process: subprocess.Popen[str]) -> str:
    """What the service says when it is ready."""
    assert process.stderr is not None
    return next(line for line in process.stderr if "Ready on " in line)


def _children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _runs(pid: int) -> bool:
    """Whether a process has not ended; an orphan may stay as a zombie until its new parent looks."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
