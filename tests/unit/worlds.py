"""Hypothesis strategies for requests in which things collide: few names, instants at the edges."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

Json = dict[str, Any]

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HANDLING_S = (0.001, 60, 600, 600.0005, 900, 3600)
EDGES_S = (-3600, -60, -0.001, 0, 0.001, 60, 599.999, 600, 600.001, 900, 3600)
ZONES = (UTC, timezone(timedelta(hours=1)), timezone(-timedelta(hours=9, minutes=30)))

thorough = settings(max_examples=1000, deadline=None, derandomize=True)
brief = settings(max_examples=250, deadline=None, derandomize=True)


def at(seconds: float, zone: timezone = UTC) -> str:
    """The instant this many seconds from now."""
    return (NOW + timedelta(milliseconds=round(seconds * 1000))).astimezone(zone).isoformat()


INSTANTS = st.builds(at, st.sampled_from(EDGES_S), st.sampled_from(ZONES))
PAST = st.builds(at, st.sampled_from((-(10**8), -90_000, -7200, -3600, -3599, -1, 0)))
LEVELS = st.integers(1, 4)
SKILLS = st.dictionaries(st.sampled_from("abc"), LEVELS, max_size=3)
NAMES = ("ana", "eva", "luis", "zoe")
SOMEBODY = st.sampled_from((*NAMES, "gone"))
CHANNELS = ("case", "email")
CATEGORIES = ("invoice", "order")


def few(most: int = 6, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """A dict with some of these fields."""
    return st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=most).flatmap(
        lambda chosen: st.fixed_dictionaries({name: fields[name] for name in chosen})
    )


def _not_both(task: Json) -> Json:
    pinned = task.get("pinned_agent")
    kept = [agent for agent in task.get("excluded_agents", []) if agent != pinned]
    return {**task, "excluded_agents": kept} if "excluded_agents" in task else task


TASKS = few(
    skills=SKILLS,
    any_skills=st.lists(SKILLS, max_size=2),
    preferred_skills=SKILLS,
    channel=st.sampled_from(CHANNELS),
    category=st.sampled_from(CATEGORIES),
    priority=st.sampled_from((0, 50, 51, 100, 70.0, "low", "urgent")),
    created_at=st.builds(at, st.sampled_from((-(10**8), -7200, -3600, -3599, -1, 0, 60))),
    due_at=st.builds(at, st.sampled_from((-(10**8), -3600, -1, 0, 0.001, 3600, 14_400, 10**8))),
    not_before=INSTANTS | st.none(),
    handle_s=st.sampled_from(HANDLING_S),
    size=st.integers(1, 3),
    preferred_agents=st.lists(SOMEBODY, max_size=2),
    excluded_agents=st.lists(SOMEBODY, max_size=3),
    pinned_agent=SOMEBODY | st.none(),
    cooling_down=st.dictionaries(SOMEBODY, INSTANTS, max_size=3),
    queue=st.sampled_from(("q", "r")),
    case=st.just("C-1"),
    tags=st.just(["vip", "ñ"]),
    attributes=st.just({"crm": [1, {"x": None}]}),
).map(_not_both)


def in_order(agent: Json) -> Json:
    """The agent, whose window ends after it begins; without its end where the two are one."""
    said = {name: agent.get(name) for name in ("available_from", "available_until")}
    begins, ends = (None if text is None else datetime.fromisoformat(text) for text in said.values())
    if begins is None or ends is None or begins < ends:
        return agent
    turned = {"available_from": said["available_until"], "available_until": said["available_from"]}
    return {**agent, **(turned if ends < begins else {"available_until": None})}


AGENTS = few(
    skills=SKILLS,
    presence=st.sampled_from(("available", "available", "away", "offline")),
    channels=st.lists(st.sampled_from(CHANNELS), max_size=2) | st.none(),
    capacity=st.integers(0, 3),
    load=st.integers(0, 3),
    available_from=INSTANTS | st.none(),
    available_until=INSTANTS | st.none(),
    idle_since=st.builds(at, st.sampled_from((-90_000, -3600, -1, 0, 60))),
    handle_s=st.dictionaries(st.sampled_from(CATEGORIES), st.sampled_from(HANDLING_S), max_size=2),
).map(in_order)

WEIGHTS = st.dictionaries(
    st.sampled_from(("urgency", "fit", "idle", "load")), st.sampled_from((0, 0.0004, 0.5, 1, 3, 10))
)


def requests(mixed: bool = False, most: int = 4) -> st.SearchStrategy[Json]:
    """Up to `most` tasks and four agents, in any order; unless `mixed`, all tasks have one size."""
    sizes = st.just(0) if mixed else st.sampled_from((1, 1, 1, 2))
    return st.builds(
        _request,
        st.lists(TASKS, max_size=most),
        st.permutations([f"t{n}" for n in range(most)]),
        st.lists(AGENTS, max_size=len(NAMES)),
        st.permutations(NAMES),
        WEIGHTS,
        st.sampled_from(ZONES),
        sizes,
    )


def _request(
    tasks: list[Json],
    ids: list[str],
    agents: list[Json],
    names: list[str],
    weights: Json,
    zone: timezone,
    size: int,
) -> Json:
    one_size = {"size": size} if size else {}
    return {
        "now": at(0, zone),
        "tasks": [{"id": id, **task, **one_size} for id, task in zip(ids, tasks, strict=False)],
        "agents": [{"id": name, **agent} for name, agent in zip(names, agents, strict=False)],
        "policy": {"weights": weights},
    }


def blocked() -> st.SearchStrategy[Json]:
    """One task and two agents with what refuses and little else, so that one change is often enough."""
    task = few(
        3,
        skills=SKILLS,
        any_skills=st.lists(SKILLS, max_size=2),
        channel=st.sampled_from(CHANNELS),
        not_before=INSTANTS,
        size=st.integers(1, 3),
        excluded_agents=st.lists(SOMEBODY, max_size=2),
        pinned_agent=SOMEBODY,
        cooling_down=st.dictionaries(SOMEBODY, INSTANTS, max_size=3),
    ).map(_not_both)
    agent = few(
        2,
        skills=SKILLS,
        presence=st.sampled_from(("away", "offline")),
        channels=st.lists(st.sampled_from(CHANNELS), max_size=1),
        capacity=st.integers(0, 3),
        load=st.integers(0, 3),
        available_from=INSTANTS,
        available_until=INSTANTS,
    ).map(in_order)
    return st.builds(
        lambda task, *agents: {
            "now": at(0),
            "tasks": [{"id": "t0", **task}],
            "agents": [{"id": name, **agent} for name, agent in zip(NAMES, agents, strict=False)],
        },
        task,
        agent,
        agent,
    )
