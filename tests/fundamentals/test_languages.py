"""Sentences come in the reader's language; names and codes never change."""

from api.messages import Job
from tests.fundamentals.asking import NOW_MS, ask

SPANISH = Job(now_ms=NOW_MS, request_id="r-1", language="es")


def test_in_spanish() -> None:
    """`detail` is in Spanish where the client asks for Spanish; `reason` stays as it is."""
    agents = [{"id": "ana"}, {"id": "eva"}, {"id": "luis", "skills": {"fraude": 4}, "load": 1}]
    found = ask(SPANISH, tasks=[{"id": "INC-1", "skills": {"fraude": 3}}], agents=agents)
    (waiting,) = found["unassigned"]
    assert waiting["reason"] == "at_capacity"
    assert waiting["detail"] == "A 2 agentes les falta 'fraude'; 1 está al límite de su capacidad."
