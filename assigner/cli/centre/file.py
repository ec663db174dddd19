"""A centre from YAML files: queues, agents and tasks as the service would store them; or every mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Struct

from api.documents import document, same_id, understand
from api.errors import ApiError, Fault
from api.exchange import MOST_BYTES
from api.faults import ID, Invalid, pointer, show
from api.live import MAIN_QUEUE
from api.messages import Language
from api.shapes import AgentPut, QueuePut, TaskPut
from assigner.cli.centre.yaml import Loaded, Mistake, load
from assigner.cli.words import maybe, say

Doc = dict[str, Any]
Docs = dict[str, Doc]
"""Documents by id."""

STRUCTS: Final[Mapping[str, type[Struct]]] = {"queues": QueuePut, "agents": AgentPut, "tasks": TaskPut}
"""The sections of a centre, in the order in which they are applied."""

YOURS: Final = "x-"
"""How a section begins that is nobody's but the writer's: a place for anchors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """What files say: the documents of each section that is there, and the files, to find lines in."""

    docs: Mapping[str, Docs]
    files: Sequence[Loaded]

    def place(self, kind: str, id: str, inner: str = "") -> tuple[str, int, str]:
        """File, line and JSON Pointer of a record, or of what an inner pointer names in it."""
        file = next(file for file in self.files if id in _section(file, kind))
        steps = [kind, id, *(step.replace("~1", "/").replace("~0", "~") for step in inner.split("/")[1:])]
        return file.file, file.line(steps), pointer(tuple(steps))

    def mistake(self, kind: str, id: str, detail: str, inner: str = "") -> Mistake:
        """Something wrong with a record, with its place."""
        file, line, at = self.place(kind, id, inner)
        return Mistake(file=file, line=line, pointer=at, detail=detail)


def read(texts: Mapping[str, bytes], language: Language, *, prune: bool) -> tuple[Centre, list[Mistake]]:
    """The centre that files, by name, make together; and all that is wrong with them, in order."""
    files = [load(text, name, language) for name, text in texts.items()]
    mistakes = [mistake for file in files for mistake in _outer(file, language)]
    docs: dict[str, Docs] = {}
    centre = Centre(docs=docs, files=files)
    for file in files:
        for kind in _sections(file):
            known = docs.setdefault(kind, {})
            for id, said in _section(file, kind).items():
                if id in known:
                    mistakes.append(_elsewhere(file, centre, kind, id, language))
                    continue
                known[id] = {}
                doc, faults = checked(kind, id, {} if said is None else said, language)
                known[id] = doc
                mistakes += [_placed(file, kind, id, fault, language) for fault in faults]
    if prune and "agents" not in docs and not mistakes:
        detail = say("prune_nobody", language)
        mistakes.append(Mistake(file=files[0].file, line=1, pointer="", detail=detail))
    order = {file.file: number for number, file in enumerate(files)}
    return centre, sorted(mistakes, key=lambda mistake: (order[mistake.file], mistake.line))


def checked(kind: str, id: str, said: Any, language: Language) -> tuple[Doc, list[Fault]]:
    """A document as the service would store it, and the faults that the service would find in it."""
    faults = []
    if not ID.fullmatch(id):
        detail = say("bad_id", language, shown=show(id))
        faults.append(Fault(pointer="", code="bad_id", detail=detail))
    if not isinstance(said, dict):
        detail = say("not_object", language, shown=show(said))
        return {}, [*faults, Fault(pointer="", code="wrong_type", detail=detail)]
    try:
        doc = normal(kind, id, said)
    except Invalid as error:
        return {}, faults + error.faults
    except ApiError as error:
        return {}, [*faults, Fault(pointer="", code=error.code, detail=error.detail)]
    if len(msgspec.json.encode({"id": id, **doc})) > MOST_BYTES:
        detail = say("too_large", language, most=MOST_BYTES)
        faults.append(Fault(pointer="", code="too_long", detail=detail))
    return doc, faults


def normal(kind: str, id: str, said: Doc) -> Doc:
    """A document in the service's one spelling, without what is at its default. Raises ApiError."""
    struct = STRUCTS[kind]
    made, given = understand(said, struct, msgspec.json.encode(said))
    same_id(id, made.id)  # type: ignore[attr-defined]
    doc = document(made, given)
    if kind == "tasks":
        doc.setdefault("queue", MAIN_QUEUE)
    return doc


def _section(file: Loaded, kind: str) -> Mapping[str, Any]:
    """The records of a section by id; none where there is no such thing."""
    section = file.data.get(kind) if isinstance(file.data, dict) else None
    return section if isinstance(section, dict) else {}


def _sections(file: Loaded) -> Iterable[str]:
    return [kind for kind in STRUCTS if isinstance(file.data, dict) and kind in file.data]


def _outer(file: Loaded, language: Language) -> Iterator[Mistake]:
    """What is wrong with a file before its records are looked at."""
    yield from file.mistakes
    if not isinstance(file.data, dict):
        if file.data is not None:
            yield _mistake(file, (), say("not_object", language, shown=show(file.data)))
        elif not file.mistakes:
            yield _mistake(file, (), say("centre_empty", language))
        return
    for name, section in file.data.items():
        if name in STRUCTS and not (section is None or isinstance(section, dict)):
            yield _mistake(file, (name,), say("not_object", language, shown=show(section)))
        elif name not in STRUCTS and not name.startswith(YOURS):
            detail = say("no_section", language, name=name, maybe=maybe(name, STRUCTS, language))
            yield _mistake(file, (name,), detail)


def _elsewhere(file: Loaded, centre: Centre, kind: str, id: str, language: Language) -> Mistake:
    """An id that an earlier file has."""
    other, line, _ = centre.place(kind, id)
    return _mistake(file, (kind, id), say("elsewhere", language, name=id, file=other, line=line))


def _placed(file: Loaded, kind: str, id: str, fault: Fault, language: Language) -> Mistake:
    """A fault of a document, where the file has it."""
    inner = [step.replace("~1", "/").replace("~0", "~") for step in fault.pointer.split("/")[1:]]
    detail = say("other_id", language) if fault.code == "other_id" else fault.detail
    if fault.code == "wrong_type" and detail.endswith("expected a string."):
        detail += say("quote_it", language)
    return _mistake(file, (kind, id, *inner), detail)


def _mistake(file: Loaded, path: tuple[str, ...], detail: str) -> Mistake:
    return Mistake(file=file.file, line=file.line(path), pointer=pointer(path), detail=detail)
