"""YAML that means what it looks like, and says where it does not."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from assigner.cli.centre.text import flow, text
from assigner.cli.centre.yaml import MOST_LEVELS, Loaded, load, plain

ODD = (
    "no y NO on null ~ 08:00 007 1e3 0x1f 2026-11-23 << - = # *a &a !a @ ` ? "
    "x: x#y a\tb \x85 \u2028 \x7f \ufeff"
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(ODD.split(" "))
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
DOCS = st.dictionaries(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=3), max_size=3)


def read(said: str) -> Loaded:
    return load(said.encode(), "f.yaml", "en")


def data(said: str) -> Any:
    loaded = read(said)
    assert loaded.mistakes == []
    return loaded.data


def complaint(said: str) -> str:
    """The one thing that is wrong."""
    [mistake] = read(said).mistakes
    return mistake.told()


@given(DOCS)
def test_what_is_written_is_read(agents: dict[str, Any]) -> None:
    """Whatever a centre holds, and by a reader of YAML 1.1 too, to whom `no` and `08:00` are no texts."""
    written = text({"agents": agents})
    assert load(written, "f", "en").mistakes == []
    assert load(written, "f", "en").data == {"agents": agents}
    assert yaml.safe_load(written) == {"agents": agents}


@given(VALUES)
def test_json_is_read_as_json_is(value: Any) -> None:
    said = json.dumps({"x": value})
    assume("\\ud" not in said)  # half a character is none in YAML
    assert data(said) == {"x": value}


def test_a_key_too_long_to_stand_alone() -> None:
    attributes = {"attributes": {"k" * 4_000: 1}}
    assert load(text({"tasks": {"t": attributes}}), "f", "en").data == {"tasks": {"t": attributes}}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("ON", "ON"),
        ("True", "True"),
        ("true", True),
        ("", None),
        ("~", None),
        ("null", None),
        ("08:00", "08:00"),
        ("12:30:45", "12:30:45"),
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23T09:00:00+01:00", "2026-11-23T09:00:00+01:00"),
        ("007", "007"),
        ("0x1f", "0x1f"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".5", ".5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("12", 12),
        ("-3", -3),
        ("1.5e3", 1500.0),
        ("9" * 30, 1e30),
        ("'12'", "12"),
        ('"true"', "true"),
        ("|-\n  12", "12"),
    ],
)
def test_without_quotes_only_what_json_reads_so_is_no_text(written: str, meant: Any) -> None:
    found = data(f"x: {written}\n")["x"]
    assert found == meant
    assert type(found) is type(meant)


@given(st.text(st.sampled_from("0123456789.eE+-xtrufalsn~_:"), max_size=6))
def test_a_number_is_a_number_of_json(said: str) -> None:
    found = plain(said)
    assert isinstance(found, str) or said in ("", "~") or json.loads(said) == found


def test_a_key_is_always_a_text() -> None:
    assert data("{no: 1, 12: 2, 1.50: 3, 08:00: 4, null: 5, ~: 6}") == {
        "no": 1, "12": 2, "1.50": 3, "08:00": 4, "null": 5, "~": 6,
    }  # fmt: skip


def test_anchors_aliases_and_merges() -> None:
    said = """
x-a: &a {p: 1, q: 1}
x-b: &b {q: 2, r: 2}
one: {<<: *a, q: 3}
two: {<<: [*a, *b]}
three: {"<<": 1, s: *a}
four: {<<: {p: 9}, <<: *b}
"""
    found = data(said)
    assert found["one"] == {"p": 1, "q": 3}
    assert found["two"] == {"p": 1, "q": 1, "r": 2}
    assert found["three"] == {"<<": 1, "s": {"p": 1, "q": 1}}
    assert found["four"] == {"p": 9, "q": 2, "r": 2}


def test_the_line_of_everything() -> None:
    loaded = read(
        "a:\n  b:\n    - 1\n    - c: 2\n      d: 3\n  e: {f: 4,\n    g: 5}\nh: &h\n  i: 1\n"
        "j: {<<: *h,\n  k: 2}"
    )
    places = {
        "a": 1, "a/b": 2, "a/b/0": 3, "a/b/1": 4, "a/b/1/d": 5, "a/e": 6, "a/e/f": 6, "a/e/g": 7, "h/i": 9,
        "j": 10, "j/k": 11, "j/i": 9, "a/b/7": 2, "a/x/y": 1, "z": 1, "a/e/f/x": 6,
    }  # fmt: skip
    assert {path: loaded.line(path.split("/")) for path in places} == places


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3: /a: 'a' is there twice; first on line 1."),
        ("a: {b: [{c: 1, c: 2}]}", "f.yaml:1: /a/b/0/c: 'c' is there twice; first on line 1."),
        ("a/b: !!int '3'", "f.yaml:1: /a~1b: The tag tag:yaml.org,2002:int means nothing here; text goes in"),
        ("a: !x [1]", "f.yaml:1: /a: The tag !x means nothing here"),
        ("a: 1\n---\nb: 2", "f.yaml:2: A second document begins here"),
        ("a:\n  b: *c", "f.yaml:2: /a/b: There is no anchor 'c' above."),
        ("a: &a\n  b: *a", "f.yaml:2: /a/b: There is no anchor 'a' above."),
        ("? [a]\n: 1", "f.yaml:1: A key has to be a text."),
        ("a:\n  <<: 3", "f.yaml:2: /a/<<: '<<' takes an object"),
        ("a:\n  <<: [3]", "f.yaml:2: /a/<<: '<<' takes an object"),
        ("a: 1\nb: {c: 2\nd: 3", "It is not YAML: did not find expected ',' or '}'."),
        ("a: 1\nb: \tx\n  c: 2", "f.yaml:3: It is not YAML"),
        ("a: 1\nb: x\x00", "f.yaml:2: It is not YAML: control characters are not allowed."),
        ('a: "\\ud800"', "It is not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(said: str, told: str) -> None:
    assert told in complaint(said)


def test_other_encodings_are_told() -> None:
    [mistake] = load("a: 1\nñ: 2".encode("latin-1"), "f.yaml", "es").mistakes
    assert mistake.told() == "f.yaml:2: Desde aquí no está en UTF-8."
    assert load(b"\xef\xbb\xbfa: 1", "f", "en").data == {"a": 1}


def test_a_few_lines_do_not_become_billions() -> None:
    lists = ["x0: &x0 [1]", *(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 20))]
    assert "Aliases bring in more than 5,000,000 values." in complaint("\n".join(lists))
    merges = ["x0: &x0 {k: 1}", *(f"x{i}: &x{i} {{a: *x{i - 1}, b: *x{i - 1}}}" for i in range(1, 30))]
    assert "Aliases bring in more than 5,000,000 values." in complaint("\n".join(merges))


def test_depth_has_a_bound_by_aliases_too() -> None:
    assert f"more than {MOST_LEVELS} levels" in complaint("[" * 100_000)
    chain = ["x0: &x0 [1]", *(f"x{i}: &x{i} [*x{i - 1}]" for i in range(1, 50))]
    assert f"more than {MOST_LEVELS} levels" in complaint("\n".join(chain))
    flat = "[" * (MOST_LEVELS - 1) + "1" + "]" * (MOST_LEVELS - 1)
    assert flow(data(f"x: {flat}")["x"]) == flat
