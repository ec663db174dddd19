"""A living service of two workspaces that asks for keys, with one of each role in either."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.access.keyring import mint, new_id
from assigner.clock import ManualClock
from assigner.domain.access import Role
from assigner.domain.records import KeyRecord
from assigner.store.commands import PutKey
from assigner.store.memory import MemoryStore
from tests.api.running import Running, running
from tests.api_live.living import NOON_MS, Living, Unpluggable

NORTH, SOUTH = "north", "south"
ANA = "ana"
"""The agent whose key the role agent has, in either workspace."""


@dataclass(slots=True, kw_only=True)
class Workspace:
    """One workspace: what puts things into its store behind the API's back, and the keys of each role."""

    inside: Living
    keys: dict[Role, str]
    ids: dict[Role, str]


@dataclass(slots=True, kw_only=True)
class Keyed:
    """The service, asked with keys."""

    service: Running
    clock: ManualClock
    north: Workspace
    south: Workspace
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(
        self, key: str | None, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Send a request with a key, or with none; header names have `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["Authorization"] = f"Bearer {key}"
        bare = isinstance(body, bytes | Iterator)
        content = {"content": body} if bare else {} if body is None else {"json": body}
        client = self.service.client
        answered = client.send(client.build_request(method, path, headers=named, **content), stream=True)
        if answered.headers.get("content-type", "").startswith("text/event-stream"):
            answered.close()  # it would have no end
        else:
            answered.read()
        return answered

    def key(self, role: Role = Role.PLATFORM, **facts: Any) -> tuple[str, str]:
        """A new key of the workspace north: its id and its text."""
        body = {"name": f"new-{next(self.numbers)}", "role": role, **facts}
        made = self.ask(self.north.keys[Role.ADMIN], "POST", "/v1/keys", body)
        assert made.status_code == 201, made.text
        return made.json()["id"], made.json()["key"]


def put_keys(store: MemoryStore) -> tuple[dict[Role, str], dict[Role, str]]:
    """Put a key of each role into a store: their texts, and their ids."""
    texts, ids = {}, {}
    for role in Role:
        agent = ANA if role is Role.AGENT else None
        wanted = KeyRecord(
            id=new_id(), name=role, role=role, hash="", agent=agent, created_at=NOON_MS, created_by="tests"
        )
        minted = mint(wanted)
        put = PutKey(op=f"key-{role}", actor="tests", now=NOON_MS, key=minted.key)
        [outcome] = asyncio.run(store.put_key([put]))
        assert not outcome.refused
        texts[role], ids[role] = minted.text, wanted.id
    return texts, ids


@contextmanager
def keyed(**settings: Any) -> Iterator[Keyed]:
    """A service that asks for keys, until the block ends."""
    clock = ManualClock(at_ms=NOON_MS)
    stores = {NORTH: Unpluggable(clock), SOUTH: Unpluggable(clock)}
    made = {name: put_keys(store) for name, store in stores.items()}
    options = {"dev": False, "workspaces": f"{NORTH},{SOUTH}", "rate_limit": 1_000_000, **settings}
    with running(workers=1, clock=clock, stores=stores, **options) as service:
        parts = {
            name: Workspace(
                inside=Living(service=service, store=store, clock=clock),
                keys=made[name][0],
                ids=made[name][1],
            )
            for name, store in stores.items()
        }
        yield Keyed(service=service, clock=clock, north=parts[NORTH], south=parts[SOUTH])
