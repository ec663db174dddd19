"""Settings are read from one table, and every fault is told at once."""

from pathlib import Path

import pytest

from assigner.clock import ManualClock, SystemClock
from assigner.config import Settings, SettingsError, settings_table


def test_without_anything_given_the_defaults_hold() -> None:
    assert Settings.from_env({"PATH": "/bin", "OTHER_PORT": "1"}) == Settings()
    assert {row.name: row.default for row in settings_table()} == {
        row.name: getattr(Settings(), row.name) for row in settings_table()
    }


def test_a_flag_wins_over_the_environment_and_a_flag_not_given_does_not() -> None:
    environ = {"ASSIGNER_PORT": "9000", "ASSIGNER_MAX_WAITING": " 3 ", "ASSIGNER_VERIFY": "Yes"}
    settings = Settings.from_env(environ, {"port": 9001, "max_waiting": None})
    assert (settings.port, settings.max_waiting, settings.verify) == (9001, 3, True)


def test_every_fault_is_told_at_once_with_the_name_the_value_and_what_was_expected() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(
            {
                "ASSIGNER_HOST": "0.0.0.0",  # noqa: S104
                "ASSIGNER_DEV": "true",
                "ASSIGNER_OIDC_ISSUER": "https://login.example.com",
                "ASSIGNER_PROT": "1",
                "ASSIGNER_PORT": "tcp://10.0.0.1:80",
                "ASSIGNER_WORKERS": "-1",
                "ASSIGNER_MAX_TIME_LIMIT_S": "nan",
                "ASSIGNER_VERIFY": "maybe",
            },
            {"log": "xml"},
        )
    assert set(caught.value.faults) == {
        (
            "ASSIGNER_HOST: '0.0.0.0' is not a loopback address; for development, without keys, the "
            "service listens on this machine only. Use 127.0.0.1, or leave out dev."
        ),
        "ASSIGNER_OIDC_AUDIENCE: has to be set with ASSIGNER_OIDC_ISSUER: whom tokens are for.",
        "ASSIGNER_PROT: there is no such setting. Maybe ASSIGNER_PORT.",
        "ASSIGNER_PORT: 'tcp://10.0.0.1:80' is not an integer from 0 to 65535.",
        "ASSIGNER_WORKERS: '-1' is not an integer from 0 to 256.",
        "ASSIGNER_MAX_TIME_LIMIT_S: 'nan' is not a number from 0.001 to 3600 (seconds).",
        "ASSIGNER_VERIFY: 'maybe' is not true or false.",
        "ASSIGNER_LOG: 'xml' is not one of console, json.",
    }
    assert str(caught.value).count("\n") == len(caught.value.faults) - 1


def test_a_secret_may_be_in_a_file_and_an_empty_file_says_nothing(tmp_path: Path) -> None:
    (file := tmp_path / "url").write_text("redis://:hidden@store\n", "utf-8")
    assert Settings.from_env({"ASSIGNER_REDIS_URL_FILE": str(file)}).redis_url == "redis://:hidden@store"
    assert not Settings.from_env({"ASSIGNER_REDIS_URL_FILE": "/dev/null"}).redis_url
    both = {"ASSIGNER_REDIS_URL_FILE": str(file), "ASSIGNER_REDIS_URL": "redis://other"}
    with pytest.raises(SettingsError, match="ASSIGNER_REDIS_URL is given too; give one"):
        Settings.from_env(both)
    with pytest.raises(SettingsError, match="nowhere' cannot be read: No such file or directory"):
        Settings.from_env({"ASSIGNER_REDIS_URL_FILE": str(tmp_path / "nowhere")})
    with pytest.raises(SettingsError, match="there is no such setting"):
        Settings.from_env({"ASSIGNER_PORT_FILE": str(file)})


@pytest.mark.parametrize("said", ["a b", "", "a,", "a,,b", "ñ"])
def test_what_a_workspace_may_be_called_is_said(said: str) -> None:
    with pytest.raises(SettingsError, match=r"is not .* of 1 to 64 ASCII letters, digits, - and _"):
        Settings.from_env({"ASSIGNER_WORKSPACES": said})


def test_workspaces_are_named_with_commas_between() -> None:
    assert Settings.from_env({"ASSIGNER_WORKSPACES": "north,south,north"}).workspace_names == (
        "north",
        "south",
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_without_keys_a_loopback_host_is_allowed(host: str) -> None:
    assert Settings.from_env({"ASSIGNER_HOST": host}, {"dev": True}).host == host


@pytest.mark.parametrize("host", ["::", "192.168.1.1", "example.org", ""])
def test_any_other_host_takes_keys(host: str) -> None:
    assert Settings.from_env({"ASSIGNER_HOST": host}).host == host
    with pytest.raises(SettingsError, match="not a loopback address"):
        Settings.from_env({"ASSIGNER_HOST": host}, {"dev": True})


def test_what_kubernetes_injects_for_a_service_of_that_name_is_not_ours() -> None:
    links = {"ASSIGNER_SERVICE_HOST": "10.0.0.1", "ASSIGNER_PORT_8080_TCP_ADDR": "10.0.0.1"}
    assert Settings.from_env(links) == Settings()


def test_the_bounds_of_a_request_are_those_of_the_settings() -> None:
    limits = Settings.from_env({"ASSIGNER_MAX_TASKS": "7", "ASSIGNER_MAX_TIME_LIMIT_S": "2.5"}).limits
    assert (limits.max_tasks, limits.max_time_limit_s, limits.max_agents) == (7, 2.5, 20_000)


def test_each_setting_says_what_it_is_and_takes_its_own_default() -> None:
    for row in settings_table():
        assert row.help.endswith(".")
        Settings.from_env({row.variable: str(row.default)})


def test_a_manual_clock_stands_still_until_moved() -> None:
    clock = ManualClock(at_ms=1_000)
    clock.advance(500)
    assert (clock.now_ms(), clock.monotonic_s()) == (1_500, 1.5)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


def test_the_system_clock_goes_on() -> None:
    clock = SystemClock()
    first = clock.monotonic_s()
    assert clock.monotonic_s() >= first
    assert clock.now_ms() > 1_700_000_000_000
