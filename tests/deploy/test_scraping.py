"""A real Prometheus scrapes a centre at work: every panel shows something, every alert can judge."""

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.shell import environment, run
from tests.cli.test_demo import command
from tests.deploy.queries import ALERTS, RECORDED, panels
from tests.deploy.scraping import MISSING, Scraper, scraping

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
DEADLINE_S = 60
BUSY = ["--agents", "30", "--tasks", "60", "--pace", "300"]


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The demo's centre at work: where it is."""
    flags = [*command(folder), *BUSY, "--for", str(DEADLINE_S * 4)]
    with subprocess.Popen(flags, stdout=subprocess.PIPE, env=environment(), text=True) as process:
        assert process.stdout
        try:
            said = ""
            while not (found := re.search(r"http://([\d.:]+)/docs", said)):
                line = process.stdout.readline()
                assert line, said
                said += line
            yield found[1]
        finally:
            process.terminate()
            process.communicate()


def key(folder: Path, role: str) -> str:
    """A new key of the demo's service."""
    return run("keys", "create", "--role", role, "--state-dir", str(folder)).stdout.decode().strip()


def ask(client: httpx.Client, method: str, path: str, body: Any = None) -> httpx.Response:
    answer = client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer


def coordinate(client: httpx.Client) -> None:
    """What the demo's agents do not do: somebody overrides, and work goes from one queue to another."""
    needs = {"skills": {"a skill that nobody has": 1}}
    for id in ("T-nobody", "T-moved", "T-held"):
        ask(client, "POST", "/v1/tasks", {"id": id, "queue": "billing", "priority": "urgent", **needs})
    ask(client, "POST", "/v1/tasks/T-moved/transfer", {"queue": "orders"})
    made = {"action": "hold", "target": {"tasks": ["T-held"]}, "reason": "The customer calls back."}
    ask(client, "POST", "/v1/overrides", made)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraper]:
    """A Prometheus that watches the demo, with the key of an sre; a coordinator has been at work, and follows
    what happens; somebody has tried a key that is none.
    """
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("demo")
        address = stack.enter_context(demo(folder))
        headers = {"Authorization": f"Bearer {key(folder, 'admin')}"}
        client = httpx.Client(base_url=f"http://{address}", timeout=30, headers=headers)
        stack.enter_context(client)
        stack.enter_context(client.stream("GET", "/v1/events"))
        at_work = tmp_path_factory.mktemp("prometheus")
        scraper = stack.enter_context(scraping(at_work, address, key(folder, "sre")))
        coordinate(client)
        assert client.get("/v1/tasks", headers={"Authorization": "Bearer none"}).status_code == 401
        yield scraper


def wait_for(told: dict[str, str], scraper: Scraper) -> dict[str, str]:
    """Those of the expressions, by where they stand, that return nothing until the deadline."""
    pause, end = threading.Event(), time.monotonic() + DEADLINE_S
    while told and time.monotonic() < end:
        told = {where: expr for where, expr in told.items() if not scraper.series(expr)}
        pause.wait(0.5)
    return told


def of_panel(expr: str) -> str:
    """The query as Grafana sends it, for all workspaces."""
    return expr.replace("$workspace", ".*").replace("$__rate_interval", "15s")


def without_threshold(expr: str) -> str:
    """The expression with each comparison answered, 0 or 1, where the alert's own drops what is below."""
    return re.sub(r" (>|<|==) ", r" \1 bool ", expr)


def test_every_panel_returns_data(watched: Scraper) -> None:
    asked = {where: of_panel(expr) for where, expr in panels()}
    assert wait_for(asked, watched) == {}


def test_every_recorded_expression_returns_data(watched: Scraper) -> None:
    assert wait_for({name: name for name in RECORDED}, watched) == {}


def test_every_alert_has_something_to_judge(watched: Scraper) -> None:
    asked = {name: without_threshold(rule["expr"]) for name, rule in ALERTS.items()}
    assert all(" bool " in expr for expr in asked.values())
    assert wait_for(asked, watched) == {}


def test_prometheus_evaluates_every_rule_and_serves_its_runbook(watched: Scraper) -> None:
    groups = watched.client.get("/api/v1/rules").json()["data"]["groups"]
    rules = {rule["name"]: rule for group in groups for rule in group["rules"]}
    assert set(rules) == {*ALERTS, *RECORDED}
    assert [name for name, rule in rules.items() if rule.get("lastError")] == []
    for name in ALERTS:
        runbook = watched.client.get(f"/consoles/{name}.md")
        assert runbook.headers["Content-Type"].startswith("text/plain")
        assert runbook.text.startswith(f"# {name}\n")


def test_what_the_centre_does_is_counted(watched: Scraper) -> None:
    """The made-up task that nobody can do, the one that was handed on, and the one held by an override."""
    counts = {
        "unqualified": "sum(assigner_unqualified_tasks) > 1",
        "handed on": "sum(assigner_handoffs_total) > 0",
        "override": 'assigner_overrides_active{action="hold"} == 1',
        "arrivals": "assigner_arrivals_total > 60",
        "reader": "assigner_event_readers > 0",
    }
    assert wait_for(counts, watched) == {}
