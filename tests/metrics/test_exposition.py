"""What /metrics says is what Prometheus' own client would say, and is bounded."""

from __future__ import annotations

import re
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from api.access.table import ACCESS
from assigner.exposition import pages
from assigner.metrics import METRICS, MOST_NAMES, OTHER, WHYS, Meters
from tests.dispatch.living import lived
from tests.metrics.metered import metered
from tests.style.sources import ROOT

ODD = 'a "quoted" \\ back\\slash,\nnew line, {brace}, ñandú'
FILLED_BY = sorted(
    {*(ROOT / "api").rglob("*.py"), *(ROOT / "assigner/dispatch").glob("*.py"), ROOT / "assigner/engine.py"}
)
API = sorted((ROOT / "api").rglob("*.py"))
MOST_SERIES = 5_000
STATUSES = ("200", "404", "422", "503")
STORE_VERBS = 40
"""More than there are."""


def families(text: str) -> dict[str, Any]:
    """The families of a text: their types, meanings and samples."""
    return {
        family.name: (
            family.type,
            family.documentation,
            {(one.name, *sorted(one.labels.items())): one.value for one in family.samples},
        )
        for family in text_string_to_metric_families(text)
    }


def test_the_text_says_what_the_library_itself_would() -> None:
    registry = CollectorRegistry()
    counter = Counter("c_total", "A \\ counter.\nOf two lines.", ["what"], registry=registry)
    for value in (ODD, "", "plain"):
        counter.labels(value).inc(1e17)
    gauge = Gauge("g", 'A "gauge".', ["which"], registry=registry)
    for value in (float("inf"), float("-inf"), -0.5, 3):
        gauge.labels(str(value)).set(value)
    Histogram("h", "A histogram.", registry=registry, buckets=(0.1, 7.0)).observe(0.3)
    Summary("s", "A summary.", registry=registry).observe(2)
    ours = "".join(pages(registry.collect()))
    assert families(ours) == families(generate_latest(registry).decode())
    assert ODD in {labels[1][1] for labels in families(ours)["c"][2]}


def test_a_number_that_is_none_is_written_so() -> None:
    registry = CollectorRegistry()
    Gauge("g", "A gauge.", registry=registry).set(float("nan"))
    assert "g NaN\n" in "".join(pages(registry.collect()))


@lived
async def test_the_series_of_a_large_centre_are_bounded() -> None:
    live = await metered()
    for number in range(150):
        await live.task(f"t{number}", f"queue-{number}", category=f"category-{number}")
    await live.count()
    meters = live.instance.meters
    for number in range(MOST_NAMES + 1):
        meters.counters["assigner_handoffs_total"].labels("centre", str(number))
        meters.counters["assigner_completions_total"].labels("centre", str(number))
        meters.summaries["assigner_handling_seconds"].labels("centre", str(number))
    for method, route in ACCESS:
        meters.histograms["assigner_http_request_seconds"].labels(route, method)
        for status in STATUSES:
            meters.counters["assigner_http_requests_total"].labels(route, method, status)
    for number in range(STORE_VERBS):
        meters.histograms["assigner_store_seconds"].labels(str(number))
    assert len(list(live.instance.samples())) < MOST_SERIES
    assert len(live.instance.shown("assigner_tasks", "queue")) == MOST_NAMES + 1
    assert live.metric("assigner_tasks", queue=OTHER) == 50


@pytest.mark.parametrize("workspaces", [("one",), ("one", "two", "three"), tuple(map(str, range(100)))])
def test_workspaces_share_the_names_among_them(workspaces: tuple[str, ...]) -> None:
    assert 1 <= Meters(workspaces).most_names * len(workspaces) <= MOST_NAMES


def test_what_is_known_beforehand_is_there_at_zero_for_every_workspace() -> None:
    found = families("".join(Meters(("north", "south")).pages()))
    for row in METRICS:
        if row.census or not set(row.labels) <= {"workspace", "band", "result", "outcome", "step", "state"}:
            continue
        samples = found[row.name.removesuffix("_total")][2]
        assert samples, row.name
        if "workspace" in row.labels:
            said = {dict(labels[1:])["workspace"] for labels in samples}
            assert said == {"north", "south"}, row.name


def test_every_metric_of_the_table_is_filled_somewhere() -> None:
    text = "".join(file.read_text() for file in FILLED_BY)
    missing = [row.name for row in METRICS if row.name not in text]
    waits = [f"assigner_wait_to_{name}_seconds" for name in ("offer", "accept", "completion")]
    # Their names are put together where they are filled; the last one does not change.
    assert sorted(missing) == sorted([*waits, "assigner_build_info"])


def test_every_verb_of_the_clock_is_in_the_table() -> None:
    said = (ROOT / "assigner/dispatch/maintenance.py").read_text()
    verbs = set(re.findall(r'_count\("(\w+)"|return \{"(\w+)"', said))
    row = next(row for row in METRICS if row.name == "assigner_clock_verbs_total")
    assert {one or other for one, other in verbs} == set(row.labels["verb"])


def test_every_why_of_the_edge_is_in_the_table() -> None:
    said = re.findall(r'(?:why=|_wrong\(|_unmapped\()("[^)\n]*)', "".join(path.read_text() for path in API))
    found = {word for words in said for word in re.findall(r'"(\w+)"', words)}
    assert found - {"rate_limited"} == set(WHYS)
