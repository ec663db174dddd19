"""The keys of the demo: one of the platform, and one of each agent. They are made as anybody's are, by an
administrator whose own key comes from `assigner keys create`, and kept with the centre for the next run.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from assigner.client import AsyncClient, Conflict, Unauthorized

KEPT: Final = "keys.json"
HEADER: Final = "header"
"""In the demo's directory: the keys; and that of the platform, as a header for curl."""


@dataclass(slots=True, kw_only=True)
class Keyring:
    """The texts of the keys, by whose they are; `admin` asks as the administrator."""

    folder: Path
    texts: dict[str, str]
    admin: AsyncClient

    async def key(self, name: str, role: str, agent: str | None = None) -> str:
        """The key of somebody, made when they have none."""
        if name not in self.texts:
            self.texts[name] = await _made(self.admin, name, role, agent)
            _write(self.folder / KEPT, msgspec.json.encode(self.texts))
        return self.texts[name]


async def keyring(folder: Path, client: AsyncClient, env: Mapping[str, str]) -> Keyring:
    """The keys that are kept, with an administrator who is known to the service of this directory."""
    file = folder / KEPT
    texts: dict[str, str] = msgspec.json.decode(file.read_bytes()) if file.exists() else {}
    if not texts or not await _is_known(client.with_options(key=texts[""])):
        texts = {"": await _first(folder, env)}
    made = Keyring(folder=folder, texts=texts, admin=client.with_options(key=texts[""]))
    platform = await made.key("platform", "platform")
    _write(folder / HEADER, f"Authorization: Bearer {platform}\n".encode())
    return made


def header(made: Keyring | None) -> str:
    """Where curl finds the platform's key, as a shell writes it; empty where there are no keys."""
    if made is None:
        return ""
    file, home = made.folder / HEADER, Path.home()
    return f"$HOME/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)


def forget(folder: Path) -> None:
    """Delete the keys that are kept."""
    for name in (KEPT, HEADER):
        (folder / name).unlink(missing_ok=True)


async def _made(admin: AsyncClient, name: str, role: str, agent: str | None) -> str:
    """A new key; one of its name that nobody has any more is revoked."""
    try:
        made = await admin.keys.make(name, role, agent=agent)
    except Conflict:
        async for key in admin.keys.list():
            if key.name == name and key.state == "live":
                await admin.keys.revoke(key.id)
        made = await admin.keys.make(name, role, agent=agent)
    return made.key or await _made(admin, name, role, agent)


async def _first(folder: Path, env: Mapping[str, str]) -> str:
    """The key of an administrator, from the command line."""
    asked = ("keys", "create", "--role=admin", f"--name=demo-{uuid4().hex[:6]}", f"--state-dir={folder}")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "assigner.cli", *asked),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )
    told, why = await process.communicate()
    if process.returncode:
        raise RuntimeError(why.decode())
    return told.decode().strip()


async def _is_known(admin: AsyncClient) -> bool:
    try:
        await anext(admin.keys.list(), None)
    except Unauthorized:
        return False
    return True


def _write(file: Path, content: bytes) -> None:
    """Write what only this user may read."""
    file.touch(mode=0o600)
    file.write_bytes(content)
