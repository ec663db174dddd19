"""Agents: put, changed, removed, present or away, and listed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import cursors, etags
from api.batch import Kind, respond
from api.changes import settled
from api.deps import live
from api.documents import document, fields, merge, read, same_id, understand
from api.errors import ApiError
from api.exchange import answer, body_of, listing, reading
from api.idempotency import REPLAYED, Ask, ask
from api.lists import page_limit
from api.live import Live
from api.paths import path_id
from api.query import Route
from api.records import agent_out, page
from api.shapes import AgentLine, AgentPut, PresenceIn
from assigner.domain.agent import Presence
from assigner.domain.instant import to_ms
from assigner.domain.records import AgentRecord
from assigner.store.base import OnAgent, Outcome, PutAgent

router = APIRouter(tags=["agents"], route_class=Route)


@router.put("/v1/agents/{id}", summary="Make an agent, or replace what was said of them")
async def put(request: Request) -> Response:
    """Make or replace an agent. `load` and `idle_since` belong to the service and are refused."""
    parts, id, body = live(request), path_id(request), await body_of(request)
    agent, given = read(body, AgentPut)
    same_id(id, agent.id)
    known = await _agent_of(parts, id) if etags.must_exist(request) else None
    version = 0 if etags.must_be_new(request) else etags.guarded(etags.expected(request), known)
    op = ask(request, body)
    try:
        outcome = await parts.do("put_agent", _command(id, agent, given, op, parts.clock.now_ms(), version))
    except ApiError as error:
        raise (
            ApiError("exists_already") if version == 0 and error.code == "stale_version" else error
        ) from None
    return _answer(outcome)


@router.patch("/v1/agents/{id}", summary="Change some fields of an agent (JSON merge patch)")
async def patch(request: Request) -> Response:
    """Change the fields given; null puts one back to its default."""
    parts, id, body = live(request), path_id(request), await body_of(request)
    op, seen, change = ask(request, body), etags.expected(request), fields(body)

    async def revised() -> Outcome:
        known = await _agent_of(parts, id)
        agent, given = understand(merge(known.doc, change), AgentPut, body)
        same_id(id, agent.id)
        version = etags.guarded(seen, known) or known.version
        return await parts.do("put_agent", _command(id, agent, given, op, parts.clock.now_ms(), version))

    return _answer(await (revised() if seen else settled(parts, revised)))


@router.get("/v1/agents/{id}", summary="An agent")
async def get(request: Request) -> Response:
    """An agent, with what they hold now."""
    agent = await _agent_of(live(request), path_id(request))
    return reading(request, agent_out(agent), agent.doc)


@router.delete("/v1/agents/{id}", summary="Forget an agent", status_code=204)
async def remove(request: Request) -> Response:
    """Forget an agent; one who has open offers or assigned tasks still is not forgotten."""
    parts, id, op = live(request), path_id(request), ask(request)
    outcome = await parts.do("remove_agent", await _on_agent(request, parts, id, op))
    return Response(status_code=204, headers=REPLAYED if outcome.replayed else {})


@router.put("/v1/agents/{id}/presence", summary="Available, away or offline")
async def put_presence(request: Request) -> Response:
    """Say whether the agent takes work, and until when."""
    parts, id, body = live(request), path_id(request), await body_of(request)
    said, _ = read(body, PresenceIn)
    command = await _on_agent(request, parts, id, ask(request, body))
    until = None if said.until is None else to_ms(said.until)
    command = replace(command, presence=Presence(said.presence), presence_until=until)
    return _answer(await parts.do("set_presence", command), made=False)


async def _on_agent(request: Request, parts: Live, id: str, op: Ask) -> OnAgent:
    """What is asked of an agent who is as the request says, if it says so."""
    return OnAgent(
        op=op.op,
        actor=op.actor,
        now=parts.clock.now_ms(),
        asked=op.asked,
        version=await _guard(request, parts, id),
        agent=id,
    )


@router.get("/v1/agents", summary="Agents")
async def list_agents(request: Request) -> Response:
    """Agents by id, of a team, with a skill, or in a presence when asked for."""
    query, limit = request.query_params, page_limit(request.query_params)
    view = await live(request).seen("agent", "task")
    ids = sorted(view.agents)
    after = query.get("cursor")
    first = 0 if after is None else bisect_right(ids, cursors.place("agents", after, str)[0])
    found: list[AgentRecord] = []
    for id in ids[first:]:
        if _matches(view.agents[id], query.get("team"), query.get("skill"), query.get("presence")):
            if len(found) == limit:
                return listing(
                    page([agent_out(agent) for agent in found], cursors.cursor("agents", (found[-1].id,)))
                )
            found.append(view.agents[id])
    return listing(page([agent_out(agent) for agent in found], None))


@router.post("/v1/agents/batch", summary="Make or replace many agents (NDJSON)")
async def batch(request: Request) -> Response:
    """Put an agent for each line; the answer has a line for each, in order."""
    parts = live(request)

    def command(agent: AgentLine, given: frozenset[str], op: Ask) -> PutAgent:
        return _command(agent.id, agent, given, op, parts.clock.now_ms(), None)

    kind = Kind(verb="put_agent", struct=AgentLine, command=command, warnings=lambda _: [])
    return await respond(request, kind)


def _command(
    id: str, agent: AgentPut, given: Collection[str], op: Ask, now: int, version: int | None
) -> PutAgent:
    return PutAgent(
        op=op.op,
        actor=op.actor,
        now=now,
        asked=op.asked,
        version=version,
        agent=id,
        doc=document(agent, given, without=("presence",)),
        capacity=agent.capacity,
        presence=None if agent.presence is None else Presence(agent.presence),
    )


def _answer(outcome: Outcome, *, made: bool = True) -> Response:
    if outcome.agent is None:  # an op whose agent has been removed since
        raise ApiError("unknown_agent")
    new = made and outcome.agent.version == 1
    return answer(
        agent_out(outcome.agent),
        outcome.agent.doc,
        status=201 if new else 200,
        kind="agents" if new else "",
        replayed=outcome.replayed,
    )


async def _agent_of(parts: Live, id: str) -> AgentRecord:
    agent = await parts.store.agent(id)
    if agent is None:
        raise ApiError("unknown_agent")
    return agent


async def _guard(request: Request, parts: Live, id: str) -> int | None:
    """The version that the store is to compare. Raises stale_version."""
    seen = etags.expected(request)
    return etags.guarded(seen, await parts.store.agent(id)) if seen else None


def _matches(agent: AgentRecord, team: str | None, skill: str | None, presence: str | None) -> bool:
    return (
        (team is None or team in agent.doc.get("teams", ()))
        and (skill is None or skill in agent.doc.get("skills", {}))
        and (presence is None or agent.presence == presence)
    )
