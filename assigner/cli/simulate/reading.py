"""From files' text to a world to simulate, or all that is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.errors import ApiError, Fault
from api.faults import Invalid, find, pointer
from api.messages import Language
from assigner.cli.centre.yaml import Loaded, Mistake, load
from assigner.cli.simulate import trace
from assigner.cli.simulate.describe import HOUR_S, WEEK, Described, world_of
from assigner.cli.simulate.mistakes import Found, mistakes
from assigner.cli.simulate.shapes import CentreIn
from assigner.cli.simulate.trace import Arrival, Misread
from assigner.cli.words import say


class Refused(Exception):
    """Files of which no world can be made: every mistake in them, a line each, with its place."""

    def __init__(self, told: Sequence[str]) -> None:
        super().__init__()
        self.told = told


def read(text: bytes, file: str, language: Language, traced: tuple[bytes, str] | None = None) -> Described:
    """The world that a file says; `traced` is a trace and its name. Raises Refused."""
    said, wrong = _centre(text, file, language, traced=traced is not None)
    told = [mistake.told() for mistake in wrong]
    arrivals: Sequence[Arrival] = ()
    if traced is not None:
        try:
            arrivals = trace.read(*traced, None if said is None else list(said.categories), language)
        except Misread as misread:
            told += [complaint.told(language) for complaint in misread.complaints]
    if said is None or told:
        raise Refused(told)
    hours = arrivals[-1].at + WEEK if arrivals else float(said.hours)
    usual = [category.handle_s / HOUR_S for category in said.categories.values()]
    return Described(world=world_of(said, hours), hours=hours, usual=usual, arrivals=arrivals)


def _centre(
    text: bytes, file: str, language: Language, *, traced: bool
) -> tuple[CentreIn | None, list[Mistake]]:
    """What a file says, None when that cannot be told, and what is wrong with it."""
    loaded = load(text, file, language)
    if loaded.mistakes:
        return None, list(loaded.mistakes)
    try:
        data = {} if loaded.data is None else loaded.data  # of an empty file, say what is missing
        said = msgspec.convert(find(data, CentreIn, language), CentreIn)
    except Invalid as error:
        faults = [(tuple(_steps(fault.pointer)), _detail(fault, language)) for fault in error.faults]
        return None, _placed(loaded, faults)
    except ApiError as error:
        return None, _placed(loaded, [((), error.detail)])
    return said, _placed(loaded, list(mistakes(said, language, traced=traced)))


def _detail(fault: Fault, language: Language) -> str:
    unquoted = fault.code == "wrong_type" and fault.detail.endswith("expected a string.")
    return fault.detail + (say("quote_it", language) if unquoted else "")


def _steps(text: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _placed(loaded: Loaded, faults: Sequence[Found]) -> list[Mistake]:
    made = [
        Mistake(file=loaded.file, line=loaded.line(path), pointer=pointer(path), detail=detail)
        for path, detail in faults
    ]
    return sorted(made, key=lambda mistake: mistake.line)
