"""Tasks: made, changed, read, listed, and their verbs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from assigner.client.batches import Line, Many, batch
from assigner.client.call import Call, Guard, change, get, path
from assigner.client.fields import Instant, TaskFields, TaskFilter, Transfer
from assigner.client.methods import Resource, S, asks, walks
from assigner.client.reading import items, one, pages
from assigner.client.records import Explanation, Moment, Task
from assigner.client.script import Script


class Tasks(Resource[S]):
    """`client.tasks`."""

    __slots__ = ()

    @asks
    def make(self, id: str, **said: Unpack[TaskFields]) -> Call[Task]:
        """Make a task; one that exists with this content is answered as it is, another raises Conflict."""
        return change("POST", path("tasks"), one(Task), {"id": id, **said})

    @asks
    def put(self, id: str, **said: Unpack[TaskFields]) -> Call[Task]:
        """Make a task, or replace all that was said of it."""
        return change("PUT", path("tasks", id), one(Task), {**said})

    @asks
    def patch(self, id: str, **said: Unpack[TaskFields]) -> Call[Task]:
        """Change the fields given; None puts one back to its default."""
        return change("PATCH", path("tasks", id), one(Task), {**said})

    @asks
    def get(self, id: str) -> Call[Task]:
        """A task, open or ended and not deleted yet."""
        return get(path("tasks", id), one(Task))

    @walks
    def list(self, **wanted: Unpack[TaskFilter]) -> Script[Task]:
        """Open tasks, the first made first; those that ended with `state`, the last ended first."""
        return pages(path("tasks"), Task, {**wanted})

    @walks
    def batch(self, tasks: Many) -> Script[Line]:
        """Make many tasks, any number of them: each a mapping with its `id`. Gives what became of each."""
        return batch(path("tasks", "batch"), tasks, self.sender.manner.pauses)

    @asks
    def start(self, id: str, **guard: Unpack[Guard]) -> Call[Task]:
        """The agent begins."""
        return change("POST", path("tasks", id, "start"), one(Task), {**guard})

    @asks
    def complete(self, id: str, outcome: str | None = None, **guard: Unpack[Guard]) -> Call[Task]:
        """The work is done; `outcome` is what came of it, in your words."""
        return change("POST", path("tasks", id, "complete"), one(Task), {"outcome": outcome, **guard})

    @asks
    def release(self, id: str, reason: str | None = None, **guard: Unpack[Guard]) -> Call[Task]:
        """The agent gives it back; they are not asked again for the queue's `decline_cool_down_s`."""
        return change("POST", path("tasks", id, "release"), one(Task), {"reason": reason, **guard})

    @asks
    def transfer(self, id: str, **said: Unpack[Transfer]) -> Call[Task]:
        """Queue it elsewhere, or as something else."""
        return change("POST", path("tasks", id, "transfer"), one(Task), {**said})

    @asks
    def hold(self, id: str, reason: str, until: Instant | None = None, **guard: Unpack[Guard]) -> Call[Task]:
        """Let it wait until an instant, or until it is resumed."""
        said = {"reason": reason, "until": until, **guard}
        return change("POST", path("tasks", id, "hold"), one(Task), said)

    @asks
    def resume(self, id: str, **guard: Unpack[Guard]) -> Call[Task]:
        """End the wait."""
        return change("POST", path("tasks", id, "resume"), one(Task), {**guard})

    @asks
    def cancel(self, id: str, reason: str, **guard: Unpack[Guard]) -> Call[Task]:
        """It is not needed any more."""
        return change("POST", path("tasks", id, "cancel"), one(Task), {"reason": reason, **guard})

    @asks
    def reopen(self, id: str, reason: str, **guard: Unpack[Guard]) -> Call[Task]:
        """It was not done after all; the agent who knows the case is preferred."""
        return change("POST", path("tasks", id, "reopen"), one(Task), {"reason": reason, **guard})

    @asks
    def explanation(self, id: str) -> Call[Explanation]:
        """Why a task waits, and what would unblock it; or why it went where it went."""
        return get(path("tasks", id, "explanation"), one(Explanation))

    @asks
    def history(self, id: str) -> Call[Sequence[Moment]]:
        """What happened to it, the oldest first; of very many moments the first and the last thousand."""
        return get(path("tasks", id, "history"), items(Moment))
