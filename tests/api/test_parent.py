"""What becomes of the workers when the service is killed."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx

from assigner.config import Settings
from assigner.service import listen
from tests.api.running import DEADLINE_S, until

SERVICE = """
import socket, sys
from api.app import create_app, server
from assigner.config import Settings
from assigner.service import listen
settings = Settings(workers=1, dev=True)
listener = socket.socket(fileno=int(sys.argv[1]))
server(create_app(settings, answer="tests.api.answers:behave"), settings).run(sockets=[listener])
"""
SPIN = b"POST /assign HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nspin"


def _runs(pid: int) -> bool:
    """Whether the process still runs; one that has ended but that nobody has reaped does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text("ascii").rpartition(")")[2].split()[0] != "Z"


def test_a_service_that_is_killed_leaves_no_worker_behind() -> None:
    """Not even one in the middle of a solve, which would keep a core busy for nobody."""
    with listen(Settings(port=0)) as listener:
        host, port = listener.getsockname()
        descriptor = listener.fileno()
        service = subprocess.Popen([sys.executable, "-c", SERVICE, str(descriptor)], pass_fds=[descriptor])
        try:
            with httpx.Client(base_url=f"http://{host}:{port}", timeout=DEADLINE_S) as client:
                until(lambda: client.get("/readyz").is_success, "the service is ready")
                worker = int(client.post("/v1/assign", content=b"pid").text)
                with socket.create_connection((host, port)) as spinning:
                    spinning.sendall(SPIN)
                    busy = 'assigner_workers{state="busy"} 1.0'
                    until(lambda: busy in client.get("/metrics").text, "the worker spins")
                    service.kill()
        finally:
            service.kill()
            service.wait()
        until(lambda: not _runs(worker), "the worker is gone")
