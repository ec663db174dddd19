"""The examples of README, each run as it stands, by who it is for, against a real service with keys."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assigner.client import Client
from tests.api.running import DEADLINE_S, until
from tests.cli.shell import environment, run
from tests.cli.test_serve import started
from tests.style.sources import ROOT

ROLES = ("platform", "agent", "coordinator")
EXAMPLE = re.compile(rf"^```(sh|python) ({'|'.join(ROLES)})\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = EXAMPLE.findall((ROOT / "README.md").read_text("utf-8"))


@dataclass(slots=True, kw_only=True)
class Shell:
    """Runs examples with the keys of a service; `client` is an administrator's."""

    url: str
    keys: dict[str, str]
    client: Client
    shown: list[str] = field(default_factory=list)

    def run(self, number: int, done: Callable[[str], bool]) -> None:
        """Run an example until it ends or, when it would not, until it has done what it is there for."""
        language, role, text = EXAMPLES[number]
        program = [sys.executable, "-c", text] if language == "python" else ["bash", "-ec", AUTH + text]
        env = environment(ASSIGNER_URL=self.url, ASSIGNER_KEY=self.keys[role], PYTHONUNBUFFERED="1")
        with subprocess.Popen(program, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            told: list[bytes] = []
            reading = threading.Thread(target=read, args=(process, told))
            reading.start()
            try:
                until(lambda: done(b"".join(told).decode()), f"{text}\n{told}")
            finally:
                process.terminate()
                reading.join(DEADLINE_S)
        self.shown.append(b"".join(told).decode())
        assert "Traceback" not in self.shown[-1]
        assert '"code"' not in self.shown[-1]


AUTH = 'AUTH="Authorization: Bearer $ASSIGNER_KEY"\n'


def read(process: subprocess.Popen[bytes], told: list[bytes]) -> None:
    assert process.stdout
    while piece := process.stdout.read1():
        told.append(piece)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("readme")
    with ExitStack() as opened:
        first = key(folder, "admin")
        url, _ = opened.enter_context(started("serve", "--state-dir", str(folder), dev=False))
        client = opened.enter_context(Client(url, first))
        whose = {role: "ana" if role == "agent" else None for role in ROLES}
        made = {role: client.keys.make(role, role, agent=agent) for role, agent in whose.items()}
        client.queues.put("billing", offer_ttl_s=3_600)  # however slow this machine is, the offers stay open
        yield Shell(url=url, keys={role: str(new.key) for role, new in made.items()}, client=client)


def key(folder: Path, role: str) -> str:
    """A new key, made as README says."""
    made = run("keys", "create", "--role", role, "--name", role, "--state-dir", str(folder))
    assert made.returncode == 0, made.stderr
    return made.stdout.decode().strip()


def test_the_examples_are_found() -> None:
    in_both = [
        (language, role)
        for role in ("platform", "agent", "coordinator", "platform")
        for language in ("sh", "python")
    ]
    assert [example[:2] for example in EXAMPLES] == in_both + 4 * [("sh", "platform")]


def test_send_a_task_be_an_agent_override_and_follow_events(shell: Shell) -> None:
    """In the order of README: the agent's examples do the tasks that the platform's sent."""
    client = shell.client
    shell.run(0, lambda told: '"skill_missing"' in told or '"INC-1042","state"' in told)
    shell.run(1, lambda told: "409 task_exists" in told)
    assert "queued" in shell.shown[-1]
    assert client.stats().tasks["queued"] >= 100
    shell.run(2, lambda told: '"outcome":"refunded"' in told)
    shell.run(3, lambda told: "INC-1043" in told + shell.shown[-1] and completed(client) == 2)
    assert client.queues.stats("orders").tasks["queued"] == 100, "the orders are there for who overrides"
    shell.run(4, lambda told: "the lorry leaves at noon" in told.partition("id,action")[2])
    assert client.tasks.get("INC-2000").overrides
    shell.run(5, lambda told: "stock-taking" in told and undone(client))
    shell.run(6, lambda told: ping(client) and '"task.transferred"' in told)
    shell.run(7, lambda told: ping(client) and "task.transferred" in told)


def test_decide_look_ahead_learn_and_promise(shell: Shell) -> None:
    """A snapshot is decided, or held back; what was learned is shown; a calendar makes promises."""
    shell.run(8, lambda told: '"agent":"ana"' in told and '"reason":"at_capacity"' in told)
    shell.run(9, lambda told: '"reason":"held_back"' in told and "T08:05:00Z" in told)
    shell.run(10, lambda told: '"items":[]' in told)
    shell.run(11, lambda told: '"respond_by":"' in told and '"due_at":"' in told)


def completed(client: Client) -> int:
    return len([task for task in client.tasks.list(state="completed") if task.outcome == "refunded"])


def undone(client: Client) -> bool:
    return any(override.state == "undone" for override in client.overrides.list(action="hold"))


def ping(client: Client) -> bool:
    """Let something happen in the queue that is followed."""
    client.tasks.transfer("INC-2001", queue="orders")
    return True
