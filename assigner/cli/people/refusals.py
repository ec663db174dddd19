"""Why the service says no, in plain words. It speaks English itself; here is the same in Spanish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from api.errors import ERRORS
from assigner.cli.people.actions import in_words
from assigner.cli.people.plain import plain
from assigner.cli.tables import View
from assigner.client import Problem
from assigner.domain.lifecycle import State

MOST_TOLD: Final = 20
CONFLICT: Final = "override_conflict"
FORCED: Final = ("at_capacity", "agent_away", "agent_draining", "agent_excluded", "task_pinned")
"""What gives way to --force, where an action takes it."""

SPANISH: Final[Mapping[str, str]] = {
    "unauthorized": "El servicio no sabe quién pregunta: falta una clave, o esta no vale o ha caducado.",
    "forbidden": "Esta clave no tiene permiso para esto: use la de un papel que lo tenga.",
    "rate_limited": "Se pregunta demasiado a menudo con esta clave: espere un poco.",
    "not_found": "El servicio no tiene eso: puede que sea de una versión anterior.",
    "unknown_task": "No existe esa tarea; las que terminaron se borran al cabo de un tiempo.",
    "unknown_agent": "No existe ese agente.",
    "unknown_queue": "No existe esa cola.",
    "unknown_offer": "No existe esa oferta.",
    "unknown_override": "No existe esa intervención; las que ya no rigen se borran al cabo de un tiempo.",
    "wrong_state": "El estado de la tarea no lo permite.",
    "at_capacity": "El agente no tiene sitio para la tarea.",
    "agent_away": "El agente no está disponible.",
    "agent_draining": "El agente está en retirada y no recibe nada más.",
    "agent_excluded": "El agente está excluido de la tarea.",
    "task_pinned": "La tarea está fijada a un agente.",
    "offer_expired": "La oferta no se contestó a tiempo.",
    "offer_revoked": "La oferta se retiró.",
    "offer_taken": "La oferta ya se había contestado.",
    "stale_version": "Ha cambiado entretanto: vuelva a intentarlo.",
    "override_conflict": "Ya rige otra intervención sobre lo mismo.",
    "override_refused": "Una parte se ha rechazado, y no se ha hecho nada; con --partial se hace el resto.",
    "override_ended": "La intervención ya no rige: no queda nada que deshacer.",
    "not_undoable": "No queda nada que se pueda deshacer: haga otra intervención que lo arregle.",
    "no_targets": "No hay tareas así a las que se les pueda hacer eso.",
    "too_many_targets": "Son demasiadas tareas para una vez: acote el filtro o hágalo por partes.",
    "override_exists": "Ya existe una intervención con ese identificador.",
    "op_reused": "Esta petición ya se usó para otra cosa: vuelva a intentarlo.",
    "invalid_request": "La petición no vale:",
    "malformed_json": "El servicio no entiende la petición.",
    "body_too_large": "La petición es demasiado grande.",
    "body_timeout": "La petición tardó demasiado en llegar: vuelva a intentarlo.",
    "not_ready": "El servicio aún no está listo: vuelva a intentarlo dentro de unos segundos.",
    "overloaded": "El servicio tiene demasiadas peticiones a la espera: vuelva a intentarlo.",
    "store_unavailable": "El servicio no puede leer o guardar sus datos ahora mismo: vuelva a intentarlo.",
    "internal_error": "El servicio ha fallado.",
}
"""By the code of the error."""

FAULTS: Final[Mapping[str, str]] = {
    "missing": "falta",
    "unknown_field": "no existe; quizá esté mal escrito",
    "unknown_value": "ese valor no existe; quizá esté mal escrito",
    "wrong_type": "es de otro tipo",
    "out_of_range": "está fuera de sus límites",
    "too_long": "es demasiado largo",
    "bad_id": "un identificador tiene de 1 a 128 caracteres ASCII visibles",
    "bad_name": "un nombre tiene de 1 a 128 caracteres, ninguno de control",
    "bad_instant": "no es un instante",
    "naive_instant": "le falta la zona horaria",
    "repeated": "está dos veces",
    "not_taken": "aquí sobra",
    "duplicate_id": "está dos veces",
    "blank": "está vacío; diga por qué",
    "in_the_past": "ya ha pasado",
    "bad_cursor": "la lista ha cambiado: vuelva a empezar",
}
"""By the code of the fault; it follows the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What was asked for, in a phrase; how many tasks it names, if it does; and whether it may take the
    place of what is there, can be forced, or is to let a queue go on.
    """

    phrase: str
    replaces: bool
    named: int | None = None
    forces: bool = False
    unfreezes: bool = False


def refusal(problem: Problem, view: View, doing: Doing | None = None) -> Iterator[str]:
    """A headline, and a line for each thing that is to be mended."""
    parts = problem.said.get("refusals") or ()
    if problem.code == CONFLICT and len(parts) < 2:
        yield conflict(problem.said, view, doing)
        return
    count = problem.said.get("refused", problem.errors_total)
    if parts:
        whole = doing is not None and doing.named == count
        yield view.say("refused_whole") if whole else view.say("refused_all", count=view.number(count))
    elif doing and doing.unfreezes and problem.code == "no_targets":
        yield view.say("not_frozen")
    else:
        yield _headline(problem, view)
    yield from (_fault(fault.pointer, fault.code, fault.detail, view) for fault in problem.errors[:MOST_TOLD])
    yield from (part_refused(part, view, doing) for part in parts[:MOST_TOLD])
    left = count - min(MOST_TOLD, len(problem.errors) + len(parts))
    if left > 0:
        yield view.say("others", more=view.number(left))
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR and problem.request_id:
        yield view.say("request", id=plain(problem.request_id))


def part_refused(part: Mapping[str, Any], view: View, doing: Doing | None = None) -> str:
    """Why one part of a change was refused."""
    code, task = str(part.get("code", CONFLICT)), plain(part.get("task") or "")
    if code == CONFLICT:
        return conflict(part, view, doing)
    why = _told(code, plain(part.get("detail") or code), view)
    if code == "wrong_state" and part.get("state") in {*State}:
        why = view.say("is_in_state", state=view.say(part["state"]))
    if doing and doing.forces and code in FORCED:
        why = view.say("with_force", why=why.rstrip("."))
    return f"{task}: {why}" if task else why


def conflict(part: Mapping[str, Any], view: View, doing: Doing | None = None) -> str:
    """Two overrides that cannot both hold: the one asked for, and the one that is there; and the way out."""
    other = part.get("other") or {}
    id = plain(other.get("id") or part.get("by") or "")
    named = in_words(other, 0, view) if "action" in other else id
    told = view.say("conflict", did=doing.phrase if doing else view.say("this_one"), other=named)
    where = f"{plain(part['task'])}: " if part.get("task") else ""
    way = "conflict_replace" if doing and doing.replaces else "conflict_way"
    return f"{where}{told}. {view.say(way, id=id)}"


def _told(code: str, detail: str, view: View) -> str:
    """The sentence of a code: the service's own in English."""
    return SPANISH.get(code, detail) if view.language == "es" else detail


def _headline(problem: Problem, view: View) -> str:
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return view.say("key_refused")
    detail = plain(problem.detail) or str(problem.status)
    row = ERRORS.get(problem.code)
    if row and problem.errors:
        detail = f"{row.title}:"
    elif row and problem.detail == row.remedy:
        detail = f"{row.title}. {row.remedy}"
    return _told(problem.code, detail, view)


def _fault(pointer: str, code: str, detail: str, view: View) -> str:
    place = plain(pointer.removeprefix("/query/").removeprefix("/"))
    known = view.language == "es" and code in FAULTS
    return f"{place}: {FAULTS[code] if known else plain(detail)}"
