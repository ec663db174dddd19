"""What commands are drawn from, by who tries them on both stores."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from assigner.domain.lifecycle import NOT_BEFORE, TRANSITIONS
from assigner.store.base import (
    OnOffer,
    OnTask,
    Step,
)
from assigner.store.overlay import FIELDS
from tests.store.scene import FUTURE, NOW, PAST

TASKS, AGENTS, OFFERS, QUEUES = ("t0", "t1", "t2"), ("ann", "bob"), ("o0", "o1", "o2", "o3"), ("q0", "q1")
OF_OFFERS = ("accept", "decline", "expire", "revoke")
OF_TASKS = tuple(verb for verb in TRANSITIONS if verb not in (*OF_OFFERS, "offer", "adjust"))
OVERRIDES, SLOTS, KEYS = ("x0", "x1", "x2", "x3"), ("freeze q0", "drain ann", None, None), ("k0", "k1")
NOBODY = {"op": st.just(""), "actor": st.just(""), "now": st.just(0)}
"""A step's own are those of its override."""
LOOKING = 8
LEASES = ("held", "held", "held", "lost", None)

docs = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 1) | st.text(max_size=2), max_size=2)
instants = st.sampled_from([PAST, FUTURE])
sizes = st.integers(1, 3)
maybe = {
    "reason": st.sampled_from(["why", "", NOT_BEFORE, None]),
    "until": instants | st.none(),
    "not_before": instants | st.none(),
    "cool_until": st.sampled_from([PAST, NOW + 3, FUTURE, None]),
    "outcome": st.sampled_from(["paid", None]),
    "promised": st.fixed_dictionaries({}, optional={"respond_by": instants, "due_at": instants}),
    "presence": st.sampled_from(["away", None]),
    "force": st.booleans(),
    "queue": st.sampled_from(QUEUES),
    "size": sizes,
    "doc": docs,
    "override": st.sampled_from(OVERRIDES),
    "was": st.fixed_dictionaries(
        {"queue": st.sampled_from(QUEUES), "skills": st.just({}) | st.just({"a": 3})}
    ),
    "lenient": st.booleans(),
}
facts = st.fixed_dictionaries(
    {"agent": st.sampled_from([*AGENTS, "nobody"]), "relaxed": st.integers(0, 2)}, optional=maybe
)

some_agents = st.sets(st.sampled_from(AGENTS)).map(sorted)
sayings = st.fixed_dictionaries(
    {},
    optional={
        "priority": st.sampled_from([10, 90]),
        "due_at": instants | st.none(),
        "pinned_agent": st.sampled_from([*AGENTS, None]),
    },
)


@st.composite
def adjustments(draw: st.DrawFn) -> dict[str, Any]:
    """The facts of an `adjust`, in which each field and each agent is named once."""
    said, agents = draw(sayings), draw(some_agents)
    named = {*agents, said.get("pinned_agent")}
    lift = [name for name in draw(st.sets(st.sampled_from(FIELDS)).map(sorted)) if name not in said]
    told = {
        "override": draw(st.sampled_from(OVERRIDES)),
        "set": said,
        "lift": lift,
        "exclude": [agent for agent in agents if agent != said.get("pinned_agent")],
        "admit": [agent for agent in draw(some_agents) if agent not in named],
        "replace": draw(st.booleans()),
    }
    kept = {name: value for name, value in told.items() if value}
    return {**kept, "reason": "by hand"} | ({"lenient": True} if draw(st.booleans()) else {})


of_tasks = st.sampled_from(["assign", "release", "transfer", "hold", "resume", "cancel", "start", "update"])
steps = st.one_of(
    st.tuples(
        of_tasks,
        st.builds(
            OnTask,
            task=st.sampled_from(TASKS),
            facts=facts,
            version=st.sampled_from([None, None, None, 2]),
            **NOBODY,
        ),
    ),
    st.tuples(
        st.just("adjust"), st.builds(OnTask, task=st.sampled_from(TASKS), facts=adjustments(), **NOBODY)
    ),
    st.tuples(st.just("revoke"), st.builds(OnOffer, offer=st.sampled_from(OFFERS), facts=facts, **NOBODY)),
)


def own(steps: list[Step], override: str) -> list[Step]:
    """Steps as those of an override."""
    return [(verb, replace(one, facts={**one.facts, "override": override})) for verb, one in steps]


def undoing() -> list[Step]:
    """Steps that undo whatever an override may have done."""
    lifted = {"lift": list(FIELDS), "admit": list(AGENTS)}
    said = {"adjust": lifted, "resume": {}, "release": {}, "transfer": {"doc": {}, "queue": "q0", "size": 1}}
    step = {"op": "", "actor": "", "now": 0}
    return [(verb, OnTask(**step, task=id, facts=facts)) for id in TASKS for verb, facts in said.items()]
