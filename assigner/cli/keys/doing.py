"""What `assigner keys` does, and what it prints: the key alone on stdout, the words about it on stderr."""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from api.access.keyring import Minted, id_of, is_name, leaving, mint, new_id, state_of, successor
from api.faults import ID
from api.keys import key_out
from api.messages import Language
from assigner.cli import shell, words
from assigner.cli.keys.store import reached
from assigner.cli.tables import View
from assigner.clock import SystemClock
from assigner.config import Settings
from assigner.domain.access import Role
from assigner.domain.instant import rfc3339
from assigner.domain.records import KeyRecord
from assigner.store.base import Store, StoreRefused, StoreUnavailable
from assigner.store.commands import PutKey

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose keys, and how it is told."""

    settings: Settings
    workspace: str
    language: Language
    as_json: bool

    def say(self, key: str, **facts: object) -> str:
        """The words of a key."""
        return words.say(key, self.language, **facts)

    def fail(self, key: str, **facts: object) -> NoReturn:
        """Tell what went wrong, and end."""
        shell.fail([self.say(key, **facts)], shell.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The key that is to be made."""

    role: str
    name: str | None
    agent: str | None
    expires: timedelta | None
    rate: float | None


def create(asked: Asked, wanted: Wanted) -> None:
    """Make a key."""
    now, by = SystemClock().now_ms(), _person()
    minted = mint(
        KeyRecord(
            id=new_id(),
            name=_name(asked, wanted),
            role=Role(wanted.role),
            hash="",
            agent=wanted.agent,
            rate=wanted.rate,
            created_at=now,
            created_by=by,
            expires_at=_after(now, wanted.expires),
        )
    )

    async def make(store: Store) -> KeyRecord:
        for key in await store.keys():
            if key.name == minted.key.name and state_of(key, now) == "live":
                asked.fail("key_name_taken", name=key.name)
        [made] = await _put(asked, store, {0: minted.key}, now, by)
        return made

    _show_made(asked, minted, _in_store(asked, make), now)


def listed(asked: Asked, limit: int) -> None:
    """List the keys, the last made first."""
    now = SystemClock().now_ms()
    found = _in_store(asked, lambda store: store.keys())
    found.sort(key=lambda key: (-key.created_at, key.id))
    if asked.as_json:
        _json({"items": [key_out(key, now) for key in found]})
    elif not found:
        shell.show(Text(asked.say("no_keys", workspace=asked.workspace)))
    else:
        view = View(language=asked.language, limit=limit)
        shell.show(_table(view.first(found), now, asked))
        if len(view.first(found)) < len(found):
            shell.show(Text(view.say("more", more=view.number(len(found) - limit))))


def rotate(asked: Asked, text: str, overlap: timedelta, expires: timedelta | None) -> None:
    """Make a new key in place of one."""
    now, by = SystemClock().now_ms(), _person()

    async def make(store: Store) -> tuple[Minted, KeyRecord, KeyRecord]:
        old = await _key_of(asked, store, text)
        if state_of(old, now) != "live":
            asked.fail("key_not_live", id=old.id)
        minted = successor(old, id=new_id(), now=now, by=by, expires_at=_after(now, expires))
        ending = leaving(old, now + round(overlap.total_seconds() * 1_000))
        made, ended = await _put(asked, store, {0: minted.key, old.version: ending}, now, by)
        return minted, made, ended

    minted, made, ended = _in_store(asked, make)
    _show_made(asked, minted, made, now)
    if not asked.as_json:
        _say(asked.say("key_old", id=ended.id, until=_at(ended.expires_at)))


def revoke(asked: Asked, text: str) -> None:
    """Let nobody in with a key any more."""
    now = SystemClock().now_ms()

    async def end(store: Store) -> KeyRecord:
        key = await _key_of(asked, store, text)
        if key.revoked_at is not None:
            return key
        [ended] = await _put(asked, store, {key.version: replace(key, revoked_at=now)}, now, _person())
        return ended

    key = _in_store(asked, end)
    if asked.as_json:
        _json(key_out(key, now))
    else:
        shell.show(Text(asked.say("key_revoked", id=key.id, name=key.name)))


def _in_store(asked: Asked, work: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with reached(asked.settings, asked.workspace) as store:
            return await work(store)

    try:
        return asyncio.run(run())
    except (StoreRefused, StoreUnavailable) as error:
        shell.fail(str(error).splitlines(), shell.REFUSED)


async def _put(
    asked: Asked, store: Store, keys: Mapping[int, KeyRecord], now: int, by: str
) -> list[KeyRecord]:
    """Store keys, by the versions that they have to have now: 0 is not there yet."""
    commands = [
        PutKey(op=f"cli:{new_id()}", actor=by, now=now, version=version, key=key)
        for version, key in keys.items()
    ]
    outcomes = await store.put_key(commands)
    if any(outcome.refused for outcome in outcomes):
        asked.fail("changed_key")
    return [outcome.key for outcome in outcomes if outcome.key]


async def _key_of(asked: Asked, store: Store, text: str) -> KeyRecord:
    id = id_of(text)
    found = next((key for key in await store.keys() if key.id == id), None)
    if found is None:
        asked.fail("key_unknown", workspace=asked.workspace, id=repr(id[:40]))
    return found


def _name(asked: Asked, wanted: Wanted) -> str:
    """The name of a key to be made; what is wrong with it, or with its agent, ends the command."""
    if wanted.role == "agent" and not (wanted.agent and ID.fullmatch(wanted.agent)):
        shell.fail([asked.say("key_needs_agent")], shell.USAGE)
    if wanted.role != "agent" and wanted.agent:
        shell.fail([asked.say("key_no_agent")], shell.USAGE)
    name = wanted.name or (wanted.agent or wanted.role)[:64]
    if not is_name(name):
        shell.fail([asked.say("key_name_bad", name=repr(name))], shell.USAGE)
    return name


def _show_made(asked: Asked, minted: Minted, made: KeyRecord, now: int) -> None:
    if asked.as_json:
        _json({**key_out(made, now), "workspace": asked.workspace, "key": minted.text})
        return
    ends = _at(made.expires_at)
    expires = asked.say("key_expires", at=ends) if ends else asked.say("key_for_ever")
    role = f"agent {made.agent}" if made.agent else asked.say(made.role)
    _say(
        asked.say(
            "key_made", id=made.id, name=made.name, role=role, workspace=asked.workspace, expires=expires
        )
    )
    shell.write(f"{minted.text}\n".encode())
    _say(asked.say("key_once"))
    if asked.workspace not in asked.settings.workspace_names:
        _say(asked.say("not_served", workspace=asked.workspace))


def _table(keys: Sequence[KeyRecord], now: int, asked: Asked) -> Table:
    table = Table(box=box.SIMPLE)
    for name in ("key_id", "key_name", "key_role", "key_state", "key_created", "key_until", "key_rate"):
        table.add_column(asked.say(name), no_wrap=name == "key_id", overflow="fold")
    for key in keys:
        role = f"agent {key.agent}" if key.agent else asked.say(key.role)
        days = (_at(at)[:10] for at in (key.created_at, key.expires_at))
        rate = "" if key.rate is None else f"{key.rate:g}"
        table.add_row(*map(Text, (key.id, key.name, role, asked.say(state_of(key, now)), *days, rate)))
    return table


def _at(at: int | None) -> str:
    """An instant where the machine is; nothing for none."""
    return "" if at is None else words.local(rfc3339(at), None)


def _after(now: int, time: timedelta | None) -> int | None:
    return None if time is None else now + round(time.total_seconds() * 1_000)


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - it is for the person, and stdout is for the key


def _json(said: Any) -> None:
    shell.write(msgspec.json.format(msgspec.json.encode(said)) + b"\n")


def _person() -> str:
    """Who runs the command, as the machine knows them."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # such as in a container
        return f"cli:{os.getuid()}"
