"""What a client says is stored in one spelling, and comes back as it was meant."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.cursors import cursor, place
from api.documents import document, merge, read
from api.shapes import TaskPut
from assigner.domain.document import task_of
from assigner.domain.instant import to_ms
from assigner.domain.lifecycle import State
from assigner.domain.queue import DEFAULT
from assigner.domain.records import TaskRecord
from assigner.domain.task import Requirement
from tests.api_live.living import Living, code

NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=5)
IDS = st.from_regex(r"[!-~]{1,6}", fullmatch=True)
SKILLS = st.dictionaries(NAMES, st.integers(1, 10), max_size=3)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=ZONES).map(  # noqa: DTZ001
    lambda instant: instant.isoformat()
)
DOCS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "case": IDS,
        "queue": IDS,
        "category": NAMES,
        "tags": st.lists(NAMES, max_size=3),
        "skills": SKILLS,
        "any_skills": st.lists(SKILLS, max_size=2),
        "priority": st.one_of(st.integers(0, 100), st.sampled_from(["low", "medium", "high", "urgent"])),
        "due_at": INSTANTS,
        "not_before": st.one_of(st.none(), INSTANTS),
        "handle_s": st.floats(0.001, 1e6),
        "size": st.integers(1, 100),
        "cooling_down": st.dictionaries(IDS, INSTANTS, max_size=2),
        "attributes": st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    },
)


def stored(said: dict[str, Any]) -> dict[str, Any]:
    made, names = read(json.dumps(said).encode(), TaskPut)
    return document(made, names)


@given(DOCS)
def test_a_document_is_its_own_document(said: dict[str, Any]) -> None:
    """One spelling: what is stored, said again in whatever order, is stored the same."""
    once = stored(said)
    assert stored(once) == once
    assert json.dumps(stored(dict(reversed(said.items())))) == json.dumps(once)


@given(DOCS)
def test_instants_are_those_that_were_said(said: dict[str, Any]) -> None:
    once = stored(said)
    for name in ("due_at", "not_before"):
        if said.get(name) is None:
            assert name not in once
        else:
            assert to_ms(datetime.fromisoformat(once[name])) == to_ms(datetime.fromisoformat(said[name]))
            assert once[name].endswith("Z")


@given(DOCS)
def test_the_domain_understands_every_document(said: dict[str, Any]) -> None:
    record = TaskRecord(
        id="t", doc=stored(said), state=State.QUEUED, queue="q", size=1, version=1,
        created_at=0, queued_at=0, updated_at=0,
    )  # fmt: skip
    task = task_of(record, Requirement(), DEFAULT)
    words = {"low": 25, "medium": 50, "high": 75, "urgent": 95}
    priority = said.get("priority", 50)
    assert task.priority == words.get(priority, priority)
    assert task.handle_ms == round(said.get("handle_s", 600) * 1000)


@given(DOCS, DOCS)
def test_a_patch_says_what_becomes_of_each_field(old: dict[str, Any], patch: dict[str, Any]) -> None:
    """RFC 7396: what is named is replaced, null takes out, the rest stays; a second time changes nothing."""
    merged = merge(old, patch)
    assert merge(merged, patch) == merged
    for name in old.keys() | patch.keys():
        if name not in patch:
            assert merged[name] == old[name]
        elif patch[name] is None:
            assert name not in merged
        elif not isinstance(patch[name], dict):
            assert merged[name] == patch[name]


@given(st.integers(), IDS)
def test_a_cursor_leads_back_to_its_place(number: int, id: str) -> None:
    assert place("open", cursor("open", (number, id)), int, str) == (number, id)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=DOCS)
def test_what_was_said_comes_back(centre: Living, said: dict[str, Any]) -> None:
    """Made, read, and made again with the same content: 201, the fields as they were meant, 200."""
    id = centre.new("h")
    body = {"id": id, **said}
    assert centre.ask("POST", "/v1/tasks", body).status_code == 201
    got = centre.ask("GET", f"/v1/tasks/{id}").json()
    assert got.items() >= stored(said).items()
    assert centre.ask("POST", "/v1/tasks", body).status_code == 200


@pytest.mark.parametrize(
    ("before", "named"), [(b"\xef\xbb\xbf", "byte order mark"), (b"\x1f\x8b\x08\x00", "gzip")]
)
def test_what_is_not_json_is_named_where_it_can_be(centre: Living, before: bytes, named: str) -> None:
    told = centre.ask("POST", "/v1/tasks", before + b"{}")
    assert code(told) == (400, "malformed_json")
    assert named in told.json()["detail"]
