"""A trace: what arrived when, as a CSV file, a row for each task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from api.errors import Fault
from api.faults import Invalid, find
from api.messages import Language
from api.schemas import Id, Instant, Name, Seconds
from assigner.cli.sheets import Complaint, Sheet
from assigner.cli.sheets import read as read_sheet
from assigner.cli.simulate.shapes import MOST_HOURS
from assigner.cli.words import maybe, say
from assigner.simulation.world import NEVER, USUAL, Case, Step, World

HOUR: Final = timedelta(hours=1)
MOST_ROWS: Final = 1_000_000


class ArrivalIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A task that arrived; `handle_s` is what it took, of an agent of the usual pace."""

    id: Id
    at: Instant
    category: Name
    handle_s: Seconds | None = None


class TraceIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """All of them."""

    rows: Annotated[list[ArrivalIn], Meta(max_length=MOST_ROWS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A task: its hour since the Monday's midnight before the first, its type, and hours of work or None."""

    at: float
    type: int
    hours: float | None


class Misread(Exception):
    """A trace of which nothing can be made: every complaint, with its row."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__()
        self.complaints = complaints


def read(data: bytes, file: str, categories: Sequence[str] | None, language: Language) -> list[Arrival]:
    """The arrivals of a trace, in the order of time, of these categories; None: of those it names itself.
    Raises Misread.
    """
    sheet = read_sheet(data, ArrivalIn, file, language)
    named = (str(record["category"]) for record in sheet.records if "category" in record)
    known = dict.fromkeys(named) if categories is None else categories
    place = {name: number for number, name in enumerate(known)}
    complaints = [*sheet.complaints, *_doubtful(sheet, place, language)]
    made: list[ArrivalIn] = []
    try:
        made = msgspec.convert(find({"rows": sheet.records}, TraceIn, language), TraceIn).rows
    except Invalid as error:
        complaints += [_complaint(sheet, fault) for fault in error.faults]
    if not (sheet.records or complaints):
        complaints.append(Complaint(file=file, row=0, column="", detail=say("sim_empty", language)))
    if complaints:
        raise Misread(sorted(complaints, key=lambda one: one.row))
    arrivals = _on_one_clock(made, place)
    if arrivals[-1].at - arrivals[0].at > MOST_HOURS:
        detail = say("sim_long_trace", language, most=MOST_HOURS)
        raise Misread([Complaint(file=file, row=0, column="at", detail=detail)])
    return arrivals


def cases(world: World, arrivals: Sequence[Arrival], usual: Sequence[float], seed: int) -> list[Case]:
    """A case of one task for each arrival; work that no row tells is drawn. `usual`: hours of each type."""
    chance = Random(f"{seed}/cases")  # noqa: S311 - chance, not secrets
    found = []
    for number, one in enumerate(arrivals):
        drawn = world.law(chance)
        work = drawn if one.hours is None else one.hours / usual[one.type]
        mean = world.patience[one.type] if world.patience else NEVER
        patience = chance.expovariate(1.0) * mean
        service = world.services[one.type][0][1] if world.services else USUAL
        step = Step(one.type, work, patience=patience, service=service)
        found.append(Case(number, one.at, (step,)))
    return found


def _doubtful(sheet: Sheet, place: Mapping[str, int], language: Language) -> Iterator[Complaint]:
    """Categories that the centre does not have, and tasks that are there twice."""
    seen: set[str] = set()
    for row, record in zip(sheet.rows, sheet.records, strict=True):
        name, id = record.get("category"), record.get("id")
        if name is not None and name not in place:
            near = maybe(name, place, language)
            detail = say("sim_no_category", language, name=name, maybe=near)
            yield Complaint(file=sheet.file, row=row, column="category", detail=detail)
        if id is not None:
            if id in seen:
                yield Complaint(file=sheet.file, row=row, column="id", detail=say("twice", language, name=id))
            seen.add(id)


def _on_one_clock(made: Sequence[ArrivalIn], place: Mapping[str, int]) -> list[Arrival]:
    ordered = sorted(made, key=lambda one: one.at)
    zero = _monday(ordered[0].at)
    return [
        Arrival(
            at=(one.at - zero) / HOUR,
            type=place[one.category],
            hours=None if one.handle_s is None else one.handle_s / 3_600,
        )
        for one in ordered
    ]


def _monday(at: datetime) -> datetime:
    """The midnight that began the week, by the offset of the instant itself."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=at.weekday())


def _complaint(sheet: Sheet, fault: Fault) -> Complaint:
    steps = fault.pointer.split("/")[2:]
    row = sheet.rows[int(steps[0])] if steps else 0
    return Complaint(file=sheet.file, row=row, column=" ".join(steps[1:]), detail=fault.detail)
