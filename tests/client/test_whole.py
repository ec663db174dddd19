"""The client has a method for everything of the API, and each is the same for both kinds of client."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from assigner.client import AsyncClient, Client
from assigner.client.call import Call
from assigner.client.methods import Resource, asks, walks
from assigner.client.script import Open, Take
from tests.api_live.living import Living

SAID: dict[str, Any] = {
    "id": "ID",
    "agent": "ID",
    "presence": "away",
    "reason": "why",
    "action": "hold",
    "target": {},
    "name": "crm",
    "role": "sre",
    "snapshot": {},
    "tasks": [{"id": "ID"}],
    "agents": [{"id": "ID"}],
}
NOT_OURS = {"/assign", "/metrics", "/livez"}
"""Another name of a route, and what is for Prometheus and for who runs it."""


def parts(client: Any) -> Iterator[Resource[Any]]:
    """The client, and its parts."""
    yield client
    for name in type(client).__mro__[1].__slots__:
        yield getattr(client, name)


def methods(part: Resource[Any]) -> Iterator[tuple[str, Any]]:
    """The methods of a part that ask something."""
    for kind in type(part).__mro__:
        for name, made in vars(kind).items():
            if isinstance(made, asks | walks):
                yield name, made


def call_of(part: Resource[Any], method: Any) -> Call[Any]:
    """The first request of a method."""
    needed = [
        item.name
        for item in inspect.signature(method.make).parameters.values()
        if item.default is item.empty and item.kind is item.POSITIONAL_OR_KEYWORD and item.name != "self"
    ]
    made = method.make(part, *(SAID[name] for name in needed))
    if isinstance(method, asks):
        assert isinstance(made, Call)
        return made
    step = next(made)
    if isinstance(step, Take):
        step = made.send([{"id": "ID"}])
    call = step.call if isinstance(step, Open) else step
    assert isinstance(call, Call)
    return call


def test_the_client_asks_every_route_and_no_other(centre: Living) -> None:
    with Client() as client:
        calls = [call_of(part, method) for part in parts(client) for _, method in methods(part)]
    asked = {(call.method, call.target.partition("?")[0].replace("/ID", "/{id}")) for call in calls}
    told = centre.ask("GET", "/openapi.json").json()["paths"]
    routes = {
        (method.upper(), path)
        for path, found in told.items()
        for method in found
        if path not in NOT_OURS and method in ("get", "post", "put", "patch", "delete")
    }
    assert asked == routes


def test_every_change_has_an_idempotency_key_and_each_call_another() -> None:
    with Client() as client:
        calls = [call_of(part, method) for part in parts(client) for _, method in methods(part)]
        again = [call_of(part, method) for part in parts(client) for _, method in methods(part)]
    keys = [call.headers.get("Idempotency-Key") for call in calls + again]
    changes = [call.method != "GET" and call.target != "/v1/assign" for call in calls + again]
    assert [key is not None for key in keys] == changes
    assert len({key for key in keys if key}) == sum(changes)


def test_both_clients_have_the_same_methods() -> None:
    """Each method is there once: what a client's kind decides is who sends what it asks."""
    one, other = (dict(told(client)) for client in (Client(), AsyncClient()))
    assert one == other


def test_a_method_tells_what_it_takes_and_does() -> None:
    make = AsyncClient().tasks.make
    assert make.__doc__
    assert make.__doc__.startswith("Make a task")
    assert list(inspect.signature(make).parameters) == ["id", "said"]


def told(client: Any) -> Iterator[tuple[str, Any]]:
    for part in parts(client):
        for name, method in methods(part):
            yield f"{type(part).__name__.removeprefix('Async')}.{name}", method
