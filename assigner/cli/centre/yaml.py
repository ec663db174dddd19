"""A YAML file as the data that JSON could have said, and on which line each part of it is.

What has no quotes is what JSON would read it as: null (also ~, or nothing), true, false or a number. All
else is text as it is written: `no`, `08:00`, `007` and `2026-11-23` stay what they look like; so is a key.
Anchors, aliases and the merge key `<<` work; what aliases bring in is bounded, tags are refused.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from typing import Any, Final

import yaml

from api.messages import Language
from api.schemas import DEEPEST
from assigner.cli.words import say

MOST_LEVELS: Final = DEEPEST + 2
"""A document may be as deep as a body of the API; it is two levels deep in the file."""

MOST_BORROWED: Final = 5_000_000
"""How many values aliases may bring in, in all: a few lines can name billions."""

MERGE: Final = "<<"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_LONGEST_INTEGER = 18
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something wrong in a file: where, as a line and a JSON Pointer, and a sentence."""

    file: str
    line: int
    pointer: str
    detail: str

    def told(self) -> str:
        """As compilers tell it, so that an editor finds the place."""
        return ": ".join(filter(None, (f"{self.file}:{self.line}", self.pointer, self.detail)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A file's data, what is wrong with its YAML, and the lines of its objects' keys and lists' items."""

    file: str
    data: Any
    mistakes: list[Mistake]
    lines: dict[int, array[int]]
    _found: dict[int, dict[str, tuple[int, Any]]] = field(default_factory=dict)

    def line(self, path: Sequence[str]) -> int:
        """The line of what a path leads to, or of as much of it as is there."""
        value, line = self.data, 1
        for step in path:
            inner = self._within(value)
            if step not in inner:
                return line
            line, value = inner[step]
        return line

    def _within(self, value: Any) -> dict[str, tuple[int, Any]]:
        """What is in an object or a list by its step, with its line."""
        if not isinstance(value, dict | list):
            return {}
        if id(value) not in self._found:
            parts = value.items() if isinstance(value, dict) else ((str(i), v) for i, v in enumerate(value))
            lines = self.lines[id(value)]
            self._found[id(value)] = {
                key: (line, part) for (key, part), line in zip(parts, lines, strict=True)
            }
        return self._found[id(value)]


def load(text: bytes, file: str, language: Language) -> Loaded:
    """Read a file. With a mistake in its YAML the data is what was read until there."""
    builder = _Builder(file, language)
    try:
        builder.build(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        detail = say("yaml_not_utf8", language)
        builder.mistakes.append(Mistake(file=file, line=line, pointer="", detail=detail))
    data = None if builder.root is _NOTHING else builder.root
    return Loaded(file=file, data=data, mistakes=builder.mistakes, lines=builder.lines)


@lru_cache(maxsize=65_536)
def plain(text: str) -> Any:
    """What a text without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    if found[2] is None and found[3] is None and len(text) <= _LONGEST_INTEGER:
        return int(text)
    return float(text) if isfinite(float(text)) else text


@dataclass(slots=True, kw_only=True)
class _Anchored:
    """A value with an anchor: how many values it holds, itself too, and how deep they nest."""

    value: Any
    nodes: int = 1
    depth: int = 0


@dataclass(slots=True, kw_only=True)
class _Frame:
    """An object or a list that is being read; of an object, the key whose value comes next."""

    value: Any
    anchor: str | None
    line: int
    lines: array[int] = field(default_factory=lambda: array("I"))
    key: str | None = None
    key_line: int = 0
    merging: bool = False
    merges: list[dict[str, Any]] = field(default_factory=list)
    nodes: int = 1
    depth: int = 0


class _Stop(Exception):
    """A mistake after which nothing can be made of the rest."""


class _Builder:
    """Makes data of the parser's events."""

    def __init__(self, file: str, language: Language) -> None:
        self.root: Any = _NOTHING
        self.mistakes: list[Mistake] = []
        self.lines: dict[int, array[int]] = {}
        self._file = file
        self._language = language
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._borrowed = 0
        self._takes: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.DocumentStartEvent: self._document,
        }

    def build(self, text: str) -> None:
        """Read all, or until nothing can be made of it."""
        loader = None
        try:
            loader = _LOADER(text)
            while loader.check_event():
                event = loader.get_event()
                if take := self._takes.get(type(event)):
                    take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._note("bad_yaml", mark.line + 1 if mark else 1, error=error.problem)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self._note("bad_yaml", line, error=error.reason)
        except _Stop:
            pass
        finally:
            if loader is not None:
                loader.dispose()

    def _note(self, key: str, line: int, **facts: object) -> None:
        pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in self._steps())
        detail = say(key, self._language, **facts)
        self.mistakes.append(Mistake(file=self._file, line=line, pointer=pointer, detail=detail))

    def _steps(self) -> list[str]:
        """The path to the value that comes next."""
        return [
            str(len(frame.value)) if isinstance(frame.value, list) else frame.key or ""
            for frame in self._frames
            if isinstance(frame.value, list) or frame.key is not None
        ]

    def _stop(self, key: str, line: int, **facts: object) -> None:
        self._note(key, line, **facts)
        raise _Stop

    def _document(self, event: Any) -> None:
        if self.root is not _NOTHING:
            self._stop("second_document", event.start_mark.line + 1)

    def _scalar(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if event.tag is not None:
            self._note("tagged", line, tag=event.tag)
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            self._key(frame, event)
            return
        value = plain(event.value) if event.implicit[0] else event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value=value)
        self._put(value, line, 1, 0)

    def _key(self, frame: _Frame, event: Any) -> None:
        frame.key, frame.key_line = sys.intern(event.value), event.start_mark.line + 1
        frame.merging = frame.key == MERGE and event.implicit[0]
        if frame.key in frame.value and not frame.merging:
            first = frame.lines[list(frame.value).index(frame.key)]
            self._note("twice_at", frame.key_line, name=frame.key, first=first)

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self._may_begin(line)
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            self._stop("no_anchor", line, name=event.anchor)
            return
        self._borrowed += anchored.nodes
        if self._borrowed > MOST_BORROWED:
            self._stop("too_many_aliased", line, most=MOST_BORROWED)
        if len(self._frames) + anchored.depth > MOST_LEVELS:
            self._stop("too_deep", line, most=MOST_LEVELS)
        self._put(anchored.value, line, anchored.nodes, anchored.depth)

    def _may_begin(self, line: int) -> None:
        """Refuse a key that is no plain text."""
        frame = self._frames[-1] if self._frames else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self._stop("odd_key", line)

    def _open(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self._may_begin(line)
        if event.tag is not None:
            self._note("tagged", line, tag=event.tag)
        if len(self._frames) >= MOST_LEVELS:
            self._stop("too_deep", line, most=MOST_LEVELS)
        value: Any = {} if type(event) is yaml.MappingStartEvent else []
        self._frames.append(_Frame(value=value, anchor=event.anchor, line=line))

    def _close(self, _: Any) -> None:
        frame = self._frames.pop()
        for source in frame.merges:
            taken = zip(source.items(), self.lines[id(source)], strict=True)
            for (key, value), line in taken:
                if key not in frame.value:
                    frame.value[key] = value
                    frame.lines.append(line)
        self.lines[id(frame.value)] = frame.lines
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Anchored(value=frame.value, nodes=frame.nodes, depth=frame.depth)
        self._put(frame.value, frame.line, frame.nodes, frame.depth)

    def _put(self, value: Any, line: int, nodes: int, depth: int) -> None:
        """Put a value where it belongs: in the list, or under the key, that is being read."""
        if not self._frames:
            self.root = value
            return
        frame = self._frames[-1]
        frame.nodes += nodes
        frame.depth = max(frame.depth, depth + 1)
        if isinstance(frame.value, list):
            frame.value.append(value)
            frame.lines.append(line)
            return
        if frame.merging:
            self._merge(frame, value)
        elif frame.key is not None and frame.key not in frame.value:
            frame.lines.append(frame.key_line)
            frame.value[frame.key] = value
        frame.key = None

    def _merge(self, frame: _Frame, value: Any) -> None:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            self._stop("bad_merge", frame.key_line)
        frame.merges.extend(sources)
