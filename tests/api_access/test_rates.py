"""How often a caller may ask: each key its own, told in headers, and 429 above."""

import re
from math import ceil

import httpx
import pytest

from api.access.rates import MOST_KEPT, Bucket, Rates
from assigner.domain.access import Role
from tests.api_access.keyed import keyed
from tests.api_live.living import code

STATS = "/v1/stats"


def left(answer: httpx.Response) -> tuple[int, int]:
    """(r, t) of the RateLimit header."""
    found = re.fullmatch(r'"key";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    assert found
    return int(found[1]), int(found[2])


def test_above_its_rate_a_key_is_told_to_wait_and_others_are_not() -> None:
    with keyed(rate_limit=5) as doors:
        key, other = doors.north.keys[Role.SRE], doors.north.keys[Role.PLATFORM]
        answers = [doors.ask(key, "GET", STATS) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 5
        assert [left(answer) for answer in answers] == [(4, 1), (3, 1), (2, 1), (1, 1), (0, 1)]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"key";q=5;w=1'}
        refused = doors.ask(key, "GET", STATS)
        assert code(refused) == (429, "rate_limited")
        assert (refused.headers["Retry-After"], left(refused)) == ("1", (0, 1))
        assert doors.ask(other, "GET", STATS).status_code == 200
        assert doors.ask(None, "GET", "/livez").status_code == 200
        doors.clock.advance(200)
        assert [doors.ask(key, "GET", STATS).status_code for _ in range(2)] == [200, 429]
        told = doors.ask(doors.north.keys[Role.ADMIN], "GET", "/metrics").text
        assert "assigner_rate_limited_total 2.0" in told


def test_a_key_has_its_own_rate() -> None:
    with keyed(rate_limit=100) as doors:
        _, slow = doors.key(Role.SRE, rate=0.5)
        first, second = (doors.ask(slow, "GET", STATS) for _ in range(2))
        assert (first.status_code, second.status_code) == (200, 429)
        assert first.headers["RateLimit-Policy"] == '"key";q=1;w=2'
        assert second.headers["Retry-After"] == "2"
        doors.clock.advance(2_000)
        assert doors.ask(slow, "GET", STATS).status_code == 200


@pytest.mark.parametrize("rate", [0.01, 0.3, 1, 2.5, 1_000, 1_000_000])
def test_what_the_policy_says_is_kept(rate: float) -> None:
    """In any window no more than it says goes through after the first, and all of it does."""
    bucket = Bucket(rate, 0.0)
    quota, window_s = map(int, re.findall(rb"[qw]=(\d+)", bucket.headers()[1][1]))
    assert sum(not bucket.take(0.0) for _ in range(quota + 3)) == quota
    wait_s = bucket.take(0.0)
    assert 0 < wait_s <= window_s
    assert not bucket.take(wait_s + 1e-6)
    assert bucket.full(wait_s + ceil(quota / rate) + 1)


def test_time_that_goes_back_gives_nothing() -> None:
    bucket = Bucket(1, 100.0)
    assert not bucket.take(100.0)
    assert bucket.take(50.0) == 1.0


def test_callers_who_are_gone_are_forgotten() -> None:
    rates = Rates(1.0)
    for n in range(MOST_KEPT):
        rates.bucket(f"c{n}", None, 0.0).take(0.0)
    rates.bucket("busy", None, 100.0).take(100.0)
    rates.bucket("new", None, 100.0)
    assert rates.bucket("busy", None, 100.0).take(100.0) > 0
