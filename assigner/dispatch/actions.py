"""What a coordinator may decide by hand: the one table of the actions of overrides."""

from __future__ import annotations

from dataclasses import dataclass

from assigner.domain.lifecycle import OPEN_STATES, TRANSITIONS, State

TARGETS = ("tasks", "filter", "agent", "queue")
"""What an override may be about: tasks by their ids or by a filter; an agent, or what they have; a queue."""
SOME = ("tasks", "filter", "agent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One row of ACTIONS.

    It is about one of `targets`. Of its parameters it `needs` some, needs one at least of `either`, and
    `takes` others; any that is not named is refused. `verb` is the verb of its steps, one for each task, and
    `undo` the verb that takes one back: None where nothing does. One that is `standing` for its target holds
    of the queue or the agent as long as it is active, and `slot` names what there is one of at a time.
    """

    name: str
    meaning: str
    targets: tuple[str, ...] = SOME
    needs: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    verb: str | None = None
    undo: str | None = None
    standing: tuple[str, ...] = ()
    """For which targets it is."""
    slot: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """All that it takes."""
        return (*self.needs, *self.either, *self.takes)

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the tasks that it can be done to."""
        return TRANSITIONS[self.verb].sources if self.verb in TRANSITIONS else OPEN_STATES


ACTIONS: dict[str, Action] = {
    row.name: row
    for row in (
        Action(
            name="assign",
            meaning="The agent has the tasks at once; with `force` also one who has no room, is not there, "
            "is being drained or is excluded: what they have no room for, or are not there for, is counted.",
            targets=("tasks", "filter"),
            needs=("agent",),
            takes=("force",),
            verb="assign",
            undo="release",
        ),
        Action(
            name="pin",
            meaning="Only this agent gets the tasks, whatever their client said.",
            targets=("tasks", "filter"),
            needs=("agent",),
            takes=("until", "replace"),
            verb="adjust",
            undo="adjust",
        ),
        Action(
            name="unpin",
            meaning="The tasks are for anybody, whatever their client said.",
            takes=("until", "replace"),
            verb="adjust",
            undo="adjust",
        ),
        Action(
            name="exclude",
            meaning="The agent does not get the tasks, or any task of the queue.",
            targets=("tasks", "filter", "queue"),
            needs=("agent",),
            takes=("until", "replace"),
            verb="adjust",
            undo="adjust",
            standing=("queue",),
            slot="exclude {agent} {queue}",
        ),
        Action(
            name="reprioritise",
            meaning="The tasks have this priority.",
            needs=("priority",),
            takes=("until", "replace"),
            verb="adjust",
            undo="adjust",
        ),
        Action(
            name="reschedule",
            meaning="The tasks are due at this instant; null: at none.",
            needs=("due_at",),
            takes=("until", "replace"),
            verb="adjust",
            undo="adjust",
        ),
        Action(
            name="hold",
            meaning="The tasks wait for a person, or until the instant.",
            takes=("until",),
            verb="hold",
            undo="resume",
        ),
        Action(
            name="resume",
            meaning="Tasks that are held wait in line again.",
            targets=("tasks", "filter"),
            verb="resume",
        ),
        Action(
            name="transfer",
            meaning="The tasks go to another queue, or ask for other skills.",
            either=("queue", "skills"),
            verb="transfer",
            undo="transfer",
        ),
        Action(
            name="release",
            meaning="Tasks are taken back from who has them, and go to others first.",
            verb="release",
        ),
        Action(name="cancel", meaning="The tasks are not needed any more.", verb="cancel"),
        Action(
            name="drain",
            meaning="The agent gets nothing more, and what they have not begun is taken back; with `started` "
            "all of it.",
            targets=("agent",),
            takes=("started", "until", "replace"),
            standing=("agent",),
            slot="drain {agent}",
        ),
        Action(
            name="freeze",
            meaning="No task of the queue is handed out; offers not answered are taken back.",
            targets=("queue",),
            takes=("until", "replace"),
            standing=("queue",),
            slot="freeze {queue}",
        ),
        Action(
            name="unfreeze",
            meaning="The queue's tasks are handed out again: it takes the place of the freeze.",
            targets=("queue",),
            standing=("queue",),
            slot="freeze {queue}",
        ),
    )
}
"""What can be decided by hand, how it is done and how it is undone.

Overrides are not part of what a client said: a change of the task by its client does not wipe them.
"""


def slot_of(action: Action, agent: str | None, queue: str | None) -> str | None:
    """What there is one of at a time: None for an override of tasks."""
    kind = "agent" if action.targets == ("agent",) else "queue"
    named = agent if kind == "agent" else queue
    if kind not in action.standing or named is None:
        return None
    return action.slot.format(agent=agent, queue=queue)
