"""The tables of README, made from the tables of the code. `python -m tests.style.tables` writes them."""

import re
from collections.abc import Callable, Iterable

from api.errors import ERRORS, FAULTS
from assigner.config import settings_table
from assigner.dispatch.unblock import KINDS
from assigner.domain.eligibility import RULES
from assigner.domain.preference import TERMS
from assigner.domain.reasons import REASONS
from assigner.metrics import METRICS
from tests.style.sources import ROOT

README = ROOT / "README.md"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _sentence(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _rules() -> str:
    rows = ((f"{i}", f"`{rule.name}`", _sentence(rule.meaning)) for i, rule in enumerate(RULES, 1))
    return _table(("", "rule", "refuses"), rows)


def _terms() -> str:
    return _table(("term", "points"), ((f"`{term.name}`", _sentence(term.meaning)) for term in TERMS))


def _reasons() -> str:
    rules = {rule.name for rule in RULES}
    miss = "Nobody may take it; of the rules that refused somebody this is the last, the nearest miss."
    rows = [(f"`{name}`", _sentence(meaning)) for name, meaning in REASONS.items() if name not in rules]
    return _table(("reason", "means"), [("a rule's name", miss), *rows])


def _kinds() -> str:
    return _table(
        ("`unblock.kind`", "what has to happen"), ((f"`{k}`", _sentence(v)) for k, v in KINDS.items())
    )


def _errors() -> str:
    rows = ((str(e.status), f"`{e.code}`", e.title, _sentence(e.remedy)) for e in ERRORS.values())
    return _table(("status", "code", "title", "what to do"), rows)


def _faults() -> str:
    return _table(("code", "means"), ((f"`{code}`", _sentence(text)) for code, text in FAULTS.items()))


def _settings() -> str:
    rows = []
    for setting in settings_table():
        expected = setting.expected[:1].upper() + setting.expected[1:]
        rows.append((f"`{setting.variable}`", f"`{setting.shown}`", f"{setting.help} {expected}."))
    return _table(("variable", "default", "meaning"), rows)


def _metrics() -> str:
    rows = ((f"`{m.name}`", m.kind, ", ".join(m.labels), _sentence(m.meaning)) for m in METRICS)
    return _table(("metric", "type", "labels", "meaning"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "rules": _rules,
    "terms": _terms,
    "reasons": _reasons,
    "kinds": _kinds,
    "errors": _errors,
    "faults": _faults,
    "settings": _settings,
    "metrics": _metrics,
}


def written(text: str) -> str:
    """README with every table made anew between its marks."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = before + begin + table() + "\n" + end + after
    return text


def marks(text: str) -> set[str]:
    """The names of the marks in a text."""
    return set(re.findall(r"<!-- (\w+) -->", text))


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
