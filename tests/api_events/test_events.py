"""What the stream tells: CloudEvents, in order, as the API shows what has changed; by type and queue."""

from functools import partial
from typing import Any

import pytest

from api.events.out import TYPES
from tests.api_events.following import Follower, follow, hub_of
from tests.api_live.living import Living, faults


def test_an_event_is_a_cloud_event_with_the_task_as_the_api_shows_it(centre: Living) -> None:
    with follow(centre) as stream:
        task = centre.task(queue="billing", skills={"es": 3}, due_at="2026-11-23T18:00:00Z")
        event = stream.event()
        shown = centre.ask("GET", f"/v1/tasks/{task}").json()
        assert event == {
            "specversion": "1.0",
            "id": stream.last,
            "source": "/workspaces/default",
            "type": "task.enqueued",
            "subject": task,
            "time": "2026-11-22T11:00:00Z",
            "datacontenttype": "application/json",
            "actor": event["actor"],
            "queue": "billing",
            "data": shown,
        }


def test_an_event_has_what_its_queue_promises_told_now_or_again(centre: Living) -> None:
    """And again by the settings that hold then, as the API shows the task."""
    settings: Any = {"service_levels": [{"first_response_s": 60, "resolution_s": 3600}]}
    with follow(centre) as stream:
        centre.ask("PUT", "/v1/queues/q-promises", settings)
        task = centre.task(queue="q-promises")
        put, made = stream.events(2)
        shown = centre.ask("GET", f"/v1/tasks/{task}").json()
        assert made["data"] == shown
        assert (shown["respond_by"], shown["due_at"]) == ("2026-11-22T11:01:00Z", "2026-11-22T12:00:00Z")
    settings["service_levels"][0]["resolution_s"] = 7200
    centre.ask("PUT", "/v1/queues/q-promises", settings)
    assert centre.store.loop
    centre.store.loop.call_soon_threadsafe(hub_of(centre).forget)
    with follow(centre, Last_Event_ID=put["id"]) as stream:
        assert stream.event()["data"] == {**shown, "due_at": "2026-11-22T13:00:00Z"}


def test_an_offer_is_told_with_its_task(centre: Living) -> None:
    task, agent = centre.task(), centre.agent()
    with follow(centre) as stream:
        offer = centre.offer(task, agent)
        event = stream.event()
        assert event["type"] == "task.offered"
        assert (event["data"]["state"], event["data"]["offer"]) == ("offered", offer)
        assert event["data"]["offer_record"] == centre.ask("GET", f"/v1/offers/{offer}").json()


def test_a_reason_is_an_attribute_without_what_an_attribute_must_not_have(centre: Living) -> None:
    task = centre.task()
    with follow(centre) as stream:
        centre.ask("POST", f"/v1/tasks/{task}/hold", {"reason": "line one\nline two\u0085\ufffe <b>"})
        event = stream.event()
        assert event["reason"] == "line one line two   <b>"
        assert event["data"]["hold_reason"] == "line one\nline two\u0085\ufffe <b>"


def test_agents_and_queues_are_told_too(centre: Living) -> None:
    with follow(centre) as stream:
        agent = centre.agent(skills={"es": 2})
        made = stream.event()
        assert made["data"] == centre.ask("GET", f"/v1/agents/{agent}").json()
        centre.ask("PUT", f"/v1/agents/{agent}/presence", {"presence": "away"})
        centre.ask("DELETE", f"/v1/agents/{agent}")
        centre.ask("PUT", "/v1/queues/q-told", {"offer_ttl_s": 30})
        assert stream.told(2) == [("agent.presence_set", agent), ("agent.removed", agent)]
        queue = stream.event()
        assert (queue["type"], queue["subject"], queue["queue"]) == ("queue.put", "q-told", "q-told")
        assert queue["data"] == centre.ask("GET", "/v1/queues/q-told").json()


def test_everything_that_happens_to_a_task_is_told_in_order(centre: Living) -> None:
    """Its versions go up by one, whatever happens to others at the same time."""
    with follow(centre) as stream:
        tasks = [centre.task() for _ in range(20)]
        why = {"reason": "x"}
        for verb, body in (("hold", why), ("resume", {}), ("cancel", why)):
            ask = partial(centre.ask, "POST", body=body)
            list(centre.service.threads.map(ask, [f"/v1/tasks/{task}/{verb}" for task in tasks]))
        versions: dict[str, list[int]] = {}
        for event in stream.events(20 * 4):
            versions.setdefault(event["subject"], []).append(event["data"]["version"])
        assert versions == {task: [1, 2, 3, 4] for task in tasks}


def test_who_hears_of_a_change_finds_it_in_the_lists(centre: Living) -> None:
    with follow(centre, "queue=found") as stream:
        for _ in range(20):
            task = centre.task(queue="found")
            assert stream.event()["subject"] == task
            listed = centre.ask("GET", "/v1/tasks?queue=found&limit=1000").json()["items"]
            assert task in [item["id"] for item in listed]


def test_only_the_types_that_were_asked_for(centre: Living) -> None:
    with follow(centre, "type=task.cancelled,agent.*") as stream:
        task, agent = centre.task(), centre.agent()
        centre.ask("POST", f"/v1/tasks/{task}/cancel", {"reason": "x"})
        assert stream.told(2) == [("agent.put", agent), ("task.cancelled", task)]


def test_only_the_queues_that_were_asked_for(centre: Living) -> None:
    with follow(centre, "queue=left,other") as stream:
        centre.task(queue="neither")
        left, other, agent = centre.task(queue="left"), centre.task(queue="other"), centre.agent()
        centre.ask("PUT", "/v1/queues/other", {})
        assert stream.told(3) == [("task.enqueued", left), ("task.enqueued", other), ("queue.put", "other")]
        assert agent


@pytest.mark.parametrize("verb", ["transfer", "patch", "put"])
def test_a_queue_is_told_that_a_task_has_left_it(centre: Living, verb: str) -> None:
    task = centre.task(queue="here")
    with follow(centre, "queue=here") as stream:
        if verb == "transfer":
            centre.ask("POST", f"/v1/tasks/{task}/transfer", {"queue": "there"})
        else:
            centre.ask(verb.upper(), f"/v1/tasks/{task}", {"queue": "there"})
        event = stream.event()
        assert (event["subject"], event["queue"], event["data"]["queue"]) == (task, "there", "there")


def test_every_fault_of_a_filter_is_told_at_once(centre: Living) -> None:
    asked = "/v1/events?type=task.complete,key.put,agent.*&queue=ok,b%20ad&last_event_id=yesterday&since=1"
    refused = centre.ask("GET", asked)
    assert faults(refused) == [
        ("/query/type", "unknown_value"),
        ("/query/type", "unknown_value"),
        ("/query/queue", "bad_id"),
        ("/query/last_event_id", "bad_event_id"),
        ("/query/since", "bad_instant"),
    ]
    first = refused.json()["errors"][0]["detail"]
    assert "Maybe task.completed." in first
    assert all(type in first for type in TYPES)


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("type=", ("/query/type", "unknown_value")),
        ("type=*", ("/query/type", "unknown_value")),
        ("queue=" + ",".join(map(str, range(101))), ("/query/queue", "too_long")),
        ("type=" + ",".join(map(str, range(101))), ("/query/type", "too_long")),
        ("last_event_id=99999999999999999999-0", ("/query/last_event_id", "bad_event_id")),
        ("since=yesterday", ("/query/since", "bad_instant")),
        ("since=2026-11-22T11:00:00", ("/query/since", "naive_instant")),
        ("types=task.put", ("/query/types", "unknown_field")),
    ],
)
def test_a_filter_that_is_none_is_refused(centre: Living, query: str, fault: tuple[str, str]) -> None:
    assert faults(centre.ask("GET", f"/v1/events?{query}")) == [fault]


def test_proxies_are_told_to_pass_everything_on(centre: Living) -> None:
    with follow(centre) as stream:
        headers = stream.response.headers
        assert headers["Content-Type"].startswith("text/event-stream")
        assert headers["X-Accel-Buffering"] == "no"
        assert set(headers.get_all("Cache-Control") or []) == {"no-store", "no-transform"}


def test_the_head_of_a_stream_ends(centre: Living) -> None:
    head = centre.ask("HEAD", "/v1/events")
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


def test_a_stream_begins_with_when_to_come_back_and_says_when_that_is_all(centre: Living) -> None:
    """The id that it says then can be gone on from, though nothing was told."""
    stream = Follower(centre.service.address)
    assert stream.block() == {"retry": "2000"}
    assert stream.block() == {"": "That is all so far.", "id": stream.last}
    stream.leave()
    task = centre.task()
    with follow(centre, Last_Event_ID=stream.last) as again:
        assert again.told(1) == [("task.enqueued", task)]
        assert again.block() == {"": "That is all so far.", "id": again.last}
