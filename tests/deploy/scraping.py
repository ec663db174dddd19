"""A real Prometheus, with the configuration and the rules of deploy/, that scrapes a service of ours."""

import contextlib
import math
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.api.running import until
from tests.deploy.queries import PROMETHEUS
from tests.style.sources import ROOT

PROGRAM = shutil.which("prometheus")
MISSING = "" if PROGRAM else "Debian's prometheus cannot be found here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scraper:
    """A Prometheus that runs."""

    client: httpx.Client

    def series(self, expr: str) -> list[dict[str, Any]]:
        """What an expression is now: each series with its labels and a finite value. Fails with its error."""
        answer = self.client.get("/api/v1/query", params={"query": expr}).json()
        assert answer["status"] == "success", (expr, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return [series for series in found if math.isfinite(float(series["value"][1]))]

    def value(self, expr: str) -> float:
        """The value of an expression with one series; 0 while it has none."""
        return sum(float(series["value"][1]) for series in self.series(expr))

    def ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self.client.get("/-/ready").status_code == 200
        return False


def configured(folder: Path, target: str, key: str) -> Path:
    """The configuration as it is shipped, but for its pace, its target, and the place of its files."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    config["global"] = dict.fromkeys(config["global"], "1s")
    config["rule_files"] = [str(PROMETHEUS / name) for name in config["rule_files"]]
    [job] = config["scrape_configs"]
    (folder / "key").write_text(key, "utf-8")
    job["authorization"]["credentials_file"] = str(folder / "key")
    job["static_configs"] = [{"targets": [target]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    return folder / "prometheus.yml"


@contextlib.contextmanager
def scraping(folder: Path, target: str, key: str = "") -> Iterator[Scraper]:
    """A Prometheus that scrapes `target`, a host and a port, once a second until the block ends."""
    assert PROGRAM
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        PROGRAM,
        f"--config.file={configured(folder, target, key)}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={own}",
        f"--web.external-url=http://{own}",
        f"--web.console.templates={ROOT / 'deploy' / 'runbooks'}",
    ]
    with (
        (folder / "log").open("w", encoding="utf-8") as log,
        subprocess.Popen(command, stderr=log) as process,
    ):
        try:
            with httpx.Client(base_url=f"http://{own}", timeout=30) as client:
                scraper = Scraper(client=client)
                until(scraper.ready, "Prometheus is ready")
                yield scraper
        finally:
            process.terminate()
            process.wait(30)
