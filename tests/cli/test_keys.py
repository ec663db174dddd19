"""`assigner keys`: made where the store is, with and without a service; what a service does with them."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from assigner.store import embedded
from tests.api.running import until
from tests.cli.shell import run, told
from tests.cli.test_serve import started


def keys(folder: Path, *words: str, code: int = 0) -> Any:
    """What `assigner keys … --json` says."""
    ended = run("keys", *words, "--state-dir", str(folder), "--json")
    assert ended.returncode == code, ended.stderr.decode()
    return json.loads(ended.stdout) if ended.stdout else ended.stderr.decode()


def status(address: str, key: str, path: str = "/v1/stats") -> int:
    return httpx.get(f"{address}{path}", headers={"Authorization": f"Bearer {key}"}).status_code


def test_a_key_is_shown_once_alone_on_stdout_and_nowhere_else(tmp_path: Path) -> None:
    made = run("keys", "create", "--role", "platform", "--name", "crm", "--state-dir", str(tmp_path))
    assert made.returncode == 0
    text = made.stdout.decode().strip()
    assert text.startswith("ak_")
    assert len(text.split("_", 2)[2]) == 43
    assert "Key " in made.stderr.decode()
    assert "It is shown this once" in made.stderr.decode()
    listed = run("keys", "list", "--state-dir", str(tmp_path), COLUMNS="200")
    assert b"crm" in listed.stdout
    secret = text.split("_", 2)[2].encode()
    assert secret not in listed.stdout + listed.stderr + made.stderr
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert text.split("_")[1].encode() in kept
    assert secret not in kept


def test_a_service_without_keys_says_how_to_make_one_and_knows_it_at_once(tmp_path: Path) -> None:
    with started("serve", "--state-dir", str(tmp_path), dev=False) as (address, messages):
        assert "assigner keys create --role admin" in messages[-2]
        assert status(address, "ak_0123456789abcdef_" + "a" * 43) == 401
        made = keys(tmp_path, "create", "--role", "sre", "--name", "prometheus")
        until(lambda: status(address, made["key"]) == 200, "the key lets somebody in")
        assert status(address, made["key"], "/metrics") == 200
        assert status(address, made["key"], "/v1/tasks") == 403
        assert keys(tmp_path, "revoke", made["id"])["state"] == "revoked"
        until(lambda: status(address, made["key"]) == 401, "the key lets nobody in")
    [listed] = keys(tmp_path, "list")["items"]
    assert (listed["id"], listed["state"]) == (made["id"], "revoked")
    with started("serve", "--state-dir", str(tmp_path), dev=False) as (address, messages):
        assert "assigner keys create" in messages[-2], "a key that is revoked is none"
        assert status(address, made["key"]) == 401


def test_the_keys_of_a_dispatcher_that_runs_alone_read_its_metrics(tmp_path: Path) -> None:
    with started("serve", "--state-dir", str(tmp_path)):
        made = keys(tmp_path, "create", "--role", "sre")
        url = f"unix://{tmp_path / 'store' / 'valkey.sock'}"
        with started("dispatcher", dev=False, ASSIGNER_REDIS_URL=url) as (address, _):
            until(lambda: status(address, made["key"], "/metrics") == 200, "the key is known")
            assert httpx.get(f"{address}/metrics").status_code == 401
            assert httpx.get(f"{address}/livez").status_code == 200


def test_a_rotated_key_goes_on_for_the_overlap(tmp_path: Path) -> None:
    made = keys(tmp_path, "create", "--role", "agent", "--agent", "ana", "--rate", "5", "--expires", "90d")
    new = keys(tmp_path, "rotate", made["id"], "--overlap", "12h")
    assert {new[name] for name in ("name", "agent", "role")} == {"ana", "agent"}
    assert (new["rate"], new["expires_at"]) == (5, None)
    old = {key["id"]: key for key in keys(tmp_path, "list")["items"]}[made["id"]]
    assert old["state"] == "live"
    assert old["expires_at"] < made["expires_at"]
    keys(tmp_path, "rotate", f"ak_{new['id']}", "--overlap", "0s")
    states = sorted(key["state"] for key in keys(tmp_path, "list")["items"])
    assert states == ["expired", "live", "live"]
    assert "has expired" in keys(tmp_path, "rotate", new["id"], code=1)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--role", "agent"], "name them with --agent"),
        (["--role", "sre", "--agent", "ana"], "--agent is for keys of role agent only"),
        (["--role", "boss"], "boss"),
        (["--role", "sre", "--expires", "soon"], "soon"),
        (["--role", "sre", "--expires", "99999w"], "99999w"),
        (["--role", "sre", "--expires", "0s"], "0s is no time"),
        (["--role", "sre", "--workspace", "a b"], "a b"),
        (["--role", "sre", "--name", "a\u202eb"], "printable"),
        (["--role", "sre", "--name", "a\nb"], "printable"),
        (["--role", "sre", "--rate", "0"], "--rate"),
    ],
)
def test_what_will_not_do_is_said(tmp_path: Path, flags: list[str], words: str) -> None:
    assert words in told("keys", "create", *flags, "--state-dir", str(tmp_path), code=2)


def test_two_live_keys_do_not_have_one_name(tmp_path: Path) -> None:
    first = keys(tmp_path, "create", "--role", "sre")
    assert "already" in keys(tmp_path, "create", "--role", "admin", "--name", "sre", code=1)
    keys(tmp_path, "create", "--role", "admin", "--name", "sre", "--workspace", "other")
    keys(tmp_path, "revoke", first["id"])
    keys(tmp_path, "create", "--role", "admin", "--name", "sre")


def test_many_may_make_keys_at_once(tmp_path: Path) -> None:
    names = [f"name-{number}" for number in range(4)]
    with ThreadPoolExecutor() as threads:
        made = list(threads.map(partial(keys, tmp_path, "create", "--role", "sre", "--name"), names))
    assert {key["id"] for key in made} == {key["id"] for key in keys(tmp_path, "list")["items"]}


def test_a_service_waits_for_who_makes_a_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as threads, embedded.visiting(tmp_path):
        claiming = threads.submit(embedded.claim, tmp_path, "fast")
        server = asyncio.run(embedded.visit(tmp_path, "fast"))
        assert not claiming.done()
        asyncio.run(server.stop())
    claiming.result().leave()


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    name = "[red]<b>me</b>"
    keys(tmp_path, "create", "--role", "sre", "--name", name)
    listed = run("keys", "list", "--state-dir", str(tmp_path), COLUMNS="200")
    assert name in listed.stdout.decode()


def test_it_speaks_spanish(tmp_path: Path) -> None:
    made = run("keys", "create", "--role", "sre", "--lang", "es", "--state-dir", str(tmp_path))
    assert "creada: sre, espacio de trabajo default, no caduca." in made.stderr.decode()
    assert "no tiene la clave" in told(
        "keys", "revoke", "x", "--lang", "es", "--state-dir", str(tmp_path), code=1
    )


def test_a_store_that_is_not_there_is_told() -> None:
    assert told("keys", "list", code=1, ASSIGNER_REDIS_URL="unix:///nowhere/at/all.sock").startswith(
        "error: "
    )
