"""Requests that something broke: each is answered or refused, and never fails."""

import json
from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from api.errors import ERRORS, FAULTS, ApiError
from api.faults import find
from api.parse import _clean
from api.schemas import AssignRequest
from tests.fundamentals.asking import send
from tests.unit.test_over_time import worlds
from tests.unit.worlds import requests

Json = dict[str, Any]

often = settings(max_examples=500, deadline=None, derandomize=True)
JUNK = st.sampled_from(
    (
        None,
        True,
        False,
        0,
        -0.0,
        1.0,
        1.5,
        -1,
        70.0,
        10**30,
        1e30,
        2**63,
        "",
        "70",
        "t0",
        "ana",
        "a b",
        "ñ",
        "\x00",
        "x" * 129,
        "2026-11-23T09:00:00",
        "2026-11-23T09:00:00Z",
        "9999-12-31T23:59:59-23:59",
        [],
        [None],
        ["ana"],
        [{}],
        {},
        {"id": "t0"},
        {"a": 1},
        {"ana": "0001-01-01T00:00:00Z"},
        [[[[]]]],
    )
)
KEYS = st.sampled_from(("id", "skills", "pririty", "a/b~c", "", "ana", "pinned_agent", "size", "a\n", "é"))


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a value."""
    if not isinstance(value, dict | list):
        return []
    inside = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, key) for key, _ in inside] + [place for _, inner in inside for place in places(inner)]


@st.composite
def broken(draw: st.DrawFn) -> Json:
    """A good request in which up to three values were replaced, added, removed or doubled."""
    request = deepcopy(draw(requests(mixed=True, most=2) | worlds(mixed=True, most=2)))
    for _ in range(draw(st.integers(0, 3))):
        found = places(request)
        container, key = found[draw(st.integers(0, len(found) - 1))]
        match draw(st.sampled_from(("replace", "replace", "remove", "add", "double"))):
            case "replace":
                container[key] = deepcopy(draw(JUNK))
            case "remove":
                del container[key]
            case "add" if isinstance(container, dict):
                container[draw(KEYS)] = deepcopy(draw(JUNK))
            case "double" if isinstance(container, list):
                container.append(deepcopy(container[key]))
            case _:
                pass
        if not request:
            break
    return request


def understood(body: Json) -> AssignRequest | None:
    """What the walk makes of a body; None where it finds faults."""
    try:
        return msgspec.convert(find(body, AssignRequest), AssignRequest)
    except ApiError:
        return None


def understood_at_once(body: Json) -> AssignRequest | None:
    """What the fast road makes of a body; None where it leaves it to the walk."""
    try:
        request = msgspec.convert(body, AssignRequest)
    except msgspec.ValidationError:
        return None
    return request if _clean(request) else None


@often
@given(broken())
def test_a_broken_request_is_answered_or_refused(request: Json) -> None:
    """Any request gives 200, or a problem of the table whose faults are of the table; never an exception."""
    status, found = send(json.dumps(request).encode())
    if status != 200:
        assert status == ERRORS[found["code"]].status
        assert found["code"] == "invalid_request"
        assert {fault["code"] for fault in found["errors"]} <= FAULTS.keys()
        for fault in found["errors"]:
            assert fault["code"] in ("missing", "unknown_field") or resolves(fault["pointer"], request)


def resolves(pointer: str, body: Any) -> bool:
    """Whether a JSON Pointer leads somewhere in a body."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        try:
            body = body[int(key) if isinstance(body, list) else key]
        except (KeyError, IndexError, ValueError):
            return False
    return True


@often
@given(broken())
def test_both_roads_accept_the_same(request: Json) -> None:
    """What the fast road accepts the walk reads alike; what the walk finds no fault in decodes."""
    fast, slow = understood_at_once(deepcopy(request)), understood(deepcopy(request))
    assert fast is None or fast == slow


@often
@given(st.data())
def test_broken_bytes_are_answered_or_refused(data: st.DataObject) -> None:
    """A body with bytes replaced, cut out or put in gives 200 or a problem of the table."""
    body = bytearray(json.dumps(data.draw(requests(mixed=True, most=1))).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(body)))
        length = data.draw(st.sampled_from((0, 0, 1, 1, 2, 9)))
        body[start : start + length] = data.draw(st.binary(max_size=2) | st.sampled_from((b'"', b"}", b"1")))
    status, found = send(bytes(body))
    assert status == (200 if "solution" in found else ERRORS[found["code"]].status)
    assert status in (200, 400, 422)
