"""The real service, started as processes of its own; its client, its metrics, and what it holds in memory."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.parser import text_string_to_metric_families

from assigner.config import PREFIX

HOST = "127.0.0.1"
PATIENCE_S = 120.0
_SERVE = (
    "import os; from assigner.service import serve; from assigner.config import Settings; "
    "serve(Settings.from_env(os.environ))"
)
_READY = re.compile(rf"Ready on http://{re.escape(HOST)}:(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running service: its port and its first process."""

    port: int
    pid: int

    def connect(self) -> HTTPConnection:
        """A connection that stays open from request to request."""
        return HTTPConnection(HOST, self.port, timeout=PATIENCE_S)

    def metrics(self) -> dict[str, float]:
        """Every series of /metrics by its name and labels, as `name{label=value}`."""
        connection = self.connect()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return {
            _series(sample.name, sample.labels): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@contextmanager
def service(
    log: Path, /, *, program: tuple[str, ...] = ("-c", _SERVE), **settings: object
) -> Iterator[Service]:
    """Start the service on a free port of loopback with these settings, without keys where they do not ask
    for them; stop it when the block ends.

    Its log goes to the file `log`. Raises RuntimeError when it does not start.
    """
    with TemporaryDirectory() as folder:
        process = launch(log, program, **{"port": 0, "state_dir": folder, "dev": "true", **settings})
        try:
            yield Service(port=_ready(process, log), pid=process.pid)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def launch(
    log: Path, program: tuple[str, ...] = ("-c", _SERVE), /, **settings: object
) -> subprocess.Popen[bytes]:
    """Start the first process of a program that serves, with these settings and no others."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
    environ |= {PREFIX + name.upper(): str(value) for name, value in {"host": HOST, **settings}.items()}
    with log.open("wb") as out:
        return subprocess.Popen([sys.executable, *program], env=environ, stderr=out, stdout=out)


def assign(connection: HTTPConnection, body: bytes) -> bytes:
    """The answer's bytes to `POST /v1/assign`. Raises RuntimeError when its status is not 200."""
    connection.request("POST", "/v1/assign", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise RuntimeError(f"The service answered {response.status}: {answer[:500].decode()}")
    return answer


def timed(connection: HTTPConnection, body: bytes) -> tuple[bytes, float]:
    """The answer's bytes, and the seconds from the first byte sent to the last one received."""
    began = time.perf_counter()
    answer = assign(connection, body)
    return answer, time.perf_counter() - began


def processes(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for parent in found:
        for thread in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, thread.read_text(encoding="ascii").split())
    return found


def held_bytes(pid: int) -> int:
    """What a process and its descendants hold: each page once (PSS), and the files in memory they have open.

    Files in memory that are mapped as well count twice, so this is never too little.
    """
    total = 0
    memory_files: dict[int, int] = {}
    for each in processes(pid):
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii")
            total += 1024 * int(re.search(r"^Pss: +(\d+)", rollup, re.MULTILINE)[1])  # type: ignore[index]
            memory_files |= _memory_files(each)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return total + sum(memory_files.values())


def peak_bytes(pid: int) -> int:
    """The sum of the largest resident sizes that a process and its descendants ever had (VmHWM)."""
    status = [Path(f"/proc/{each}/status").read_text(encoding="utf-8") for each in processes(pid)]
    return sum(1024 * int(text.partition("VmHWM:")[2].split()[0]) for text in status)


def _memory_files(pid: int) -> dict[int, int]:
    """Bytes of each file in memory that a process has open, by inode."""
    found = {}
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if str(descriptor.readlink()).startswith("/memfd:"):
                facts = descriptor.stat()
                found[facts.st_ino] = 512 * facts.st_blocks
        except FileNotFoundError:
            continue  # it was closed meanwhile
    return found


def _ready(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port of a service that has said that it is ready."""
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        if found := _READY.search(log.read_text(encoding="utf-8")):
            return int(found[1])
        time.sleep(0.05)
    raise RuntimeError(f"The service did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def _series(name: str, labels: Mapping[str, str]) -> str:
    if not labels:
        return name
    return f"{name}{{{','.join(f'{label}={value}' for label, value in labels.items())}}}"
