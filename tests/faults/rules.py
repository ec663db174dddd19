"""May this agent take this task? Judged pair by pair from the documents, by none of the product's code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from assigner.domain.records import AgentRecord, TaskRecord

Doc = Mapping[str, Any]


def broken(task: TaskRecord, agent: AgentRecord, queue: Doc, at: int) -> Iterator[str]:
    """Each rule, with its facts, that an offer of a task to an agent at an instant breaks."""
    yield from _names(task, agent, at)
    yield from _skills(task, agent.doc, queue)
    channels, channel = agent.doc.get("channels"), task.doc.get("channel")
    if channel is not None and channels is not None and channel not in channels:
        yield f"wrong_channel: {channel} is not among {channels}"
    if agent.presence != "available":
        yield f"absent: {agent.presence}"
    if not _ms(agent.doc, "available_from", at) <= at <= _ms(agent.doc, "available_until", at + 1) - 1:
        yield "off_shift"


def _names(task: TaskRecord, agent: AgentRecord, at: int) -> Iterator[str]:
    if _ms(task.doc, "not_before", at) > at:
        yield "not_yet"
    by_hand = task.overrides
    pinned = by_hand.get("pinned_agent", {"value": task.doc.get("pinned_agent")})["value"]
    if pinned not in (None, agent.id):
        yield f"pinned_elsewhere: {pinned}"
    if agent.id in (*task.doc.get("excluded_agents", ()), *by_hand.get("excluded_agents", ())):
        yield "excluded"
    if task.cooling_down.get(agent.id, at) > at:
        yield f"cooling_down: until {task.cooling_down[agent.id]}"


def _skills(task: TaskRecord, agent: Doc, queue: Doc) -> Iterator[str]:
    held = agent.get("skills", {})
    asked = _relaxed(task.doc.get("skills", {}), queue, task.relaxed)
    if lacking := _lacking(asked, held):
        yield f"skill: asked {lacking}, held {held}"
    sets = [_relaxed(one, queue, task.relaxed) for one in task.doc.get("any_skills", ())]
    if sets and all(_lacking(one, held) for one in sets):
        yield f"any_skills: asked one of {sets}, held {held}"


def _lacking(asked: Mapping[str, int], held: Mapping[str, int]) -> dict[str, int]:
    return {skill: level for skill, level in asked.items() if held.get(skill, 0) < level}


def _relaxed(asked: Mapping[str, int], queue: Doc, applied: int) -> Mapping[str, int]:
    """What is asked after so many relaxation steps of the queue, the floor kept."""
    left, floor = dict(asked), queue.get("floor", {})
    for step in sorted(queue.get("relaxation", ()), key=lambda step: step["after_s"])[:applied]:
        for skill, level in left.items():
            to = 0 if skill in step.get("drop", ()) else min(level, step.get("skills", {}).get(skill, level))
            left[skill] = max(to, min(level, floor.get(skill, 0)))
    return left


def _ms(doc: Doc, name: str, default: int) -> int:
    return round(datetime.fromisoformat(doc[name]).timestamp() * 1000) if doc.get(name) else default
