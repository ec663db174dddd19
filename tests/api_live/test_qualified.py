"""Who could ever take a task: the same after whatever changed as if everybody were asked anew."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.qualified import GROUP, Qualified
from assigner.domain.agent import Presence
from assigner.domain.records import AgentRecord, Doc

Op = tuple[str, str, Doc, int]
IDS = st.sampled_from("abcd")
LEVELS = st.integers(1, 3)
SKILLS = st.fixed_dictionaries({}, optional={"x": LEVELS, "y": LEVELS})
DOCS = st.fixed_dictionaries(
    {}, optional={"skills": SKILLS, "channels": st.lists(st.sampled_from(("chat", "mail")), max_size=1)}
)
OPS = st.lists(
    st.tuples(st.sampled_from(("put", "put", "remove")), IDS, DOCS, st.integers(1, 3)), max_size=12
)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "skills": SKILLS,
        "any_skills": st.lists(SKILLS.filter(bool), min_size=1, max_size=2),
        "channel": st.sampled_from(("chat", "mail")),
        "pinned_agent": IDS,
        "excluded_agents": st.lists(IDS, max_size=3),
    },
)


def _agent(id: str, doc: Doc, capacity: int = 1) -> AgentRecord:
    return AgentRecord(
        id=id, doc=doc, capacity=capacity, version=1, presence=Presence.OFFLINE, load=0, updated_at=0
    )


def _meets(agent: AgentRecord, skills: dict[str, int]) -> bool:
    return all(agent.doc.get("skills", {}).get(skill, 0) >= level for skill, level in skills.items())


def _could(agent: AgentRecord, doc: dict[str, Any], size: int) -> bool:
    """The rules for one pair, spelled out."""
    channels = agent.doc.get("channels")
    return (
        _meets(agent, doc.get("skills", {}))
        and ("any_skills" not in doc or any(_meets(agent, skills) for skills in doc["any_skills"]))
        and ("channel" not in doc or channels is None or doc["channel"] in channels)
        and doc.get("pinned_agent", agent.id) == agent.id
        and agent.id not in doc.get("excluded_agents", ())
        and size <= agent.capacity
    )


@settings(max_examples=300, deadline=None)
@given(OPS, st.lists(st.tuples(ASKED, st.integers(1, 3)), min_size=1, max_size=3), st.integers(0, 3))
def test_it_is_true_after_every_change(ops: list[Op], asked: list[tuple[Doc, int]], more: int) -> None:
    """Asked after each change, so that what is remembered would be seen if it were out of date."""
    qualified, agents = Qualified(), dict[str, AgentRecord]()
    for number in range(more * GROUP):
        qualified.put(_agent(f"nobody-{number}", {"channels": []}, capacity=0))
    for what, id, doc, capacity in ops:
        if what == "put":
            agents[id] = _agent(id, doc, capacity)
            qualified.put(agents[id])
        else:
            agents.pop(id, None)
            qualified.remove(id)
        for task, size in asked:
            assert qualified.any(task, size) == any(_could(agent, task, size) for agent in agents.values())


def test_agents_of_every_group_are_found() -> None:
    qualified = Qualified()
    for number in range(3 * GROUP):
        qualified.put(_agent(f"a{number}", {"skills": {f"s{number}": 1}}))
    for number in (0, GROUP - 1, GROUP, 3 * GROUP - 1):
        assert qualified.any({"skills": {f"s{number}": 1}}, 1)
        qualified.remove(f"a{number}")
        assert not qualified.any({"skills": {f"s{number}": 1}}, 1)
