"""Every task that waits says why; every assignment says what it is worth."""

from tests.fundamentals.asking import ask, why

AGENTS = [
    {"id": "ana", "skills": {"billing": 5}},
    {"id": "eva", "skills": {"fraud": 2}},
    {"id": "luis", "skills": {"fraud": 7}, "load": 1},
]


def test_each_agent_counts_once() -> None:
    """`refusals` counts each agent under the first rule that refuses them; the last is the nearest miss."""
    waiting = why(tasks=[{"id": "INC-1", "skills": {"fraud": 3}}], agents=AGENTS)
    assert waiting["refusals"] == {"skill_missing": 1, "level_too_low": 1, "at_capacity": 1}
    assert waiting["reason"] == "at_capacity"


def test_in_words() -> None:
    """`detail` says the same in a sentence that a coordinator can act on."""
    waiting = why(tasks=[{"id": "INC-1", "skills": {"fraud": 3}}], agents=AGENTS)
    assert waiting["detail"] == (
        "1 agent lacks 'fraud'; 1 is below the level asked in 'fraud'; 1 is at capacity."
    )


def test_outranked() -> None:
    """A task that somebody may take, but whose place went to another, is `outranked`."""
    found = ask(tasks=[{"id": "INC-1", "priority": 60}, {"id": "INC-2"}], agents=AGENTS[:1])
    assert found["unassigned"][0]["task"] == "INC-2"
    assert found["unassigned"][0]["reason"] == "outranked"


def test_no_agents() -> None:
    """A request without agents is a normal one: every task waits."""
    assert why(tasks=[{"id": "INC-1"}])["reason"] == "no_agents"


def test_the_value_is_the_sum_of_its_terms() -> None:
    """An assignment says what each term adds to its value, and the objective is the sum of the values."""
    found = ask(tasks=[{"id": "INC-1"}], agents=AGENTS[:1])
    (pair,) = found["assignments"]
    assert set(pair["terms"]) == {"urgency", "fit", "idle", "load"}
    assert found["solution"]["objective"] == pair["value"] == sum(pair["terms"].values())
    assert found["solution"]["status"] == "optimal"


def test_all_pairs_on_request() -> None:
    """With `explain: pairs` the answer lists the value of every pair that was possible."""
    found = ask(tasks=[{"id": "INC-1", "skills": {"fraud": 1}}], agents=AGENTS, explain="pairs")
    assert [(pair["task"], pair["agent"]) for pair in found["pairs"]] == [("INC-1", "eva")]


def test_nothing_but_the_reason_on_request() -> None:
    """With `explain: none` a waiting task has its reason and no more."""
    assert why(tasks=[{"id": "INC-1"}], explain="none") == {"task": "INC-1", "reason": "no_agents"}
