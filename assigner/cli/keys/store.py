"""The store as a command reaches it, without a service: the one named, or that of the state directory,
whether a service runs on it or not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from assigner.config import Settings
from assigner.engine import retention
from assigner.store import embedded
from assigner.store.base import StoreRefused
from assigner.store.redis import RedisStore, connect


@asynccontextmanager
async def reached(settings: Settings, workspace: str) -> AsyncIterator[RedisStore]:
    """The store of a workspace. Raises StoreRefused and StoreUnavailable."""
    async with _url(settings) as url:
        try:
            client = connect(url)
        except ValueError:  # what it says may have the password in it
            raise StoreRefused("ASSIGNER_REDIS_URL cannot be understood.") from None
        store = RedisStore(client, workspace=workspace, retention=retention(settings))
        try:
            await store.open()
            yield store
        finally:
            await store.close()


@asynccontextmanager
async def _url(settings: Settings) -> AsyncIterator[str]:
    """Where the server is. One of our own that nobody runs is started, and stopped afterwards."""
    if settings.redis_url:
        yield settings.redis_url
        return
    folder = _folder(settings)
    with embedded.visiting(folder):
        try:
            server = await embedded.visit(folder, settings.durability)
        except StoreRefused:
            # A service has it: then its server runs.
            url = embedded.url_in_use(folder)
            if url is None:
                raise
            yield url
            return
        try:
            yield server.url
        finally:
            if server.attached:
                server.leave()
            else:
                await server.stop()


def _folder(settings: Settings) -> Path:
    return Path(settings.state_dir).expanduser()
