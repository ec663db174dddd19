"""The tables of README, made from the tables of the code. `python -m tests.style.tables` writes them."""

import inspect
import json
import re
from collections.abc import Callable, Iterable

import yaml

from api.access.table import ACCESS, Access
from api.errors import ERRORS, FAULTS
from api.events.out import KINDS as KINDS_OF_EVENT
from api.events.out import TYPES
from assigner.config import settings_table
from assigner.dispatch.actions import ACTIONS
from assigner.dispatch.unblock import KINDS
from assigner.domain.access import Role
from assigner.domain.eligibility import RULES
from assigner.domain.lifecycle import TRANSITIONS, State
from assigner.domain.policy import RULES_OF_VALUE
from assigner.domain.preference import TERMS
from assigner.domain.queue import SETTINGS
from assigner.domain.reasons import REASONS
from assigner.metrics import METRICS
from assigner.simulation.policies import POLICIES
from assigner.store.keys import KEYS, prefix
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


def _policies() -> str:
    return _table(("`policy.rule`", "what goes first"), ((f"`{k}`", v) for k, v in RULES_OF_VALUE.items()))


def _terms(over_time: bool) -> str:
    rows = ((f"`{term.name}`", _sentence(term.meaning)) for term in TERMS if term.over_time == over_time)
    return _table(("term", "in millionths" if over_time else "points"), rows)


def _reasons() -> str:
    rules = {rule.name for rule in RULES}
    miss = "Nobody may take it; of the rules that refused somebody this is the last, the nearest miss."
    rows = [(f"`{name}`", _sentence(meaning)) for name, meaning in REASONS.items() if name not in rules]
    return _table(("reason", "means"), [("a rule's name", miss), *rows])


def _kinds() -> str:
    return _table(
        ("`unblock.kind`", "what has to happen"), ((f"`{k}`", _sentence(v)) for k, v in KINDS.items())
    )


def _lifecycle() -> str:
    """The states and every move between them, as a diagram: one arrow for all verbs that go the same way."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS.values():
        for source in row.sources:
            arrows.setdefault((source, row.to or source), []).append(row.verb)
    lines = [f"    {source} --> {to}: {', '.join(verbs)}" for (source, to), verbs in arrows.items()]
    first = [f"    [*] --> {state}: enqueue" for state in ("queued", "held")]
    last = [f"    {state} --> [*]: prune" for state in ("completed", "cancelled")]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    direction LR", *first, *lines, *last, "```"])


def _verbs() -> str:
    rows = (
        (f"`{row.verb}`", row.who, ", ".join(row.sources), row.to or "stays", f"`task.{row.event}`")
        for row in TRANSITIONS.values()
    )
    return _table(("verb", "who", "from", "to", "event"), rows)


def _states() -> str:
    """Each state with the text under it: what it means, and who moves it on."""
    text = inspect.getsource(State)
    return _table(
        ("state", "means"),
        (
            (f"`{value}`", _sentence(said))
            for value, said in re.findall(r'= "(\w+)"\n +"""(.+?)"""', text, re.S)
        ),
    )


def _queue() -> str:
    rows = ((f"`{row.name}`", f"`{json.dumps(row.default)}`", _sentence(row.meaning)) for row in SETTINGS)
    return _table(("setting", "default", "meaning"), rows)


def _keys() -> str:
    rows = ((f"`{prefix('workspace')}{key.shape}`", key.type, key.holds, key.ends) for key in KEYS.values())
    return _table(("key", "type", "holds", "deleted by"), rows)


def _access() -> str:
    """Each route with the roles that may; for an agent, what is their own there."""

    def may(row: Access, role: Role) -> str:
        own = row.own if role is Role.AGENT else None
        return "" if role not in row.roles else own or "✓"

    rows = (
        (f"`{method} {path}`", *(may(row, role) for role in Role)) for (method, path), row in ACCESS.items()
    )
    return _table(("route", *(f"`{role}`" for role in Role)), rows)


def _roles() -> str:
    """Each role with the text under it."""
    text = inspect.getsource(Role)
    found = re.findall(r'= "(\w+)"\n +"""(.+?)"""', text, re.S)
    return _table(("role", "who"), ((f"`{value}`", _sentence(said)) for value, said in found))


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


def _events() -> str:
    of = {kind: [f"`{type}`" for type in TYPES if type.startswith(f"{kind}.")] for kind in KINDS_OF_EVENT}
    return _table(("about", "`type`"), ((kind, ", ".join(types)) for kind, types in of.items()))


def _overrides() -> str:
    rows = []
    for row in ACTIONS.values():
        words = [f"**{name}**" for name in row.needs]
        words += [" or ".join(f"**{name}**" for name in row.either)] if row.either else []
        words += row.takes
        undone = "yes" if row.undo or (row.standing and row.name != "unfreeze") else "no"
        rows.append(
            (f"`{row.name}`", ", ".join(row.targets), ", ".join(words), undone, _sentence(row.meaning))
        )
    return _table(("`action`", "target", "takes (**needs**)", "can be undone", "what it does"), rows)


def _alerts() -> str:
    """Each alert, and the beginning of its runbook."""
    deploy = ROOT / "deploy"
    groups = yaml.safe_load((deploy / "prometheus" / "rules.yml").read_text("utf-8"))["groups"]
    rows = []
    for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
        path = f"runbooks/{rule['alert']}.md"
        means = _sentence((deploy / path).read_text("utf-8").split("\n\n")[1])
        named = f"[`{rule['alert']}`](deploy/{path})"
        rows.append((named, rule["labels"]["severity"], rule["for"], re.split(r"(?<=\.) ", means)[0]))
    return _table(("alert", "severity", "after", "what is the matter"), rows)


def _simulated() -> str:
    """Each policy of the simulator with the text under it."""
    rows = ((f"`{name}`", _sentence(inspect.getdoc(policy) or "")) for name, policy in POLICIES.items())
    return _table(("policy", "what it does"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "rules": _rules,
    "policies": _policies,
    "terms": lambda: _terms(over_time=False),
    "over_time": lambda: _terms(over_time=True),
    "reasons": _reasons,
    "kinds": _kinds,
    "lifecycle": _lifecycle,
    "states": _states,
    "verbs": _verbs,
    "queue": _queue,
    "keys": _keys,
    "roles": _roles,
    "access": _access,
    "errors": _errors,
    "faults": _faults,
    "settings": _settings,
    "metrics": _metrics,
    "events": _events,
    "overrides": _overrides,
    "alerts": _alerts,
    "simulated": _simulated,
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
    made = README.with_suffix(".made")
    made.write_text(written(README.read_text("utf-8")), "utf-8")
    made.replace(README)  # at once: nobody reads half of it
