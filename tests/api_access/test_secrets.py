"""Secrets are nowhere but with who has them; and who is turned away does not fill the log."""

import logging
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from assigner.clock import SystemClock
from assigner.domain.access import Role
from tests.api.running import until
from tests.api_access.issuer import AUDIENCE, Issuer, issuer
from tests.api_access.keyed import keyed
from tests.api_access.test_tokens import claims
from tests.cli.shell import ASSIGNER, environment, run

STATS = "/v1/stats"
MANY = 1_000


def test_no_secret_is_ever_in_the_log_or_in_the_store(tmp_path: Path) -> None:
    """Of a real run at its most talkative, from its start to its end, whatever was shown to it."""
    state, log = tmp_path / "state", tmp_path / "log"
    with issuer() as there, log.open("wb") as stderr:
        flags = [
            "--port",
            "0",
            "--workers",
            "1",
            "--log-level",
            "debug",
            "--state-dir",
            str(state),
        ]
        flags += ["--oidc-issuer", there.url, "--oidc-audience", AUDIENCE]
        with subprocess.Popen([ASSIGNER, "serve", *flags], stderr=stderr, env=environment()) as process:
            try:
                shown = _show_everything(there, state, log)
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(60)
    logged = log.read_text("utf-8")
    kept = b"".join(file.read_bytes() for file in state.rglob("*") if file.is_file())
    assert "A request was turned away" in logged
    for key in shown:
        secret = key.split("_", 2)[-1] if key.startswith("ak_") else key
        assert secret not in logged
        assert secret.encode() not in kept


def _show_everything(there: Issuer, state: Path, log: Path) -> list[str]:
    """Show the service keys and tokens, good and bad, in ways good and bad; all of them."""
    until(lambda: "Ready on" in log.read_text("utf-8"), "the service is ready")
    [address] = re.findall(r"Ready on (http://\S+?)[,. ]* ?\(docs", log.read_text("utf-8"))[:1]
    made = run("keys", "create", "--role", "admin", "--state-dir", str(state))
    admin = made.stdout.decode().strip()
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {admin}"}) as client:
        until(lambda: client.get(STATS).status_code == 200, "the key is known")
        second = client.post("/v1/keys", json={"name": "x", "role": "sre"}).json()
        third = client.post(f"/v1/keys/{second['id']}/rotate", json={}).json()
        client.delete(f"/v1/keys/{second['id']}")
        now_s = SystemClock().now_ms() // 1_000
        good, late = (
            there.token(claims(there, exp=at, role="sre", workspace="default")) for at in (now_s + 60, 1)
        )
        assert client.get(STATS, headers={"Authorization": f"Bearer {good}"}).status_code == 200
        shown = [
            admin,
            second["key"],
            third["key"],
            good,
            late,
            "ak_0123456789abcdef_" + "z" * 43,
            "p4ssw0rd",
        ]
        for key in shown:
            for header in (f"Bearer {key}", f"Basic {key}", key):
                client.get(STATS, headers={"Authorization": header})
                client.post("/v1/tasks", content=b"[", headers={"Authorization": header})
                client.get("/v1/nothing", headers={"Authorization": header})
        assert all(key.split("_", 2)[-1] not in client.get("/metrics").text for key in shown)
    return shown


def test_a_thousand_wrong_keys_are_a_line_or_two_and_all_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with keyed() as doors, ThreadPoolExecutor(4) as threads:
        wrong = "ak_0123456789abcdef_" + "a" * 43
        asked = list(threads.map(lambda _: doors.ask(wrong, "GET", STATS).status_code, range(MANY)))
        assert set(asked) == {401}
        told = doors.ask(doors.north.keys[Role.SRE], "GET", "/metrics").text
        lines = [record for record in caplog.records if record.name == "assigner.access"]
    assert f'assigner_auth_refused_total{{why="wrong_key"}} {MANY}.0' in told
    assert len(lines) < 10
