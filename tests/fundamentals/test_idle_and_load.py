"""Of equally good agents, the one who has waited longest or carries least goes first."""

from tests.fundamentals.asking import who

TASK = {"id": "INC-1"}


def test_the_longest_idle_goes_first() -> None:
    """The agent idle since earlier gets the task."""
    agents = [
        {"id": "ana", "idle_since": "2026-11-23T08:58:00+01:00"},
        {"id": "eva", "idle_since": "2026-11-23T08:00:00+01:00"},
    ]
    assert who(tasks=[TASK], agents=agents) == {"INC-1": "eva"}


def test_the_least_loaded_goes_first() -> None:
    """The agent with the larger share of capacity free gets the task."""
    agents = [{"id": "ana", "capacity": 4, "load": 3}, {"id": "eva", "capacity": 4, "load": 1}]
    assert who(tasks=[TASK], agents=agents) == {"INC-1": "eva"}


def test_the_faster_goes_first() -> None:
    """The agent whose own handling time for the category is shorter gets the task."""
    agents = [
        {"id": "ana", "handle_s": {"invoice": 1200}},
        {"id": "eva", "handle_s": {"invoice": 300}},
    ]
    assert who(tasks=[{**TASK, "category": "invoice"}], agents=agents) == {"INC-1": "eva"}


def test_weights_say_how_much_a_term_counts() -> None:
    """A term with weight 0 does not count: here the load decides, and the idle time does not."""
    agents = [
        {"id": "ana", "capacity": 4, "load": 3, "idle_since": "2026-11-22T09:00:00+01:00"},
        {"id": "eva", "capacity": 4},
    ]
    assert who(tasks=[TASK], agents=agents) == {"INC-1": "ana"}
    assert who(tasks=[TASK], agents=agents, policy={"weights": {"idle": 0}}) == {"INC-1": "eva"}
