"""From the flags of `assigner override` to what the service is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from assigner.cli.cells import SKILLS, BadCell
from assigner.cli.people.instants import coming, span_ms
from assigner.dispatch.actions import Action
from assigner.domain.document import PRIORITIES
from assigner.domain.instant import rfc3339

STDIN: Final = "-"
LIFTED: Final = ("none", "never", "ninguno", "nunca")
"""How it is said that a task is promised for no instant."""
FILTERS: Final = ("queue", "category", "skill", "state", "tag")

Flags = Mapping[str, Any]


class Wrong(ValueError):
    """Flags that say nothing that can be done; `key` is that of the sentence."""

    def __init__(self, key: str, text: str = "") -> None:
        super().__init__(text)
        self.key = key
        self.text = text


def said(row: Action, flags: Flags, now_ms: int) -> dict[str, Any]:
    """The body of the request, by the names of the API. Raises Wrong and NoInstant."""
    body: dict[str, Any] = {"action": row.name, "target": _target(row, flags, now_ms)}
    if not flags["reason"].strip():
        raise Wrong("blank_reason")
    body["reason"] = flags["reason"]
    for name in (*row.parameters, "partial"):
        text = flags.get(f"say_{name}")
        if text is not None and text is not False:
            read = _READ.get(name)
            body[name] = text if read is None else read(text, now_ms)
    if row.either and not body.keys() & {*row.either}:
        raise Wrong("no_where")
    return body


def _target(row: Action, flags: Flags, now_ms: int) -> dict[str, Any]:
    """What it is about: one of the targets that the action has."""
    filters = {name: flags[f"of_{name}"] for name in FILTERS if flags.get(f"of_{name}") is not None}
    if flags.get("of_age") is not None:
        filters["age_s"] = span_ms(flags["of_age"]) / 1000
    targets = {
        "tasks": _ids(flags.get("of_tasks") or []),
        "filter": filters,
        "agent": flags.get("of_agent"),
        "queue": flags.get("of_whole_queue"),
    }
    given = {name: value for name, value in targets.items() if value}
    if len(given) != 1:
        raise Wrong("two_targets" if given else "no_target")
    return given


def _ids(given: list[str]) -> list[str]:
    """Ids, each once; `-` alone reads them from stdin."""
    if given != [STDIN]:
        return list(dict.fromkeys(given))
    ids = list(dict.fromkeys(sys.stdin.read().split()))
    if not ids:
        raise Wrong("no_ids")
    return ids


def _until(text: str, now_ms: int) -> str:
    return rfc3339(coming(text, now_ms))


def _due(text: str, now_ms: int) -> str | None:
    return None if text.strip().lower() in LIFTED else _until(text, now_ms)


def _priority(text: str, now_ms: int) -> int | str:
    word = text.strip().lower()
    if word in PRIORITIES:
        return word
    if not word.isdecimal() or not word.isascii() or int(word) > 100:
        raise Wrong("bad_priority", text)
    return int(word)


def _skills(text: str, now_ms: int) -> dict[str, Any]:
    try:
        levels: dict[str, Any] = SKILLS.read(text, False)
    except BadCell:
        raise Wrong("bad_skills", text) from None
    if not all(isinstance(level, int) for level in levels.values()):
        raise Wrong("bad_skills", text)
    return levels


_READ: Final[Mapping[str, Callable[[str, int], Any]]] = {
    "until": _until,
    "due_at": _due,
    "priority": _priority,
    "skills": _skills,
}
"""How the flags are read that are not sent as they are."""
