"""An agent who declined a task is not asked again before an instant."""

from tests.fundamentals.asking import who, why


def test_not_asked_again_yet() -> None:
    """While an agent is cooling down the task goes to another, or waits and says until when."""
    task = {"id": "INC-1", "cooling_down": {"ana": "2026-11-23T09:05:00+01:00"}}
    assert who(tasks=[task], agents=[{"id": "ana"}, {"id": "eva"}]) == {"INC-1": "eva"}
    waiting = why(tasks=[task], agents=[{"id": "ana"}])
    assert waiting["reason"] == "cooling_down"
    assert waiting["unblock"] == {"kind": "wait_until", "agents": ["ana"], "at": "2026-11-23T08:05:00Z"}


def test_asked_again_afterwards() -> None:
    """From the instant named the agent may get it again."""
    task = {"id": "INC-1", "cooling_down": {"ana": "2026-11-23T09:00:00+01:00"}}
    assert who(tasks=[task], agents=[{"id": "ana"}]) == {"INC-1": "ana"}
