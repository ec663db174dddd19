"""An agent has a window of availability; work must begin inside it and end before it does."""

from tests.fundamentals.asking import who, why

TASK = {"id": "INC-1", "handle_s": 600}


def test_inside_the_window() -> None:
    """The window begins with `available_from`, and work that ends just when it ends still fits."""
    ana = {
        "id": "ana",
        "available_from": "2026-11-23T09:00:00+01:00",
        "available_until": "2026-11-23T09:10:00+01:00",
    }
    assert who(tasks=[TASK], agents=[ana]) == {"INC-1": "ana"}


def test_before_the_window() -> None:
    """Before the shift the agent is `off_shift`, and the answer says when to come back."""
    waiting = why(tasks=[TASK], agents=[{"id": "ana", "available_from": "2026-11-23T09:30:00+01:00"}])
    assert waiting["reason"] == "off_shift"
    assert waiting["unblock"] == {"kind": "wait_until", "agents": ["ana"], "at": "2026-11-23T08:30:00Z"}


def test_after_the_window() -> None:
    """At the instant the window ends, the agent is off shift."""
    waiting = why(tasks=[TASK], agents=[{"id": "ana", "available_until": "2026-11-23T09:00:00+01:00"}])
    assert waiting["reason"] == "off_shift"


def test_too_little_of_it_left() -> None:
    """A task that the agent could not finish in time is refused as `shift_too_short`."""
    ana = {"id": "ana", "available_until": "2026-11-23T09:09:59.999+01:00"}
    assert why(tasks=[TASK], agents=[ana])["reason"] == "shift_too_short"


def test_the_own_handling_time_counts() -> None:
    """An agent who is faster at this category may still finish."""
    task = {**TASK, "category": "invoice"}
    ana = {"id": "ana", "available_until": "2026-11-23T09:05:00+01:00", "handle_s": {"invoice": 300}}
    assert who(tasks=[task], agents=[ana]) == {"INC-1": "ana"}
