"""An agent serves channels, and a task comes by one."""

from tests.fundamentals.asking import who, why

EMAIL = {"id": "INC-1", "channel": "email"}


def test_an_agent_of_the_channel_takes_the_task() -> None:
    """A task goes to an agent who serves its channel."""
    agents = [{"id": "ana", "channels": ["case"]}, {"id": "eva", "channels": ["case", "email"]}]
    assert who(tasks=[EMAIL], agents=agents) == {"INC-1": "eva"}


def test_no_channels_given_serves_them_all() -> None:
    """An agent without `channels` serves every channel; one with none in the list serves none."""
    assert who(tasks=[EMAIL], agents=[{"id": "ana"}]) == {"INC-1": "ana"}
    assert why(tasks=[EMAIL], agents=[{"id": "ana", "channels": []}])["reason"] == "wrong_channel"


def test_a_task_without_a_channel_goes_to_anybody() -> None:
    """A task that names no channel may go to an agent of any."""
    assert who(tasks=[{"id": "INC-1"}], agents=[{"id": "ana", "channels": ["case"]}]) == {"INC-1": "ana"}
