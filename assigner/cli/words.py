"""What people read on the terminal, in English and Spanish: one table, the two side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from difflib import get_close_matches
from re import sub

from api.messages import Language
from assigner.cli.centre.words import CENTRE
from assigner.cli.events.words import EVENTS
from assigner.cli.keys.words import KEYS
from assigner.cli.people.words import PEOPLE
from assigner.cli.simulate.words import SIMULATE

LANGUAGES: tuple[Language, ...] = ("en", "es")

Both = tuple[str, str]
"""The same words in English and Spanish, in the order of LANGUAGES."""

WORDS: Mapping[str, Both] = {
    **CENTRE,
    **KEYS,
    **EVENTS,
    **PEOPLE,
    **SIMULATE,
    # headlines
    "assigned_of": (
        "{assigned} of {tasks} tasks assigned, {waiting} waiting.",
        "{assigned} de {tasks} tareas con agente, {waiting} a la espera.",
    ),
    "others": ("… and {more} more.", "… y {more} más."),
    "more": ("… and {more} more; --limit 0 shows all.", "… y {more} más; --limit 0 las muestra todas."),
    "assignments": ("Assignments", "Asignaciones"),
    "reasons": ("Waiting, by reason", "A la espera, por motivo"),
    "waiting": (
        "Waiting tasks, those with the same explanation together",
        "Tareas a la espera, juntas las de igual explicación",
    ),
    "pairs": ("Eligible pairs", "Parejas posibles"),
    "also": ("; then still: {rules}", "; y aún quedaría: {rules}"),
    # columns
    "task": ("Task", "Tarea"),
    "tasks": ("Tasks", "Tareas"),
    "agent": ("Agent", "Agente"),
    "value": ("Value", "Valor"),
    "time": ("Time", "Tiempo"),
    "reason": ("Reason", "Motivo"),
    "meaning": ("What it means", "Qué significa"),
    "why": ("Why, and what would help", "Por qué, y qué lo resolvería"),
    # terms
    "urgency": ("Urgency", "Urgencia"),
    "fit": ("Fit", "Ajuste"),
    "idle": ("Idle", "Ocio"),
    "load": ("Load", "Carga"),
    "nearly_done": ("Nearly done", "Casi hecha"),
    "right_agent": ("Right agent", "Agente idóneo"),
    "waited": ("Waited", "Espera"),
    "priority": ("Priority", "Prioridad"),
    "promise": ("Promise", "Compromiso"),
    # the solution
    "optimal": ("Optimal: no other assignment is worth more.", "Óptima: ninguna otra asignación vale más."),
    "feasible": (
        "The time limit stopped the search: at most {gap} below the best.",
        "El límite de tiempo detuvo la búsqueda: como mucho un {gap} por debajo de la mejor.",
    ),
    "fallback": (
        "The time limit left no search: best pairs first, at most {gap} below the best.",
        "El límite de tiempo no dejó buscar: las mejores parejas primero, como mucho un {gap} peor.",
    ),
    "solution": (
        "Objective {objective}, gap {gap}, method {method}, solved in {time}.",
        "Objetivo {objective}, margen {gap}, método {method}, resuelta en {time}.",
    ),
    # lists of names
    "or": (" or ", " o "),
    "another": (" or another", " u otro"),
    # refusals
    "one_fault": (
        "{source}: refused; one thing to mend:",
        "{source}: no se acepta; hay que corregir una cosa:",
    ),
    "many_faults": (
        "{source}: refused; {count} things to mend:",
        "{source}: no se acepta; hay que corregir {count} cosas:",
    ),
    "row": ("{file}, row {row}", "{file}, fila {row}"),
    "row_alone": ("row", "fila"),
    "not_utf8": ("It is not UTF-8: save it as “CSV UTF-8”.", "No está en UTF-8: guárdelo como «CSV UTF-8»."),
    "no_header": (
        "It is empty; expected a row with the names of the columns, 'id' at least.",
        "Está vacío; se espera una fila con los nombres de las columnas, al menos 'id'.",
    ),
    "no_id": ("There is no column 'id'.", "Falta la columna 'id'."),
    "unknown_column": ("There is no such column.{maybe}", "No existe esa columna.{maybe}"),
    "maybe": (" Maybe '{name}'.", " Quizá '{name}'."),
    "twice": ("'{name}' is there twice.", "'{name}' está dos veces."),
    "too_wide": (
        "It has {count} cells; the header has {most}.",
        "Tiene {count} celdas; la cabecera tiene {most}.",
    ),
    "bad_csv": ("It is not CSV: {error}.", "No es CSV: {error}."),
    "bad_cell": (
        "'{cell}' will not do; expected such as {example}.",
        "'{cell}' no vale; se espera algo como {example}.",
    ),
    "ambiguous": (
        "'{cell}' may be a thousand or a fraction; write {whole} or {fraction}.",
        "'{cell}' puede ser un millar o una fracción; escriba {whole} o {fraction}.",
    ),
    # progress and files
    "deciding": ("Deciding", "Decidiendo"),
    "making": ("Making the sample", "Creando la muestra"),
    "wrote": ("Wrote {files}. Decide with:", "Escritos {files}. Para decidir:"),
}

REASONS: Mapping[str, tuple[Both, Both]] = {
    "not_yet": (("not yet", "aún no"), ("it may not be started yet", "todavía no se puede empezar")),
    "frozen": (("frozen", "congelada"), ("its queue is frozen", "su cola está congelada")),
    "pinned_elsewhere": (
        ("pinned", "fijada"),
        ("it is for one agent, who cannot take it", "es para un agente, que no puede hacerla"),
    ),
    "excluded": (
        ("excluded", "excluido"),
        ("whoever could is excluded by name", "quien podría está excluido por su nombre"),
    ),
    "skill_missing": (
        ("skill missing", "falta habilidad"),
        ("nobody has all the skills it asks for", "nadie tiene todas las habilidades que pide"),
    ),
    "level_too_low": (
        ("level too low", "nivel bajo"),
        ("whoever has the skills is below the level", "quien tiene las habilidades no llega al nivel"),
    ),
    "wrong_channel": (
        ("wrong channel", "otro canal"),
        ("whoever could does not serve its channel", "quien podría no atiende su canal"),
    ),
    "absent": (
        ("absent", "ausente"),
        ("whoever could is away or offline", "quien podría está ausente o desconectado"),
    ),
    "draining": (
        ("draining", "en retirada"),
        ("whoever could is being drained", "quien podría está en retirada"),
    ),
    "off_shift": (
        ("off shift", "fuera de turno"),
        ("whoever could is off shift", "quien podría está fuera de turno"),
    ),
    "shift_too_short": (
        ("shift too short", "turno corto"),
        ("whoever could would not finish in time", "quien podría no acabaría en su turno"),
    ),
    "cooling_down": (
        ("cooling down", "en pausa"),
        ("whoever could has just declined it", "quien podría acaba de rechazarla"),
    ),
    "at_capacity": (
        ("at capacity", "sin capacidad"),
        ("whoever could is busy with earlier work", "quien podría está ocupado con trabajo anterior"),
    ),
    "held_back": (
        ("held back", "reservada"),
        ("somebody faster will finish it sooner", "alguien más rápido la acabará antes"),
    ),
    "no_agents": (("no agents", "sin agentes"), ("the snapshot has no agents", "no hay agentes")),
    "outranked": (
        ("outranked", "superada"),
        ("whoever could got tasks worth more", "quien podría recibió tareas de más valor"),
    ),
    "undecided": (
        ("undecided", "sin decidir"),
        ("the next decision will look at it", "la próxima decisión la tendrá en cuenta"),
    ),
}
"""Each reason to wait: its name, and what it means."""

REMEDIES: Mapping[str, Both] = {
    "free_capacity": ("{agents} finishes some work", "{agents} termina parte de su trabajo"),
    "more_capacity": ("{agents} gets a larger capacity", "{agents} recibe más capacidad"),
    "wait_until": ("wait until {at}", "esperar hasta {at}"),
    "next_decision": ("nothing: the next decision comes by itself", "nada: la próxima decisión llega sola"),
    "held_for": ("wait for {agents}, expected at {at}", "esperar a {agents}, previsiblemente el {at}"),
    "extend_shift": ("{agents} stays longer", "{agents} alarga su turno"),
    "presence": ("{agents} becomes available", "{agents} vuelve a estar disponible"),
    "end_drain": ("{agents} is drained no longer", "{agents} deja de estar en retirada"),
    "add_channel": ("{agents} serves '{channel}'", "{agents} atiende '{channel}'"),
    "raise_level": (
        "{agents} reaches level {level} in '{skill}'",
        "{agents} llega al nivel {level} en '{skill}'",
    ),
    "add_skill": (
        "{agents} learns '{skill}' to level {level}",
        "{agents} aprende '{skill}' hasta el nivel {level}",
    ),
    "unfreeze": ("its queue is frozen no longer", "su cola deja de estar congelada"),
    "lift_exclusion": ("{agents} is no longer excluded", "{agents} deja de estar excluido"),
    "agent_not_in_request": ("{agents} is put among the agents", "{agents} se incluye entre los agentes"),
    "unpin": ("it is no longer pinned", "deja de estar fijada"),
    "undo_override": ("an override is undone", "se deshace una intervención"),
}
"""Each kind of change that unblocks a task, in words."""

SOMEBODY: Both = ("somebody", "alguien")
MOST_NAMES = 3


def both(pair: Both, language: Language) -> str:
    """The words of one language."""
    return pair[LANGUAGES.index(language)]


def say(key: str, language: Language, **facts: object) -> str:
    """The words of a key, with these facts in their gaps."""
    return both(WORDS[key], language).format(**facts)


def maybe(name: str, known: Iterable[str], language: Language) -> str:
    """The known name that is most like another, as the end of a sentence; empty when none is."""
    near = get_close_matches(name, list(known), n=1)
    return say("maybe", language, name=near[0]) if near else ""


def preferred(environ: Mapping[str, str]) -> Language:
    """The language of the locale: the first of LC_ALL, LC_MESSAGES and LANG that is set."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "es" if locale.partition("_")[0].partition(".")[0].lower() == "es" else "en"


def number(count: float, language: Language) -> str:
    """A whole number with its thousands apart."""
    text = f"{count:,.0f}"
    return text.replace(",", ".") if language == "es" else text


def units(count: float, language: Language) -> str:
    """A number with two digits after the point: `-0.41`."""
    text = f"{count:.2f}"
    return text.replace(".", ",") if language == "es" else text


def percent(part: float, language: Language) -> str:
    """A part of one as per cent, with as many digits as tell it from zero."""
    text = "0" if part == 0 else f"{100 * part:.2g}" if part < 0.1 else f"{100 * part:.0f}"
    return (text.replace(".", ",") if language == "es" else text) + " %"


def duration(seconds: float) -> str:
    """A handling time as people plan it: `90 s`, `20 min`, `1 h 5 min`."""
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def span(seconds: float, language: Language) -> str:
    """A measured time: `46 ms`, or `1.2 s`."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    text = f"{seconds:.1f} s"
    return text.replace(".", ",") if language == "es" else text


def local(text: str, zone: tzinfo | None) -> str:
    """The text with its instants in UTC told in that zone, or the machine's: `2026-11-23 12:30+01:00`."""
    return sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", lambda found: _local(found[0], zone), text)


def _local(instant: str, zone: tzinfo | None) -> str:
    try:
        return datetime.fromisoformat(instant).astimezone(zone).isoformat(" ", "minutes")
    except (OverflowError, ValueError):  # the zone has it in another millennium
        return instant


def any_of(names: list[str], language: Language) -> str:
    """The first names, with an "or"."""
    if len(names) > MOST_NAMES:
        return ", ".join(names[:MOST_NAMES]) + say("another", language)
    if not names:
        return both(SOMEBODY, language)
    return say("or", language).join(filter(None, [", ".join(names[:-1]), names[-1]]))
