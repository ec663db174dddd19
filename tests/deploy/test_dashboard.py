"""The dashboard: the committed JSON is what the Python makes, and each panel says what it shows."""

import json
from itertools import combinations
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models import units

from deploy.grafana.dashboard import OUTPUT, as_json
from deploy.grafana.panels import ROWS, Panel
from tests.deploy.queries import metrics_in, of_workspaces, panels
from tests.style.sources import ROOT

DASHBOARD: dict[str, Any] = json.loads(OUTPUT.read_text("utf-8"))
PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"
PANELS = [panel for row in ROWS.values() for panel in row]


def provisioned(path: str) -> Any:
    return yaml.safe_load((PROVISIONING / path).read_text("utf-8"))


def shown() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def test_the_committed_dashboard_is_what_the_table_makes() -> None:
    """Otherwise: `make docs`."""
    assert OUTPUT.read_text("utf-8") == as_json()


def test_it_is_of_the_model_of_grafana_11() -> None:
    """The model of 10.1, which the package is without its epoch, has schema 36."""
    assert DASHBOARD["schemaVersion"] >= 39


def test_its_rows_are_what_a_person_looks_for() -> None:
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Now", "Flow", "Quality", "Engine"]
    assert [panel["title"] for panel in shown()] == [panel.title for panel in PANELS]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_panel_says_what_it_means_in_a_sentence(panel: Panel) -> None:
    assert panel.means.endswith(".")
    assert panel.unit
    assert panel.asks


@pytest.mark.parametrize(("where", "expr"), list(panels()))
def test_a_panel_asks_of_the_chosen_workspaces_what_is_of_workspaces(where: str, expr: str) -> None:
    asks = metrics_in(expr)
    assert ('workspace=~"$workspace"' in expr) == (asks <= of_workspaces()), where
    assert asks <= of_workspaces() or not asks & of_workspaces(), where


def test_panels_stand_side_by_side() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for a, b in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or below, (a, b)


def test_panels_and_rows_have_numbers_of_their_own() -> None:
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert 0 not in numbers
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_what_is_told_by_the_minute_says_so(panel: Panel) -> None:
    by_minute = ["60 * " in expr for expr in panel.asks.values()]
    assert (panel.unit == units.CountsPerMinute) == all(by_minute)


def test_its_source_and_folder_are_provisioned() -> None:
    [source] = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text("utf-8"))[
        "datasources"
    ]
    assert (source["type"], source["isDefault"]) == ("prometheus", True)
    chosen = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert list(chosen) == ["datasource", "workspace"]
    assert chosen["datasource"]["query"] == source["type"]
    [provider] = yaml.safe_load((PROVISIONING / "dashboards" / "assigner.yaml").read_text("utf-8"))[
        "providers"
    ]
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    targets = [volume.split(":")[1] for volume in compose["services"]["grafana"]["volumes"]]
    assert f"{provider['options']['path']}/{OUTPUT.name}" in targets
