"""What a preview says is what would come, and what is asked of one process is not hidden from another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api_live.living import code
from tests.api_live.overriding import Desk, desk


@pytest.fixture(scope="module")
def floor() -> Iterator[Desk]:
    with desk("memory") as it:
        yield it


def test_a_filter_that_finds_nothing_is_refused_whatever_the_action(floor: Desk) -> None:
    ana = floor.agent()
    refused = floor.tried("exclude", {"filter": {"tag": "nowhere"}}, agent=ana)
    assert code(refused) == (422, "no_targets")
    assert floor.override("drain", {"agent": ana})["touched"] == 0


def test_a_preview_of_what_would_all_be_refused_says_so(floor: Desk) -> None:
    task, ana = floor.task(floor.queue(), skills={"nobody": 1}), floor.agent()
    floor.override("hold", {"tasks": [task]})
    for action, target, more in (("hold", {"tasks": [task]}, {}),):
        preview = floor.tried(action, target, dry_run=True, partial=True, **more).json()
        assert (preview["would"], preview["touched"], preview["refused"]) == (False, 0, 1)
    floor.override("pin", {"tasks": [task]}, agent=ana)
    queue = floor.get(task)["queue"]
    preview = floor.tried("exclude", {"queue": queue}, agent=ana, dry_run=True, partial=True).json()
    assert (preview["would"], preview["refused"]) == (False, 1)
    assert code(floor.tried("exclude", {"queue": queue}, agent=ana, partial=True))[0] == 409


def test_a_preview_does_not_pass_for_what_its_key_was_used_for(floor: Desk) -> None:
    task = floor.task(floor.queue(), skills={"nobody": 1})
    body = {"action": "hold", "target": {"tasks": [task]}, "reason": "x"}
    assert floor.ask("POST", "/v1/overrides", body, Idempotency_Key="used").status_code == 201
    preview = floor.ask("POST", "/v1/overrides", {**body, "dry_run": True}, Idempotency_Key="used")
    assert code(preview) == (422, "op_reused")
