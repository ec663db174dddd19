"""The image, built on a root of Debian's and started: what Debian's buildah and debootstrap make possible."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.style.sources import ROOT

PROGRAMS = ("buildah", "debootstrap")
SUITE = "bookworm"
WITH = "python3,python3-venv,ca-certificates"
LENT = ("/etc/pip.conf", "/etc/ssl/certs")
"""How this machine reaches its package index: lent to the build, where the machine has it."""
USER = 10001
DEADLINE_S = 60


def missing() -> str:
    """Why no image can be built here; empty: it can."""
    lacking = [program for program in PROGRAMS if not shutil.which(program)]
    if lacking:
        return f"Debian's {' and '.join(lacking)} cannot be found here"
    return "" if os.geteuid() == 0 else "a root of Debian's is made by the superuser only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """Buildah with a storage of its own."""

    folder: Path

    def command(self, *args: str) -> list[str]:
        storage = ("--root", str(self.folder / "root"), "--runroot", str(self.folder / "run"))
        return ["buildah", *storage, "--storage-driver", "vfs", *args]

    def do(self, *args: str) -> str:
        """What it prints. Fails with what it says when it fails."""
        done = subprocess.run(self.command(*args), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
        return done.stdout

    def build(self, tag: str, context: Path, *more: str) -> None:
        self.do("build", "--isolation", "chroot", "--format", "docker", *more, "--tag", tag, str(context))

    def config(self, tag: str) -> dict[str, Any]:
        """What the image says of itself."""
        config: dict[str, Any] = json.loads(self.do("inspect", "--type", "image", tag))["Docker"]["config"]
        return config


@contextmanager
def builder(folder: Path) -> Iterator[Builder]:
    """A builder whose storage, which is large, goes when the block ends."""
    made = Builder(folder=folder)
    try:
        yield made
    finally:
        made.do("rm", "--all")
        shutil.rmtree(folder)


def build_base(made: Builder, tag: str) -> None:
    """An image of a minimal Debian with Python in it."""
    id = made.do("from", "scratch").strip()
    root = made.do("mount", id).strip()
    command = ["debootstrap", "--variant=minbase", f"--include={WITH}", SUITE, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    (Path(root) / "usr" / "bin" / "python").symlink_to("python3")
    shutil.rmtree(Path(root) / "var" / "cache" / "apt")
    made.do("unmount", id)
    made.do("commit", "--rm", id, tag)


def build_image(made: Builder, tag: str, base: str) -> None:
    """The project's image on a base."""
    lent = [f"--volume={path}:{path}:ro" for path in LENT if Path(path).exists()]
    made.build(tag, ROOT, f"--build-arg=BASE={base}", *lent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container whose state is in a directory of this machine's."""

    made: Builder
    id: str
    state: Path
    port: int

    def command(self, asked: Sequence[str]) -> list[str]:
        volume = f"--volume={self.state}:/var/lib/assigner"
        env = (f"--env=ASSIGNER_PORT={self.port}", "--env=ASSIGNER_WORKERS=1")
        return self.made.command("run", "--isolation", "chroot", volume, *env, self.id, "--", *asked)

    def execute(self, *asked: str) -> str:
        """What a command prints that runs in it beside the service."""
        done = subprocess.run(
            self.command(asked), capture_output=True, text=True, check=False, timeout=DEADLINE_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def container(made: Builder, tag: str) -> Container:
    """A container of an image, with an empty volume that is its user's, as the image has it."""
    state = made.folder / "state"
    state.mkdir(mode=0o700)
    os.chown(state, USER, USER)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return Container(made=made, id=made.do("from", tag).strip(), state=state, port=port)


def inner(process: int) -> int:
    """The process in the container: the first below this one that is not buildah's; 0: there is none."""
    below = [int(child) for file in Path(f"/proc/{process}/task").glob("*/children")
             for child in file.read_text("ascii").split()]  # fmt: skip
    for child in below:
        own = not Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"buildah")
        if found := child if own else inner(child):
            return found
    return 0
