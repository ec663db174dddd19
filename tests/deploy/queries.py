"""What the rules and the dashboard ask of Prometheus, and which metrics they ask about."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from assigner.metrics import METRICS
from deploy.grafana.panels import ROWS
from tests.style.sources import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
BESIDE = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes"}
"""What Prometheus and its client library add to the metrics of our table."""


def known() -> set[str]:
    """Every metric there is to ask for."""
    ours = {row.name + part for row in METRICS for part in PARTS.get(row.kind, ("",))}
    return ours | set(RECORDED) | BESIDE


def metrics_in(expr: str) -> set[str]:
    """The metrics that an expression asks for."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on) \([^)]*\)", "", expr)
    words = set(re.findall(r"[a-z_:][\w:]*", bare)) - {"histogram_quantile"}
    return {word for word in words if "_" in word or ":" in word or word == "up"}


def of_workspaces() -> set[str]:
    """The metrics that say which workspace they are of."""
    ours = {row.name + part for row in METRICS if "workspace" in row.labels
            for part in PARTS.get(row.kind, ("",))}  # fmt: skip
    return ours | {name for name in RECORDED if name.startswith("workspace")}


def asked() -> Iterator[tuple[str, str]]:
    """Each expression, and where it stands."""
    yield from ((f"record {name}", expr) for name, expr in RECORDED.items())
    yield from ((f"alert {name}", rule["expr"]) for name, rule in ALERTS.items())
    yield from panels()


def panels() -> Iterator[tuple[str, str]]:
    """Each query of the dashboard, and its panel."""
    for row in ROWS.values():
        for panel in row:
            yield from ((f"panel {panel.title}: {legend}", expr) for legend, expr in panel.asks.items())
