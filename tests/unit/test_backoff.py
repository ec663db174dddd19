"""Pauses after faults of our own."""

import pytest

from assigner.backoff import LONGEST_S, Backoff

FAULT = KeyError("skills")


def test_pauses_double_up_to_the_longest() -> None:
    backoff, now = Backoff(shortest_s=1.0), 1_000.0
    pauses = []
    for _ in range(7):
        pauses.append(backoff.failed(FAULT, "It failed", now))
        now += pauses[-1] + 1
    assert pauses == [1, 2, 4, 8, 16, LONGEST_S, LONGEST_S]


def test_after_a_long_calm_a_fault_is_a_new_one(caplog: pytest.LogCaptureFixture) -> None:
    backoff = Backoff(shortest_s=1.0)
    assert [backoff.failed(FAULT, "It failed", now) for now in (0, 1)] == [1, 2]
    assert backoff.failed(FAULT, "It failed", 3 + LONGEST_S) == 1
    assert len(caplog.records) == 2


def test_a_fault_is_told_of_once_and_another_one_too(caplog: pytest.LogCaptureFixture) -> None:
    backoff = Backoff(shortest_s=1.0)
    for now, fault in enumerate((FAULT, FAULT, ValueError("x"), ValueError("x"))):
        backoff.failed(fault, "It failed", now)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "KeyError: 'skills'" in caplog.text
    assert "ValueError: x" in caplog.text
