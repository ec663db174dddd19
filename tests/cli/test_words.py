"""Both languages say everything."""

from datetime import timedelta, timezone
from string import Formatter

import pytest

from api.saying import SENTENCES
from assigner.cli.words import REASONS, REMEDIES, WORDS, any_of, duration, local, number, percent, span
from assigner.dispatch.unblock import KINDS
from assigner.domain.preference import TERMS
from assigner.domain.reasons import REASONS as EVERY_REASON
from solver.solution import Status


def test_every_reason_change_term_and_status_has_words() -> None:
    assert REASONS.keys() == EVERY_REASON.keys()
    assert REMEDIES.keys() == KINDS.keys()
    assert {term.name for term in TERMS} | {*Status} <= WORDS.keys()


@pytest.mark.parametrize(
    "pair", [*WORDS.values(), *REMEDIES.values(), *SENTENCES.values()], ids=lambda pair: pair[0]
)
def test_both_languages_have_the_same_gaps(pair: tuple[str, str]) -> None:
    english, spanish = ({name for _, name, _, _ in Formatter().parse(text)} for text in pair)
    assert english == spanish


def test_numbers_as_each_language_writes_them() -> None:
    assert (number(1_234_567, "en"), number(1_234_567, "es")) == ("1,234,567", "1.234.567")
    assert (percent(0, "en"), percent(0.00123, "es"), percent(0.25, "en")) == ("0 %", "0,12 %", "25 %")
    assert (span(0.0461, "en"), span(1.25, "es")) == ("46 ms", "1,2 s")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (90, "90 s"), (700, "12 min"), (3_600, "1 h 0 min"), (3_900, "1 h 5 min")],
)
def test_handling_times_as_people_plan_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_names_are_joined_with_an_or_and_cut_short() -> None:
    assert any_of([], "en") == "somebody"
    assert any_of(["ana"], "en") == "ana"
    assert any_of(["ana", "eva", "luis"], "es") == "ana, eva o luis"
    assert any_of(["ana", "eva", "luis", "leo"], "es") == "ana, eva, luis u otro"


def test_an_instant_is_told_in_a_zone_unless_the_calendar_ends_there() -> None:
    zone = timezone(timedelta(hours=14))
    assert local("It opens at 2026-11-23T11:30:00Z.", zone) == "It opens at 2026-11-24 01:30+14:00."
    assert local("at 9999-12-31T23:59:59Z", zone) == "at 9999-12-31T23:59:59Z"
