"""What a snapshot holds, as tables for people: its tasks by queue, and its agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from assigner.cli.tables import AGENT, DIM, View, table

Record = Mapping[str, Any]

SHOWN_AGENTS = 6
SHOWN_SKILLS = 3


def sent(snapshot: Record, view: View) -> Iterator[RenderableType]:
    """A made-up snapshot for people."""
    now = datetime.fromisoformat(snapshot["now"])
    tasks, agents = snapshot["tasks"], snapshot["agents"]
    free = [agent for agent in agents if _is_free(agent, now)]
    facts = {"tasks": len(tasks), "agents": len(agents), "free": len(free), "room": sum(map(_room, free))}
    counts = {name: view.number(count) for name, count in facts.items()}
    headline = view.say("sent", now=now.strftime("%Y-%m-%d %H:%M"), **counts)
    yield Text(f"{headline}\n", style="bold")
    yield _queues(tasks, agents, now, view)
    yield _agents(agents, now, view)
    if left := len(agents) - SHOWN_AGENTS:
        yield Text(view.say("others", more=view.number(left)) + "\n", style=DIM)


def _queues(tasks: list[Record], agents: list[Record], now: datetime, view: View) -> Table:
    """The queues by their tasks: how many are late, how old the oldest is, and who has the queue's skill."""
    heads = [view.say(key) for key in ("tasks", "late", "oldest", "qualified", "free")]
    made = table(view.say("by_queue"), view.say("queue"), *heads, right=heads)
    for queue, count in Counter(task["queue"] for task in tasks).most_common():
        own = [task for task in tasks if task["queue"] == queue]
        late = sum(datetime.fromisoformat(task["due_at"]) < now for task in own)
        oldest = now - min(datetime.fromisoformat(task["created_at"]) for task in own)
        skilled = [agent for agent in agents if queue in agent["skills"]]
        free = sum(_is_free(agent, now) for agent in skilled)
        days = view.say("days", days=view.number(oldest.days))
        made.add_row(queue, *map(view.number, (count, late)), days, *map(view.number, (len(skilled), free)))
    return made


def _agents(agents: list[Record], now: datetime, view: View) -> Table:
    heads = [view.say(key) for key in ("agent", "presence", "room", "skills")]
    made = table(view.say("agents_sent"), *heads, right=heads[2:3])
    for agent in agents[:SHOWN_AGENTS]:
        state = view.say(_state(agent, now))
        made.add_row(
            Text(agent["id"], style=AGENT), state, view.number(_room(agent)), _skills(agent["skills"])
        )
    return made


def _state(agent: Record, now: datetime) -> str:
    """What the agent says, or off shift."""
    begin, end = (datetime.fromisoformat(agent[key]) for key in ("available_from", "available_until"))
    return str(agent["presence"]) if begin <= now < end else "off_shift"


def _is_free(agent: Record, now: datetime) -> bool:
    return _state(agent, now) == "available" and _room(agent) > 0


def _room(agent: Record) -> int:
    return max(0, int(agent["capacity"]) - int(agent["load"]))


def _skills(skills: Mapping[str, int]) -> str:
    """The skills with the highest levels, and how many more."""
    best = sorted(skills, key=lambda name: -skills[name])
    shown = ", ".join(f"{name} {skills[name]}" for name in best[:SHOWN_SKILLS])
    return shown + (f" + {len(best) - SHOWN_SKILLS}" if len(best) > SHOWN_SKILLS else "")
