"""The actions of overrides in words: what somebody did by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from assigner.cli.people import times
from assigner.cli.people.plain import cut, plain
from assigner.cli.tables import View
from assigner.cli.words import WORDS

Said = Mapping[str, Any]
LONGEST: Final = 120


def in_words(override: Said, now: int, view: View) -> str:
    """An override on a line: what it did, who did it, until when and why."""
    author = plain(override.get("author") or "")
    line = view.say("override_line", id=plain(override["id"]), did=did(override, now, view), author=author)
    if override.get("until"):
        line += ", " + view.say("until", at=times.at(override["until"], now, view.language, view.zone))
    return f"{line}: {cut(override['reason'], LONGEST)}" if override.get("reason") else line


def did(override: Said, now: int, view: View) -> str:
    """What an override did, with its particulars where they are known."""
    action = str(override["action"])
    whole = action == "exclude" and "queue" in (override.get("target") or {})
    try:
        return view.say(f"did_{action}_queue" if whole else f"did_{action}", **_facts(override, now, view))
    except KeyError:  # a particular that this place does not tell, or an action newer than this
        return view.say(f"act_{action}") if f"act_{action}" in WORDS else plain(action)


def about(override: Said, view: View) -> str:
    """What an override is about, as far as its phrase does not say so, and how many tasks it touched."""
    target, touched = override.get("target") or {}, override["touched"]
    parts = [_filter(name, value, view) for name, value in (target.get("filter") or {}).items()]
    if "agent" in target and override["action"] != "drain":
        parts.append(view.say("about_agent", agent=plain(target["agent"])))
    whole = "queue" in target or override["action"] == "drain"
    count = [] if whole and not touched else [tasks_of(touched, view)]
    return ": ".join([*filter(None, [", ".join(parts)]), *count])


def tasks_of(count: int, view: View) -> str:
    """So many tasks."""
    return view.say("one_task") if count == 1 else view.say("tasks_count", count=view.number(count))


def _filter(name: str, value: Any, view: View) -> str:
    if name == "age_s":
        return view.say("about_age", time=times.long(value * 1000))
    key = f"of_{name}"
    word = view.say(key) if key in WORDS else plain(name)
    return f"{word} {plain(value)}"


def _facts(override: Said, now: int, view: View) -> dict[str, str]:
    """The particulars that are there, to be shown."""
    target = override.get("target") or {}
    found = {
        name: plain(value)
        for name in ("agent", "queue", "priority")
        if (value := override.get(name, target.get(name))) is not None
    }
    if "due_at" in override:
        instant = override["due_at"]
        never = view.say("due_never")
        found["due"] = times.at(instant, now, view.language, view.zone) if instant else never
    where = [plain(override["queue"])] if override.get("queue") else []
    skills = override.get("skills")
    if skills is not None:
        where.append(", ".join(f"{plain(name)} {level}" for name, level in skills.items()) or "–")
    return found | ({"where": " · ".join(where)} if where else {})
