"""A cycle looks at a small part of everything, and decides as if it had looked at everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assigner.dispatch.ahead.foresight import Foresight
from assigner.dispatch.candidates import candidates, everything
from assigner.dispatch.feed import Feed
from assigner.dispatch.loop import Pace
from assigner.dispatch.mirror import Mirror
from assigner.domain.instant import rfc3339
from assigner.domain.lifecycle import TRANSITIONS
from assigner.domain.policy import RULES_OF_VALUE, Policy
from assigner.domain.preference import TERMS
from assigner.store.base import OnOffer, OnTask
from tests.dispatch.living import HOUR, MINUTE, START, Living, lived
from tests.dispatch.optimum import comparable, objective, overview

AGENTS = ("ana", "eva", "luis", "zoe")
TASKS = tuple(f"t{number}" for number in range(12))
INSTANTS = st.sampled_from([rfc3339(START + ms) for ms in (-HOUR, -1, 0, 5 * MINUTE, 10 * MINUTE, HOUR)])
SKILLS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), max_size=2)
SOMEBODY = st.lists(st.sampled_from(AGENTS), max_size=2)
Op = tuple[str, str, Any]
BOUNDED = settings(deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate, Phase.shrink))
"""Without the phase that explains a failure: it runs every example under a tracer, for minutes."""


def _doc(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=4).flatmap(
        lambda chosen: st.fixed_dictionaries({name: fields[name] for name in chosen})
    )


def task_docs(sizes: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    docs = _doc(
        skills=SKILLS,
        any_skills=st.lists(SKILLS, max_size=2),
        preferred_skills=SKILLS,
        category=st.sampled_from(("x", "y")),
        channel=st.sampled_from(("case", "email")),
        priority=st.sampled_from((50, 50, 51, "low", 100)),
        due_at=INSTANTS,
        not_before=INSTANTS,
        handle_s=st.sampled_from((60, 300, 301, 600, 3600)),
        preferred_agents=SOMEBODY,
        excluded_agents=SOMEBODY,
        pinned_agent=st.sampled_from(AGENTS),
        cooling_down=st.dictionaries(st.sampled_from(AGENTS), INSTANTS, max_size=2),
    ).map(_not_both)
    return st.builds(lambda doc, size: {**doc, "size": size}, docs, sizes)


def _not_both(doc: dict[str, Any]) -> dict[str, Any]:
    kept = [agent for agent in doc.get("excluded_agents", ()) if agent != doc.get("pinned_agent")]
    return {**doc, "excluded_agents": kept}


BREAK = {"from": rfc3339(START + 5 * MINUTE), "until": rfc3339(START + 6 * MINUTE)}
SHIFTS = st.sampled_from(
    [
        [{"from": rfc3339(START - HOUR), "until": rfc3339(START + HOUR), "breaks": [BREAK]}],
    ]
    + [
        [{"from": rfc3339(START + begins), "until": rfc3339(START + ends)} for begins, ends in shifts]
        for shifts in (
            [(-HOUR, 0), (5 * MINUTE, 10 * MINUTE)],
            [(0, 5 * MINUTE), (10 * MINUTE, HOUR)],
            [(-HOUR, 5 * MINUTE), (5 * MINUTE, HOUR)],
        )
    ]
)
AGENT_DOCS = _doc(
    skills=SKILLS,
    channels=st.lists(st.sampled_from(("case", "email")), max_size=2),
    available_from=INSTANTS,
    available_until=INSTANTS,
    shifts=SHIFTS,
    handle_s=st.dictionaries(st.sampled_from(("x", "y")), st.sampled_from((60, 600, 3600)), max_size=1),
)
AGENT_DOCS = st.builds(lambda doc, capacity: {**doc, "capacity": capacity}, AGENT_DOCS, st.integers(1, 3))
CURVE = [{"before_s": 600, "points": 0}, {"after_s": 60, "points": 30}, {"after_s": 300, "points": 31}]
TIMES = _doc(
    service_levels=st.sampled_from(
        [[{"first_response_s": 300, "resolution_s": 3600}], [{"category": "x", "resolution_s": 600}]]
    ),
    curve=st.just(CURVE),
    rule=st.sampled_from(sorted(RULES_OF_VALUE)),
)
STEPS = st.lists(
    st.builds(lambda after, skills: {"after_s": after, "skills": skills}, st.just(60), SKILLS), max_size=2
)


QUEUE, ANA, TASK = {"queue": "q"}, {"agent": "ana"}, {"tasks": 1}
SAID: dict[str, dict[str, Any]] = {
    "freeze": {},
    "unfreeze": {},
    "drain": {},
    "exclude": {"agent": "eva"},
    "pin": {"agent": "luis"},
    "unpin": {},
    "reprioritise": {"priority": 52},
    "reschedule": {"due_at": rfc3339(START + 5 * MINUTE)},
}
BY_HAND = st.sampled_from(
    [
        ("freeze", QUEUE, False),
        ("unfreeze", QUEUE, False),
        ("drain", ANA, False),
        ("exclude", QUEUE, False),
        *((action, TASK, True) for action in ("exclude", "pin", "unpin", "reprioritise", "reschedule")),
    ]
)


def ops(sizes: st.SearchStrategy[int]) -> st.SearchStrategy[list[Op]]:
    """What clients and time do, in any order, sensible or not."""
    task, agent, docs = st.sampled_from(TASKS), st.sampled_from(AGENTS), task_docs(sizes)
    verbs = st.sampled_from(("complete", "release", "hold", "resume", "cancel", "start", "reopen"))
    one = (
        st.tuples(st.just("task"), task, docs)
        | st.tuples(st.just("task"), task, docs)
        | st.tuples(st.just("agent"), agent, AGENT_DOCS)
        | st.tuples(st.just("presence"), agent, st.sampled_from(("available", "away")))
        | st.tuples(st.just("update"), task, docs)
        | st.tuples(st.just("answer"), task, st.sampled_from(("accept", "accept", "decline")))
        | st.tuples(verbs, task, st.none())
        | st.tuples(st.just("step"), st.just(""), st.none())
        | st.tuples(st.just("wait"), st.just(""), st.sampled_from((1, MINUTE, 5 * MINUTE)))
        | st.tuples(st.just("queue"), st.sampled_from(("q", "p")), st.tuples(STEPS, TIMES))
        | st.tuples(st.just("override"), task, BY_HAND)
    )
    begin = st.tuples(
        *(st.tuples(st.just("agent"), st.just(id), AGENT_DOCS) for id in AGENTS[:2]),
        *(st.tuples(st.just("task"), st.just(id), docs) for id in TASKS[:4]),
        st.just(("step", "", None)),
    )
    return st.builds(lambda begin, more: [*begin, *more], begin, st.lists(one, max_size=20))


async def do(live: Living, op: Op) -> None:
    """Do one thing; what is refused changes nothing."""
    verb, id, fact = op
    record = await live.store.task(id)
    match verb:
        case "task" if record is None:
            await live.task(id, queue="p" if id.endswith("1") else "q", **fact)
        case "agent":
            await live.agent(id, **fact)
        case "presence" if await live.store.agent(id):
            await live.present(id, fact)
        case "override":
            action, target, about = fact
            named = [id] if about and record else []
            await live.override(
                action, target, *named, until=live.clock.now_ms() + 6 * MINUTE, **SAID[action]
            )
        case "queue":
            await live.queue(id, relaxation=fact[0], floor={"a": 2}, **fact[1])
        case "answer" if record and record.offer:
            facts = {"cool_until": live.clock.now_ms() + 5 * MINUTE}
            await live.store.do(fact, [OnOffer(**live.said(), offer=record.offer, facts=facts)])
        case "step":
            await live.step()
        case "wait":
            await live.wait(fact)
        case _ if record and verb in TRANSITIONS:
            await _on_task(live, verb, id, fact, record.doc)


async def _on_task(live: Living, verb: str, id: str, fact: Any, doc: Mapping[str, Any]) -> None:
    facts = {
        "update": lambda: {"doc": fact, "size": fact["size"]},
        "reopen": lambda: {"doc": doc},
    }.get(verb, dict)()
    await live.store.do(verb, [OnTask(**live.said(), task=id, facts=facts)])


WEIGHTS = st.dictionaries(st.sampled_from([term.name for term in TERMS]), st.sampled_from((0, 0.001, 3)))


async def _same_as_everything(done: list[Op], weights: dict[str, float]) -> None:
    live = Living(pace=Pace(tick_ms=MINUTE, lease_ms=HOUR))
    for op in done:
        await do(live, op)
    feed = live.dispatcher.lead.feed if live.dispatcher.lead else await Feed.of(live.store)
    await feed.catch_up()
    await feed.close()
    known, now = feed.mirror, live.clock.now_ms()
    sees = Foresight(ticked=known.sees.ticked, log_price=known.sees.log_price)
    fresh = await Mirror.of(await live.store.world(), known.handling, sees)
    policy = Policy(weights=weights)
    found, all_of_it = candidates(feed.mirror, now, policy), everything(fresh, now)
    few = found.snapshot
    assert everything(feed.mirror, now) == all_of_it
    assert candidates(fresh, now, policy).snapshot == few
    assert {agent.id for agent in few.agents} <= {agent.id for agent in all_of_it.agents}
    rest = comparable(all_of_it, few)
    assert objective(few, weights, found.seen) == objective(rest, weights, overview(fresh, rest))
    for record in (await live.store.world()).agents:
        held = [task for task in feed.mirror.tasks.values() if task.record.agent == record.id]
        assert record.load == sum(task.record.size for task in held)


@settings(BOUNDED, max_examples=150)
@given(ops(st.just(1)), WEIGHTS)
def test_after_whatever_happened_the_candidates_have_the_optimum_of_everything(
    done: list[Op], weights: dict[str, float]
) -> None:
    """The mirror fed by events is the mirror of the world, and its few tasks decide as all of them do."""
    lived(_same_as_everything)(done, weights)


@settings(BOUNDED, max_examples=30)
@given(ops(st.integers(1, 3)), WEIGHTS)
def test_sizes_that_differ_leave_the_optimum_the_same(done: list[Op], weights: dict[str, float]) -> None:
    lived(_same_as_everything)(done, weights)


LIKE = _doc(
    priority=st.sampled_from((50, 51)),
    due_at=INSTANTS,
    not_before=INSTANTS,
    handle_s=st.sampled_from((60, 300, 301, 600, 3600)),
    preferred_agents=SOMEBODY,
    excluded_agents=SOMEBODY,
    cooling_down=st.dictionaries(st.sampled_from(AGENTS), INSTANTS, max_size=2),
).map(lambda doc: {**doc, "skills": {"a": 1}, "category": "x"})


@settings(BOUNDED, max_examples=200)
@given(
    st.lists(LIKE, min_size=4, max_size=10),
    st.permutations(TASKS),
    st.lists(AGENT_DOCS.map(lambda doc: {**doc, "skills": {"a": 2}}), min_size=1, max_size=3),
    WEIGHTS,
)
def test_of_like_tasks_none_is_left_out_that_somebody_would_tell_apart(
    docs: list[dict[str, Any]], ids: list[str], agents: list[dict[str, Any]], weights: dict[str, float]
) -> None:
    """One line, few places: names, windows and handling times count as they do in everything."""
    tasks = [("task", id, {"size": 1, **doc}) for id, doc in zip(ids, docs, strict=False)]
    people = [("agent", id, doc) for id, doc in zip(AGENTS, agents, strict=False)]
    lived(_same_as_everything)([*tasks, *people], weights)


@lived
async def test_a_long_line_sends_only_as_many_as_there_are_places() -> None:
    """Five hundred wait, two can be taken: two are looked at; those whom a free agent names, besides."""
    live = Living()
    for number in range(500):
        named = {"preferred_agents": ["ana"]} if number == 499 else {}
        await live.task(f"t{number:03}", skills={"es": 1}, priority=number % 100, **named)
    await live.agent("ana", skills={"es": 2}, capacity=2)
    await live.agent("eva", skills={"fr": 2}, capacity=9)
    mirror = await Mirror.of(await live.store.world())
    found = candidates(mirror, START, Policy()).snapshot
    assert [task.id for task in found.tasks] == ["t099", "t199", "t499"]
    assert [agent.id for agent in found.agents] == ["ana"]


@lived
async def test_many_long_lines_send_as_many_as_there_are_places_and_no_more() -> None:
    """By a rule over time: of tasks of thirty types, those worth most to whoever is free."""
    live = Living()
    for number in range(100):
        await live.task(f"t{number:02}", category=f"c{number % 30}", skills={"es": 1}, priority=number)
    await live.agent("ana", skills={"es": 2}, capacity=2)
    mirror = await Mirror.of(await live.store.world())
    found = candidates(mirror, START, Policy())
    assert [task.id for task in found.snapshot.tasks] == ["t98", "t99"]


@lived
async def test_only_those_who_share_lines_in_chains_have_places_for_each_others_tasks() -> None:
    """Ana and eva share no line; bob shares one with each. Who knows French alone has a place for none."""
    live = Living()
    for number in range(60):
        skill = ("es", "de", "fr")[number % 3]
        await live.task(f"t{number:02}", category=f"c{number % 30}", skills={skill: 1}, priority=number)
    await live.agent("ana", skills={"es": 2})
    await live.agent("bob", skills={"es": 2, "de": 2})
    await live.agent("eva", skills={"de": 2})
    await live.agent("luc", skills={"fr": 2})
    mirror = await Mirror.of(await live.store.world())
    found = candidates(mirror, START, Policy()).snapshot.tasks
    several = {"t51", "t54", "t57", "t52", "t55", "t58"}
    assert {task.id for task in found} == several | {"t59"}


@lived
async def test_where_rules_meet_there_are_tasks_of_each() -> None:
    """Or those of the rule `snapshot` would be valued as if there were no others."""
    live = Living()
    await live.queue("q", rule="snapshot")
    await live.queue("p", rule="price_and_hold")
    for number in range(6):
        await live.task(f"t{number}", queue="qp"[number % 2], priority=100 - 50 * (number % 2))
    await live.agent("ana")
    mirror = await Mirror.of(await live.store.world())
    found = candidates(mirror, START, Policy())
    assert {task.rule for task in found.snapshot.tasks} == {"snapshot", "price_and_hold"}
