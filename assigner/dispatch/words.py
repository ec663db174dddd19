"""The sentences of an explanation, in the languages of the people who read them."""

from __future__ import annotations

from collections.abc import Mapping

Clause = tuple[str, str]
"""How a clause reads for one agent, and for several. `{n}` is their number."""

LANGUAGES = ("en", "es")

CLAUSES: Mapping[str, Mapping[str, Clause]] = {
    "en": {
        "no_agents": ("there are no agents",) * 2,
        "not_yet": ("it opens at {at}",) * 2,
        "frozen": ("its queue is frozen",) * 2,
        "pinned_elsewhere": ("it is pinned to '{agent}'",) * 2,
        "pinned_to_nobody": ("it is pinned to '{agent}', and there is no such agent",) * 2,
        "excluded": ("{n} is excluded by name", "{n} are excluded by name"),
        "skill_missing": ("{n} lacks {skills}", "{n} lack {skills}"),
        "level_too_low": (
            "{n} is below the level asked in {skills}",
            "{n} are below the level asked in {skills}",
        ),
        "wrong_channel": (
            "{n} does not serve the channel '{channel}'",
            "{n} do not serve the channel '{channel}'",
        ),
        "absent": ("{n} is away or offline", "{n} are away or offline"),
        "draining": (
            "{n} is being drained and gets nothing more",
            "{n} are being drained and get nothing more",
        ),
        "off_shift": ("{n} is off shift", "{n} are off shift"),
        "shift_too_short": (
            "{n} could not finish before the shift ends",
            "{n} could not finish before their shifts end",
        ),
        "cooling_down": ("{n} declined it and is cooling down", "{n} declined it and are cooling down"),
        "at_capacity": ("{n} is at capacity", "{n} are at capacity"),
        "held_back": (
            "{n} could begin now, but '{agent}' will finish it sooner and is expected to begin at {at}",
            "{n} could begin now, but '{agent}' will finish it sooner and is expected to begin at {at}",
        ),
        "outranked": (
            "{n} may take it, but that capacity went to other tasks, worth more in all",
            "{n} may take it, but their capacity went to other tasks, worth more in all",
        ),
        "undecided": ("{n} may take it now: the next decision will look at it",) * 2,
    },
    "es": {
        "no_agents": ("no hay agentes",) * 2,
        "not_yet": ("se abre el {at}",) * 2,
        "frozen": ("su cola está congelada",) * 2,
        "pinned_elsewhere": ("está fijada a '{agent}'",) * 2,
        "pinned_to_nobody": ("está fijada a '{agent}', y no hay tal agente",) * 2,
        "excluded": ("{n} está excluido por su nombre", "{n} están excluidos por su nombre"),
        "skill_missing": ("a {n} le falta {skills}", "a {n} les falta {skills}"),
        "level_too_low": (
            "{n} no llega al nivel pedido en {skills}",
            "{n} no llegan al nivel pedido en {skills}",
        ),
        "wrong_channel": ("{n} no atiende '{channel}'", "{n} no atienden '{channel}'"),
        "absent": ("{n} está ausente o desconectado", "{n} están ausentes o desconectados"),
        "draining": (
            "{n} está en retirada y no recibe nada más",
            "{n} están en retirada y no reciben nada más",
        ),
        "off_shift": ("{n} está fuera de turno", "{n} están fuera de turno"),
        "shift_too_short": (
            "{n} no acabaría antes del fin de su turno",
            "{n} no acabarían antes del fin de su turno",
        ),
        "cooling_down": ("{n} la rechazó y está en pausa", "{n} la rechazaron y están en pausa"),
        "at_capacity": ("{n} está al límite de su capacidad", "{n} están al límite de su capacidad"),
        "held_back": (
            "{n} podría empezarla ya, pero '{agent}' la acabará antes y se espera que empiece el {at}",
            "{n} podrían empezarla ya, pero '{agent}' la acabará antes y se espera que empiece el {at}",
        ),
        "outranked": (
            "{n} puede hacerla, pero su capacidad fue a otras tareas que en conjunto valen más",
            "{n} pueden hacerla, pero su capacidad fue a otras tareas que en conjunto valen más",
        ),
        "undecided": (
            "{n} puede hacerla ya: la próxima decisión la tendrá en cuenta",
            "{n} pueden hacerla ya: la próxima decisión la tendrá en cuenta",
        ),
    },
}
"""A clause for each rule, and for each other reason, by language."""

BY_HAND: Mapping[str, Mapping[str, str]] = {
    "en": {
        "assign": "gave it to '{agent}'",
        "pin": "pinned it to '{agent}'",
        "unpin": "unpinned it",
        "exclude": "keeps '{agent}' from it",
        "reprioritise": "gave it priority {priority}",
        "reschedule": "made it due at {due_at}",
        "reschedule_never": "made it due at no time",
        "hold": "holds it",
        "resume": "resumed it",
        "transfer": "transferred it",
        "release": "took it back",
        "cancel": "cancelled it",
        "drain": "is draining '{agent}'",
        "freeze": "froze the queue '{queue}'",
        "unfreeze": "unfroze the queue '{queue}'",
        "forced": " by force",
        "until": " until {at}",
        "more": "{count:,} more hold.",
    },
    "es": {
        "assign": "se la dio a '{agent}'",
        "pin": "la fijó a '{agent}'",
        "unpin": "dejó de fijarla",
        "exclude": "aparta de ella a '{agent}'",
        "reprioritise": "le dio prioridad {priority}",
        "reschedule": "le puso vencimiento el {due_at}",
        "reschedule_never": "le quitó el vencimiento",
        "hold": "la retiene",
        "resume": "la reanudó",
        "transfer": "la transfirió",
        "release": "la recuperó",
        "cancel": "la canceló",
        "drain": "retira a '{agent}'",
        "freeze": "congeló la cola '{queue}'",
        "unfreeze": "descongeló la cola '{queue}'",
        "forced": " a la fuerza",
        "until": " hasta {at}",
        "more": "Rigen {count:,} más.",
    },
}
"""What a coordinator did by hand, after who did it."""

NOUNS: Mapping[str, Clause] = {"en": ("agent", "agents"), "es": ("agente", "agentes")}
OR: Mapping[str, str] = {"en": " or ", "es": " o "}


class Sentence:
    """Clauses that count agents, put together: the first count says what is counted."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._clauses: list[str] = []
        self._named = False

    def add(self, key: str, count: int = 0, **facts: str) -> None:
        """Add a clause about `count` agents; `facts` fill its gaps."""
        several = count != 1
        number = f"{count:,}" if self._named else f"{count:,} {NOUNS[self._language][several]}"
        clause = CLAUSES[self._language][key][several]
        self._named = self._named or "{n}" in clause
        self._clauses.append(clause.format(n=number, **facts))

    def any_of(self, names: list[str]) -> str:
        """Names in quotes, the last after an "or"."""
        quoted = [f"'{name}'" for name in names]
        if len(quoted) < 2:
            return "".join(quoted)
        return ", ".join(quoted[:-1]) + OR[self._language] + quoted[-1]

    def __str__(self) -> str:
        text = "; ".join(self._clauses)
        return text[:1].upper() + text[1:] + "."
