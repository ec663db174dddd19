"""`assigner events`: what happens, a line each, as it happens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

import msgspec

from api.messages import Language
from assigner.cli import shell
from assigner.cli.people.asking import RETRIES, Where, instant, now_ms, told
from assigner.cli.people.instants import past
from assigner.cli.people.plain import cut, plain
from assigner.cli.people.times import HOUR_S, stamp
from assigner.cli.words import WORDS, say
from assigner.client import AssignerError, Client, Event, Reset

LONGEST: Final = 120
"""Of a reason, on a line."""
_ID: Final = re.compile(r"\d+-\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events are told, and how: since an event, or an instant as people say it."""

    where: Where
    follow: bool
    types: Sequence[str]
    queues: Sequence[str]
    since: str | None
    as_json: bool


def events(wanted: Wanted) -> None:
    """Tell them, one after the other, until there are no more; with `follow` there always are."""
    where, since = wanted.where, _since(wanted)
    try:
        with Client(where.url, where.key, language=where.language, retries=RETRIES) as client:
            found = client.events.follow(since, wanted.types, wanted.queues, on=wanted.follow)
            for one in found:
                shell.write(_json(one) if wanted.as_json else f"{line(one, where.language)}\n".encode())
    except AssignerError as error:
        shell.fail(told(error, where), shell.REFUSED)


def _since(wanted: Wanted) -> str | datetime | None:
    """Where to begin: with those of the last hour, where nothing is said and nothing is to come."""
    text = wanted.since
    if text is None:
        return None if wanted.follow else _instant(now_ms() - HOUR_S * 1_000)
    return text if _ID.fullmatch(text) else _instant(instant(wanted.where, past, text))


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1_000, UTC)


def _json(one: Event | Reset) -> bytes:
    told = {"type": "reset", **one} if isinstance(one, Reset) else one
    return msgspec.json.encode(told, enc_hook=dict) + b"\n"


def line(one: Event | Reset, language: Language, zone: tzinfo | None = None) -> str:
    """An event in words: when, what it is about, what happened, and what there is to add."""
    if isinstance(one, Reset):
        return say("event_missed", language)
    more = " · ".join(_more(one, language))
    head = f"{stamp(one['time'], zone)}  {plain(one.subject):<24}  {_what(one, language)}"
    return f"{head:<70}  {more}".rstrip()


def _what(one: Event, language: Language) -> str:
    """What happened. A type that is newer than this program is its own name."""
    verb = "lifted" if one.type == "task.adjusted" and not _holds(one) else one.type[5:]
    key = next((key for key in (f"event_{one.type}", f"past_{verb}") if key in WORDS), None)
    if key is None:
        return plain(one.type)
    presence = str(one.data.get("presence", ""))
    known = f"presence_{presence}"
    return say(key, language, presence=say(known, language) if known in WORDS else plain(presence))


def _holds(one: Event) -> bool:
    """Whether its override says something of the task after it."""
    by_hand = one.data.get("overrides") or {}
    excluded = by_hand.get("excluded_agents", {})
    return one.get("override") in {*excluded.values(), *(entry.get("by") for entry in by_hand.values())}


def _more(one: Event, language: Language) -> Iterator[str]:
    offered = one.data.get("offer_record") or {}
    if (action := f"act_{one.data.get('action')}") in WORDS:
        yield say(action, language)
    if agent := one.data.get("agent") or offered.get("agent"):
        yield f"→ {plain(agent)}"
    if one.queue and one.queue != one.subject:
        yield plain(one.queue)
    if one.reason:
        yield f"“{cut(one.reason, LONGEST)}”"
    if one.actor:
        yield say("event_by", language, actor=plain(one.actor))
