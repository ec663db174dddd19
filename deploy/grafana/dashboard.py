"""The dashboard *Service at a glance*: the JSON that is made from the table of its panels.

`python -m deploy.grafana.dashboard` writes it, for Grafana 11.6.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.builders import common, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as built
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from deploy.grafana.panels import ROWS, Panel

OUTPUT = Path(__file__).with_name("service-at-a-glance.json")
TITLE = "Service at a glance"
FIRST_ROW = 101
"""The number of the first row; the panels have those below."""
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


def as_json() -> str:
    """The dashboard as Grafana reads it."""
    return json.dumps(_dashboard().build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _dashboard() -> built.Dashboard:
    made = (
        built.Dashboard(TITLE)
        .uid("assigner-glance")
        .description("Is the work being done, and is the service well? Each alert names its runbook.")
        .tags(["assigner"])
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .with_variable(built.DatasourceVariable("datasource").label("Source").type("prometheus"))
        .with_variable(_workspaces())
    )
    for place, (title, panels) in enumerate(ROWS.items()):
        made = made.with_row(built.Row(title).id(FIRST_ROW + place))
        for number, panel in _numbered(panels):
            made = made.with_panel(_panel(panel).id(number))
    return made


def _numbered(panels: tuple[Panel, ...]) -> Iterator[tuple[int, Panel]]:
    """Each panel with its number in the dashboard."""
    everyone = [panel for row in ROWS.values() for panel in row]
    return ((everyone.index(panel) + 1, panel) for panel in panels)


def _workspaces() -> built.QueryVariable:
    return (
        built.QueryVariable("workspace")
        .label("Workspace")
        .datasource(SOURCE)
        .query("label_values(assigner_dispatcher_leads, workspace)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(text="All", value="$__all", selected=True))
    )


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    made = _figure(panel) if panel.kind == "figure" else _graph(panel)
    made = (
        made.title(panel.title)
        .description(panel.means)
        .datasource(SOURCE)
        .unit(panel.unit)
        .span(panel.span)
        .height(panel.height)
        .thresholds(_limits(panel))
    )
    if panel.decimals is not None:
        made = made.decimals(panel.decimals)
    for letter, (legend, expr) in zip("ABCDEFGH", panel.asks.items(), strict=False):
        ask = prometheus.Dataquery().ref_id(letter).expr(expr).legend_format(legend).datasource(SOURCE)
        made = made.with_target(ask.instant() if panel.kind == "figure" else ask.range())
    return made


def _figure(panel: Panel) -> stat.Panel:
    return (
        stat.Panel()
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .text_mode(BigValueTextMode.VALUE_AND_NAME if len(panel.asks) > 1 else BigValueTextMode.AUTO)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def _graph(panel: Panel) -> timeseries.Panel:
    stacked = StackingMode.NORMAL if panel.kind == "area" else StackingMode.NONE
    lines = GraphThresholdsStyleMode.DASHED if panel.limits else GraphThresholdsStyleMode.OFF
    return (
        timeseries.Panel()
        .min(0)
        .fill_opacity(30 if panel.kind == "area" else 0)
        .stacking(common.StackingConfig().mode(stacked))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(lines))
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
    )


def _limits(panel: Panel) -> built.ThresholdsConfig:
    steps = [Threshold(value=None, color=panel.limits_from)]
    steps += [Threshold(value=value, color=color) for value, color in panel.limits]
    return built.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


if __name__ == "__main__":
    OUTPUT.write_text(as_json(), "utf-8")
