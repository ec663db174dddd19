"""Every key of a workspace in one table: its name, its shape, its type, and what deletes it.

All keys of a workspace have one hash tag, so that a script may touch any of them on a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = 1
"""The number of this layout. An older one is migrated, a newer one refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One row: `shape` follows the workspace's prefix, and `…` stands for an id."""

    name: str
    shape: str
    type: str
    holds: str
    ends: str


def _row(name: str, shape: str, type: str, holds: str, ends: str) -> Key:
    return Key(name=name, shape=shape, type=type, holds=holds, ends=ends)


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        _row("schema", "schema", "string", "the number of this layout", "never"),
        _row(
            "events",
            "events",
            "stream",
            "each change, with the records after it",
            "trimmed to the last so many",
        ),
        _row("lease", "lease", "string", "the dispatcher's: epoch:nonce:holder", "its TTL"),
        _row("epoch", "epoch", "string", "how often the lease was taken", "never"),
        _row("learned", "learned:…", "hash", "what is learned of a kind: a value for each name", "learn"),
        _row("upto", "upto", "string", "the last event that is in what was learned", "never"),
        _row("op", "op:…", "string", "event id and mark of a command that was done", "its TTL"),
        _row("task", "task:…", "hash", "doc: what the client said; live: the rest; made: at first", "prune"),
        _row("history", "history:…", "list", "a task's last events but the first, ten values each", "prune"),
        _row("open", "open", "set", "ids of open tasks", "the end of each task"),
        _row("ended", "ended", "zset", "ids of ended tasks by when they ended", "prune, reopen"),
        _row("offer", "offer:…", "hash", "doc: the offer; live: its state", "a TTL from when it closes"),
        _row("agent", "agent:…", "hash", "doc: what the client said; live: the rest", "remove_agent"),
        _row("agents", "agents", "set", "ids of agents", "remove_agent"),
        _row("queue", "queue:…", "hash", "doc: the settings; live: the rest", "never"),
        _row("queues", "queues", "set", "ids of queues", "never"),
        _row(
            "override", "override:…", "hash", "doc: what was said; live: what became of it", "prune_overrides"
        ),
        _row("override_tasks", "override_tasks:…", "list", "ids of the tasks it touched", "prune_overrides"),
        _row("overrides", "overrides", "zset", "ids of overrides by when they were made", "prune_overrides"),
        _row("active", "active", "set", "ids of active overrides", "the end of each"),
        _row("past", "past", "zset", "ids of others by since when they do not hold", "prune_overrides"),
        _row("slots", "slots", "hash", "the id of the active override that has each slot", "its end"),
        _row("key", "key:…", "hash", "doc: the API key, hashed; live: its version", "never"),
        _row("keys", "keys", "set", "ids of API keys", "never"),
    )
}


def prefix(workspace: str) -> str:
    """What every key of a workspace begins with: its hash tag is the workspace."""
    return f"ta:{{{workspace}}}:"


def names(workspace: str) -> dict[str, str]:
    """The key of each row; of a row with an id, what comes before the id."""
    return {key.name: prefix(workspace) + key.shape.removesuffix("…") for key in KEYS.values()}


def row_of(workspace: str, key: str) -> Key | None:
    """The row that declares a key, if one does."""
    shape = key.removeprefix(prefix(workspace)) if key.startswith(prefix(workspace)) else ""
    for row in KEYS.values():
        stem = row.shape.removesuffix("…")
        if shape == row.shape or (stem != row.shape and shape.startswith(stem)):
            return row
    return None
