"""README says what the code's tables say."""

import re

from api.schemas import Weights
from assigner.domain.preference import TERMS
from tests.style.sources import ROOT
from tests.style.tables import README, TABLES, marks, written


def test_readme_has_every_table_as_the_code_has_it() -> None:
    """A setting, metric, error, rule, term or reason that README lacks or tells otherwise: `make docs`."""
    text = README.read_text("utf-8")
    assert set(TABLES) <= marks(text)
    assert written(text) == text


def test_a_row_that_changed_is_noticed() -> None:
    text = README.read_text("utf-8")
    changed = text.replace("`skill_missing`", "`skill_lacking`", 1)
    assert changed != text
    assert written(changed) == text


def test_every_make_target_and_file_that_readme_names_exists() -> None:
    text = README.read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"make ([a-z]+)", text))
    assert targets <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = re.findall(r"`((?:api|assigner|solver|tests|deploy)/[\w/.]+)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_term_can_be_weighed() -> None:
    assert Weights.__struct_fields__ == tuple(term.name for term in TERMS)


def test_readme_says_what_was_measured_where_and_when() -> None:
    measured = README.read_text("utf-8").partition("<!-- measured -->")[2].partition("<!-- /measured -->")[0]
    assert re.search(r"Measured on .+Python 3\.\d+\.\d+, \d{4}-\d\d-\d\d", measured)
    assert measured.count("\n|") > 10
