"""What clients wrote does nothing to a terminal or a spreadsheet."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from assigner.cli.people.plain import cut, plain, sheet
from tests.cli.people import NASTY, SHOWN


def test_marks_that_do_something_are_written_out() -> None:
    assert plain(NASTY) == SHOWN
    assert plain("one\ntwo\u00a0three") == "one two three"
    assert plain("Ñandú 日本 مرحبا [bold]") == "Ñandú 日本 مرحبا [bold]"
    assert cut("abcdef", 4) == "abc…"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_nothing_is_left_that_cannot_be_seen(text: str) -> None:
    shown = plain(text)
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Zl", "Zp", "Co", "Cn"}


def test_a_cell_is_no_formula() -> None:
    made = sheet(("id", "said"), [("T1", "=1+1"), ("T2", "@x"), ("T3", None), ("T4", 'a "b", c')])
    assert made.decode().splitlines() == ["id,said", "T1,'=1+1", "T2,'@x", "T3,", 'T4,"a ""b"", c"']
