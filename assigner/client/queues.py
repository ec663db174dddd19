"""Queues: their settings, and how they stand."""

from __future__ import annotations

from typing import Unpack

from assigner.client.call import Call, change, get, path
from assigner.client.fields import QueueFields
from assigner.client.methods import Resource, S, asks, walks
from assigner.client.reading import one, pages
from assigner.client.records import Queue, QueueStats
from assigner.client.script import Script


class Queues(Resource[S]):
    """`client.queues`."""

    __slots__ = ()

    @asks
    def put(self, id: str, **said: Unpack[QueueFields]) -> Call[Queue]:
        """Make a queue, or replace its settings."""
        return change("PUT", path("queues", id), one(Queue), {**said})

    @asks
    def get(self, id: str) -> Call[Queue]:
        """The settings of a queue."""
        return get(path("queues", id), one(Queue))

    @walks
    def list(self) -> Script[Queue]:
        """All queues that were put, or that an open task is in, by id."""
        return pages(path("queues"), Queue, {})

    @asks
    def stats(self, id: str) -> Call[QueueStats]:
        """How a queue stands."""
        return get(path("queues", id, "stats"), one(QueueStats))
