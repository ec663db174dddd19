"""A Redis or Valkey server: how it is reached, which ones will do, and what to know of one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from redis import exceptions as errors

from assigner.clock import Clock
from assigner.store.base import StoreUnavailable

Told = Callable[[str, float | None], None]
"""Hears of each call of a server: its verb, and the seconds it took; None when the server cannot be had."""
FOLLOW = "follow"
"""The verb of the calls that wait for something to happen."""
TIMEOUT_S = 10.0
OLDEST = {"redis": (7, 0), "valkey": (7, 2)}
UNABLE = (
    errors.ConnectionError,
    errors.TimeoutError,
    errors.OutOfMemoryError,
    errors.ReadOnlyError,
    errors.ClusterDownError,
    errors.MasterDownError,
    errors.NoScriptError,
    OSError,
)
"""What a server gives that is gone, or there but cannot do it now, or was started again in between."""
UNABLE_WORDS = ("MISCONF", "NOREPLICAS", "BUSY ")
"""How the errors of that kind begin that have no class: its disk is full, its replicas or itself are busy."""


@asynccontextmanager
async def reachable() -> AsyncIterator[None]:
    """Turn what a server cannot do now into StoreUnavailable; all attempts together have TIMEOUT_S."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            yield
    except UNABLE as error:
        why = str(error) or "it does not answer"
        raise StoreUnavailable(f"The store cannot do it now: {why}") from error
    except errors.ResponseError as error:
        if not str(error).startswith(UNABLE_WORDS):
            raise
        raise StoreUnavailable(f"The store cannot do it now: {error}") from error


@asynccontextmanager
async def watched(verb: str, clock: Clock, told: Told) -> AsyncIterator[None]:
    """As `reachable`, and what comes of the call is told."""
    began = clock.monotonic_s()
    try:
        async with reachable():
            yield
    except StoreUnavailable:
        told(verb, None)
        raise
    told(verb, clock.monotonic_s() - began)


def untold(verb: str, seconds: float | None) -> None:
    """Nobody hears of calls."""


async def durable(client: Any, told: dict[str, Any]) -> bool:
    """Whether a server of this INFO has a change on its disk before it answers; False if it does not say."""
    if not told.get("aof_enabled"):
        return False
    try:
        return bool((await client.config_get("appendfsync")).get("appendfsync") == "always")
    except errors.ResponseError:
        return False


def too_old(told: dict[str, Any]) -> Iterator[str]:
    """The fault of a server of this INFO, if it is too old. A Valkey calls itself a Redis 7.2 besides."""
    name = "valkey" if "valkey_version" in told else "redis"
    version = str(told[f"{name}_version"])
    if tuple(map(int, version.split(".")[:2])) < OLDEST[name]:
        oldest = ".".join(map(str, OLDEST[name]))
        yield f"The store is {name.title()} {version}, and {name.title()} {oldest} or newer is needed."


def may_evict(told: dict[str, Any]) -> Iterator[str]:
    """The fault of a server that deletes what is stored when its memory is full."""
    policy = told.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield (
            f"The store may evict tasks when its memory is full (`maxmemory-policy {policy}`): "
            "set it to `noeviction`."
        )


async def warnings(client: Any, told: dict[str, Any]) -> list[str]:
    """What the operator should know of the server of this INFO: what is lost when it stops."""
    if told.get("aof_enabled"):
        return []
    try:
        saved = (await client.config_get("save")).get("save")
    except errors.ResponseError:
        saved = "unknown"
    if saved:
        return ["The store writes snapshots only: what came after the last one is lost when it stops."]
    return ["The store keeps nothing on disk: everything is lost when it stops. Set `appendonly yes` there."]
