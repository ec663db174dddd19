"""What is not JSON is 400 `malformed_json`: cut off, badly encoded, ambiguous, or nested beyond reason."""

import json

import pytest

from tests.contract.refusing import malformed, problem
from tests.fundamentals.asking import send

SMALL = json.dumps(
    {
        "now": "2026-11-23T09:00:00+01:00",
        "tasks": [
            {
                "id": "t",
                "skills": {"sap": 3},
                "priority": 7.5e1,
                "tags": ["ñ", "\\\U0001f600"],
                "due_at": None,
            },
            {"id": "u", "attributes": {"deep": [[-1.0e-3, True, False, {}]]}},
        ],
        "agents": [{"id": "a", "skills": {"sap": 10}, "handle_s": {"invoice": 700}}],
    },
    ensure_ascii=False,
).encode()


def test_the_small_body_itself_is_fine() -> None:
    """What the cuts below are made from is a good request."""
    assert send(SMALL)[0] == 200


@pytest.mark.parametrize("first", range(0, len(SMALL), 40))
def test_cut_off_at_every_byte(first: int) -> None:
    """A body that was cut off anywhere is not JSON."""
    for length in range(first, min(first + 40, len(SMALL))):
        malformed(SMALL[:length])


def test_the_tail_alone_is_not_json() -> None:
    """A body that lost its beginning is not JSON either."""
    for start in range(1, len(SMALL), 7):
        malformed(SMALL[start:])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\x00",
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"{} x",
        b"{}\x00",
        b"{'seed': 0}",
        b'{"seed": 0,}',
        b'{"tasks": [],,}',
        b'{"tasks": [1,]}',
        b'{"seed": 00}',
        b'{"seed": +1}',
        b'{"seed": .5}',
        b'{"seed": 1.}',
        b'{"seed": 0x10}',
        b'{"seed": 1_000}',
        b'{"seed": 1e}',
        b'{"seed": tru}',
        b'{"explain": "none\n"}',
        b'{"explain": "\\x41"}',
        b"// none\n{}",
        b"NaN",
        b'{"seed": NaN}',
        b'{"seed": Infinity}',
        b'{"seed": -Infinity}',
        b'{"tasks": [{"id": "t", "attributes": {"a": NaN}}]}',
        b'{"tasks": [{"id": "t", "attributes": {"a": [-Infinity]}}]}',
        b'{"x": NaN}',
    ],
)
def test_what_is_not_json(body: bytes) -> None:
    """Nothing, two documents, comments, loose commas, NaN and infinities are not JSON."""
    malformed(body)


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"\xc3",
        b"\xc3(",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe9",
        b"\\ud800",
        b"\\udc00\\ud800",
        b"\\ud800\\u0041",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b'{"tasks": [{"id": "t", "category": "#"}]}',
        b'{"tasks": [{"id": "t", "attributes": {"a": "#"}}]}',
        b'{"tasks": [{"id": "t", "attributes": {"#": 1}}]}',
        b'{"#": 1}',
    ],
)
def test_what_is_not_utf_8(body: bytes, text: bytes) -> None:
    """Bytes that are not UTF-8, and halves of surrogate pairs, are refused wherever they stand."""
    malformed(body.replace(b"#", text))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings(encoding: str) -> None:
    """JSON in another encoding is not UTF-8."""
    malformed('{"seed": 0}'.encode(encoding))


@pytest.mark.parametrize(
    "body",
    [
        b'{"seed": 1, "seed": 1}',
        b'{"seed": 1, "se\\u0065d": 1}',
        b'{"tasks": [{"id": "t", "id": "t"}]}',
        b'{"agents": [{"id": "a", "skills": {"sap": 1, "sap": 2}}]}',
        b'{"tasks": [{"id": "t", "attributes": {"a": {"b": 1, "c": 2, "b": 3}}}]}',
        b'{"tasks": [{"id": "t", "attributes": {"": 1, "": 1}}]}',
        b'{"x": {"y": 1, "y": 1}}',
    ],
)
def test_duplicate_keys(body: bytes) -> None:
    """An object with the same key twice means two things, so it is refused, wherever it stands."""
    assert "uplicate" in malformed(body)["detail"]


def nested(place: str, levels: int) -> bytes:
    """A body with lists in lists, so many levels deep in all."""
    outer = place.count("[") + place.count("{")
    inside = levels - outer
    return place.replace("#", "[" * inside + "]" * inside).encode()


ATTRIBUTES = '{"tasks": [{"id": "t", "attributes": {"a": #}}]}'
UNKNOWN = '{"tasks": [{"id": "t", "what": {"a": #}}]}'
PLACES = [ATTRIBUTES, UNKNOWN, '{"x": #}', '{"tasks": #}', '{"agents": [{"id": "a", "skills": #}]}', "#"]


@pytest.mark.parametrize("place", PLACES)
def test_nested_33_levels(place: str) -> None:
    """A body 32 levels deep is read; one of 33 is refused, and so is one of 100,000."""
    status, found = send(nested(place, 32))
    assert status == (200 if place == ATTRIBUTES else 422), found
    for levels in (33, 34, 100, 199, 200, 201, 1000, 100_000):
        malformed(nested(place, levels))
        malformed(nested(place, levels).replace(b"]", b""))


def test_nested_objects() -> None:
    """Objects count as levels like lists."""
    for levels, status in ((28, 200), (29, 400), (50_000, 400)):
        inside = '{"a":' * (levels - 1) + "{}" + "}" * (levels - 1)
        assert send(ATTRIBUTES.replace("#", inside).encode())[0] == status


def test_brackets_in_a_text_are_no_levels() -> None:
    """What looks like nesting inside a text is text."""
    assert send(ATTRIBUTES.replace("#", json.dumps("[" * 1000 + "{" * 1000)).encode())[0] == 200


def test_many_lists_side_by_side_are_not_deep() -> None:
    """Breadth is not depth."""
    assert send(ATTRIBUTES.replace("#", "[" + ",".join(["[]"] * 1000) + "]").encode())[0] == 200


def test_a_syntax_error_wins_over_faults() -> None:
    """What is not JSON has no faults of content."""
    found = problem(b'{"seed": -1, "taks": [}')
    assert found["code"] == "malformed_json"
    assert "errors" not in found
    assert "line 1 column" in found["detail"]


@pytest.mark.parametrize(
    ("before", "named"), [(b"\xef\xbb\xbf", "byte order mark"), (b"\x1f\x8b\x08", "gzip")]
)
def test_what_is_not_json_is_named_where_it_can_be(before: bytes, named: str) -> None:
    assert named in malformed(before + b"{}")["detail"]
