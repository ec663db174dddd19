"""How long agents have worked on what they completed, and how long they are expected to take from then on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from assigner.dispatch.entries import AgentEntry
from assigner.domain.agent import Agent
from assigner.domain.calendar import Window
from assigner.domain.expected import Times
from assigner.domain.handling import Handling
from assigner.domain.records import Event


def take_in_completion(handling: Handling, agents: Mapping[str, AgentEntry], event: Event) -> None:
    """Learn from a completion: the time since the agent began, else took the task, without that in which they
    were not at work. What was begun or completed while they were off shift says nothing, nor does a task
    without a category.
    """
    task = event.task
    if event.type != "task.completed" or task is None or task.agent is None:
        return
    category, entry = task.doc.get("category"), agents.get(task.agent)
    began = task.assigned_at if task.started_at is None else task.started_at
    if category is None or entry is None or began is None:
        return
    ms = worked(entry.windows, entry.breaks, began, event.at)
    if ms is not None:
        handling.observe(category, task.agent, ms, event.id)


def worked(windows: Iterable[Window], breaks: Iterable[Window], begins: int, ends: int) -> int | None:
    """Milliseconds between two instants inside the windows and outside the breaks; None where one of the two
    is in no window.
    """
    shifts = list(windows)
    if not all(any(_reaches(shift, at) for shift in shifts) for at in (begins, ends)):
        return None
    return shared(shifts, breaks, begins, ends)


def shared(windows: Iterable[Window], breaks: Iterable[Window], begins: int, ends: int) -> int:
    """Milliseconds between two instants inside the windows and outside the breaks."""
    pauses = sum(_shared(pause, begins, ends) for pause in breaks)
    return sum(_shared(shift, begins, ends) for shift in windows) - pauses


def expecting(said: Agent, handling: Handling) -> Agent:
    """An agent as the client said, with what is learned of their handling times."""
    return replace(said, handle_ms=Times(handling, said.id, said.handle_ms))


def narrowed(agent: Agent, categories: Iterable[str]) -> Agent:
    """An agent with the times of these categories alone, as what was learned is now."""
    times = agent.handle_ms
    if not isinstance(times, Times):
        return agent
    found = {category: times.ms(category) for category in categories}
    handle_ms = {category: ms for category, ms in found.items() if ms is not None}
    return replace(agent, handle_ms=handle_ms)


def _reaches(window: Window, at: int) -> bool:
    """Whether an instant is in a window, or its end."""
    return window.holds(at) or window.ends == at


def _shared(window: Window, begins: int, ends: int) -> int:
    first = begins if window.begins is None else max(begins, window.begins)
    last = ends if window.ends is None else min(ends, window.ends)
    return max(0, last - first)
