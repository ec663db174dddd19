"""Why the service says no, in plain words. It speaks English itself; here is the same in Spanish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from api.messages import Language
from assigner.cli.people.plain import plain
from assigner.cli.words import number, say
from assigner.client import Problem

MOST_TOLD: Final = 20

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
    "at_capacity": "El agente no tiene sitio para la tarea; con --force la recibe igualmente.",
    "agent_away": "El agente no está disponible; con --force la recibe igualmente.",
    "offer_expired": "La oferta no se contestó a tiempo.",
    "offer_revoked": "La oferta se retiró.",
    "offer_taken": "La oferta ya se había contestado.",
    "stale_version": "Ha cambiado entretanto: vuelva a intentarlo.",
    "override_conflict": "Ya rige otra intervención sobre lo mismo.",
    "override_refused": "Una parte se ha rechazado, y no se ha hecho nada; con --partial se hace el resto.",
    "override_ended": "La intervención ya no rige: no queda nada que deshacer.",
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
    "bad_cursor": "la lista ha cambiado: vuelva a empezar",
}
"""By the code of the fault; it follows the place."""


def refusal(problem: Problem, language: Language) -> Iterator[str]:
    """A headline, and a line for each thing that is to be mended."""
    yield _headline(problem, language)
    for fault in problem.errors[:MOST_TOLD]:
        yield _fault(fault.pointer, fault.code, fault.detail, language)
    for part in problem.said.get("refusals", ())[:MOST_TOLD]:
        yield part_refused(part, language)
    told = len(problem.errors) + len(problem.said.get("refusals", ()))
    total = problem.said.get("refused", problem.errors_total)
    if total > min(told, MOST_TOLD):
        yield say("others", language, more=number(total - min(told, MOST_TOLD), language))
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR and problem.request_id:
        yield say("request", language, id=plain(problem.request_id))


def part_refused(part: Mapping[str, Any], language: Language) -> str:
    """Why one task of many was refused."""
    task, code = plain(part.get("task", "")), str(part.get("code", ""))
    why = told(code, plain(part.get("detail", code)), language)
    return f"{task}: {why}" if task else why


def told(code: str, detail: str, language: Language) -> str:
    """The sentence of a code: the service's own in English."""
    return SPANISH.get(code, detail) if language == "es" else detail


def _headline(problem: Problem, language: Language) -> str:
    detail = plain(problem.detail) or str(problem.status)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return say("key_refused", language)
    return told(problem.code, detail, language)


def _fault(pointer: str, code: str, detail: str, language: Language) -> str:
    place = plain(pointer.removeprefix("/query/").removeprefix("/"))
    if language == "es" and code in FAULTS:
        return f"{place}: {FAULTS[code]}"
    return f"{place}: {plain(detail)}"
