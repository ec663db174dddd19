"""Prometheus' text format, written a family at a time: between two of them others may go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_ESCAPES_OF_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


def pages(families: Iterable[Metric], workspace: str | None = None) -> Iterator[str]:
    """The text of each family, https://prometheus.io/docs/instrumenting/exposition_formats/.

    With a workspace, the series of any other are left out.
    """
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        head = (
            f"# HELP {name} {family.documentation.translate(_ESCAPES_OF_HELP)}\n# TYPE {name} {family.type}\n"
        )
        yield head + "".join(
            [
                f"{one.name}{_labels(one.labels)} {_number(one.value)}\n"
                for one in family.samples
                if workspace is None or one.labels.get("workspace", workspace) == workspace
            ]
        )


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join([f'{name}="{_escaped(value)}"' for name, value in labels.items()]) + "}"


def _escaped(value: str) -> str:
    odd = '"' in value or "\\" in value or "\n" in value
    return value.translate(_ESCAPES) if odd else value


def _number(value: float) -> str:
    """As Go writes it: infinity has a sign and a capital letter."""
    text = repr(float(value))
    return text if text[-1].isdigit() else {"inf": "+Inf", "-inf": "-Inf"}.get(text, "NaN")
