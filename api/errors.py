"""Every error of the API, in two tables: what a request ended with, and what is wrong inside its body.

Errors are RFC 9457 `application/problem+json`. A code is stable: clients are written against it.

    ApiError     a request that ends with a code of ERRORS
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import msgspec

MEDIA_TYPE = "application/problem+json"
MAX_FAULTS_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """One row of ERRORS. `remedy` is the sentence used when there is nothing more precise to say."""

    code: str
    status: int
    title: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in a body: where (a JSON Pointer), a code of FAULTS, and a sentence."""

    pointer: str
    code: str
    detail: str


def _table(*rows: tuple[str, int, str, str]) -> dict[str, ErrorCode]:
    return {row[0]: ErrorCode(code=row[0], status=row[1], title=row[2], remedy=row[3]) for row in rows}


ERRORS: Mapping[str, ErrorCode] = _table(
    ("malformed_json", 400, "The body is not JSON",
     "Send one JSON object in UTF-8, without NaN, without duplicate keys, at most 32 levels deep."),
    ("malformed_http", 400, "The request is not HTTP",
     "Send a well-formed HTTP/1.1 request."),
    ("unauthorized", 401, "Who asks is not known",
     "Send `Authorization: Bearer` with a key; `assigner keys create` makes one."),
    ("forbidden", 403, "The caller may not do this",
     "Use the key of a role that may."),
    ("not_found", 404, "There is no such resource",
     "Check the path; /docs lists them all."),
    ("unknown_task", 404, "There is no such task",
     "Check the id; a task that ended is deleted after a while."),
    ("unknown_agent", 404, "There is no such agent",
     "Check the id, or PUT the agent first."),
    ("unknown_offer", 404, "There is no such offer",
     "Check the id; GET /v1/offers lists the open ones."),
    ("unknown_queue", 404, "There is no such queue",
     "Check the id, or PUT the queue first."),
    ("unknown_override", 404, "There is no such override",
     "Check the id; GET /v1/overrides lists them. One that holds no more is deleted after a while."),
    ("unknown_key", 404, "There is no such key",
     "Check the id; GET /v1/keys lists them all."),
    ("method_not_allowed", 405, "The method is not allowed here",
     "Use one of the methods named in the Allow header."),
    ("body_timeout", 408, "The body took too long to arrive",
     "Send it faster, or fewer bytes, or raise ASSIGNER_BODY_TIMEOUT_S."),
    ("task_exists", 409, "There is a task of this id with other content",
     "Choose another id, or change the task with PUT or PATCH."),
    ("key_exists", 409, "There is a key of this name",
     "Choose another name, or rotate or revoke the key that has it."),
    ("wrong_key_state", 409, "The key has been revoked or has expired",
     "Make a new one."),
    ("wrong_state", 409, "The task's state does not allow this",
     "Do one of the things named in allowed."),
    ("offer_expired", 409, "The offer was not answered in time",
     "Take the next offer."),
    ("offer_revoked", 409, "The offer was taken back",
     "Take the next offer."),
    ("offer_taken", 409, "The offer has been answered already",
     "GET the task to see who has it."),
    ("at_capacity", 409, "The agent has no room for the task",
     "Complete or release one of the agent's tasks, or raise the agent's capacity."),
    ("agent_has_work", 409, "The agent still has work",
     "Release or transfer the agent's tasks, and decline their open offers or let them expire, first."),
    ("override_exists", 409, "There is an override of this id",
     "Choose another id."),
    ("agent_away", 409, "The agent is not available",
     "Wait until they are, or give force: true."),
    ("agent_draining", 409, "The agent is being drained",
     "Undo the drain named in by, or give force: true."),
    ("agent_excluded", 409, "The agent is kept from the task",
     "Undo the override named in by, change the task's excluded_agents, or give force: true."),
    ("task_pinned", 409, "The task is pinned to an agent",
     "Unpin it first, or choose that agent."),
    ("not_undoable", 409, "Nothing of the override can be undone",
     "Make another override that sets things right."),
    ("override_ended", 409, "The override holds no more",
     "There is nothing left to undo."),
    ("override_conflict", 409, "Another override holds already",
     "Undo the one named in by, or replace it."),
    ("override_refused", 409, "A part of the override was refused, and nothing was done",
     "See refusals for what was, and why; with partial, the rest is done."),
    ("stale_version", 412, "The resource has changed",
     "GET it again and send its new ETag in If-Match."),
    ("exists_already", 412, "The resource exists",
     "Leave out If-None-Match to change it."),
    ("body_too_large", 413, "The body is too large",
     "Send fewer bytes, or raise ASSIGNER_MAX_BODY_BYTES."),
    ("invalid_request", 422, "The request is not valid",
     "Mend every fault listed in errors; each names its place by a JSON Pointer."),
    ("too_many_tasks", 422, "There are too many tasks",
     "Send fewer tasks, or raise ASSIGNER_MAX_TASKS."),
    ("too_many_agents", 422, "There are too many agents",
     "Send fewer agents, or raise ASSIGNER_MAX_AGENTS."),
    ("too_many_arcs", 422, "There are too many eligible arcs",
     "Split the request, for example by queue, or raise ASSIGNER_MAX_ARCS."),
    ("too_many_pairs", 422, "There are too many pairs to list",
     "Ask for explain: reasons, send fewer tasks, or raise ASSIGNER_MAX_PAIRS."),
    ("no_targets", 422, "The override is about nothing",
     "Widen the filter; what the action cannot be done to is not counted."),
    ("too_many_targets", 422, "The override is about too many tasks",
     "Narrow it down, or split it."),
    ("op_reused", 422, "The Idempotency-Key was used for another request",
     "Take a new key for a new request; a retry sends the same body to the same path."),
    ("rate_limited", 429, "The caller asks too often",
     "Wait for the seconds in Retry-After; the RateLimit header says what is left."),
    ("internal_error", 500, "The service failed",
     "Retry; if it happens again, report the request id and the log."),
    ("worker_failed", 500, "The worker stopped before it answered",
     "Retry; another worker has taken its place."),
    ("not_ready", 503, "The service is not ready",
     "Retry after the seconds in Retry-After; GET /readyz says what it waits for."),
    ("overloaded", 503, "Too many requests are waiting",
     "Retry after the seconds in Retry-After, or raise ASSIGNER_WORKERS or ASSIGNER_MAX_WAITING."),
    ("too_many_readers", 503, "Too many follow the events",
     "Retry after the seconds in Retry-After, or raise ASSIGNER_MAX_EVENT_READERS."),
    ("store_unavailable", 503, "The store cannot be reached or cannot write",
     "Retry after the seconds in Retry-After, with the same Idempotency-Key."),
    ("answer_timeout", 504, "The answer took too long",
     "Send fewer tasks or a smaller time_limit_s, or raise ASSIGNER_ANSWER_TIMEOUT_S."),
)  # fmt: skip

FAULTS: Mapping[str, str] = {
    "missing": "A required field is not there.",
    "unknown_field": "There is no such field; perhaps it is misspelt.",
    "unknown_value": "The text is not one of the allowed values; perhaps it is misspelt.",
    "wrong_type": "The value has another JSON type than expected.",
    "out_of_range": "The number is outside its bounds.",
    "too_long": "The text, list or object is longer than allowed.",
    "bad_id": "An id is not 1 to 128 visible ASCII characters.",
    "bad_name": "A skill, channel, category or tag is not 1 to 128 characters without control characters.",
    "bad_instant": "The text is not an RFC 3339 instant.",
    "naive_instant": "The instant has no offset.",
    "duplicate_id": "Two tasks or two agents have the same id.",
    "pinned_and_excluded": "A task is pinned to an agent that it excludes.",
    "busy_not_load": "The sizes in `busy` do not add up to `load`.",
    "read_only": "The service keeps this field itself; leave it out.",
    "other_id": "The id in the body is not that of the path.",
    "below_floor": "A relaxation step goes below the queue's floor.",
    "ends_first": "An agent's window, a shift, a break, or hours of a day do not end after they begin.",
    "overlap": "Two shifts, two breaks, or hours of a day overlap.",
    "outside_shift": "A break is not inside its shift.",
    "bad_time": "The text is not a time of a day, such as 09:30.",
    "bad_date": "The text is not a day, such as 2026-12-25.",
    "unknown_zone": "There is no such time zone; perhaps it is misspelt.",
    "never_open": "A calendar is open for less than an hour in some year.",
    "no_promise": "A service level has neither a promise nor an `at_risk_s`.",
    "too_few": "A curve has fewer than two points.",
    "one_side": "A point of a curve is neither before nor after, or both.",
    "same_place": "Two points of a curve are at the same time.",
    "not_rising": "A curve falls, or does not rise at its end.",
    "repeated": "A parameter of the query, or a category, is given more than once.",
    "blank": "The text says nothing.",
    "not_taken": "The action takes no such parameter or target; leave it out.",
    "in_the_past": "The instant has passed.",
    "bad_cursor": "The list did not give this cursor.",
    "bad_event_id": "The text is not the id of an event.",
    "bad_etag": "If-Match does not have one ETag of this service.",
    "bad_key": "An Idempotency-Key is not 1 to 255 visible ASCII characters.",
}


class ApiError(Exception):
    """A request that ends with the error `code`; `detail` defaults to the table's remedy."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        """`members` are further members of the problem, such as the state that was found."""
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = dict(members or {})


def problem(
    code: str,
    detail: str,
    request_id: str,
    errors: Sequence[Fault] | None = None,
    errors_total: int | None = None,
    members: Mapping[str, object] | None = None,
) -> bytes:
    """The problem+json body of an error: `code` is of ERRORS, and an empty `detail` means its remedy.

    Only the first 100 of `errors` are shown; `errors_total` is how many there are (default: their number).
    """
    row = ERRORS[code]
    body: dict[str, object] = {
        "type": f"urn:assigner:error:{code}",
        "title": row.title,
        "status": row.status,
        "detail": detail or row.remedy,
        "code": code,
        "request_id": request_id,
    }
    if errors is not None:
        body["errors"] = [asdict(fault) for fault in errors[:MAX_FAULTS_SHOWN]]
        body["errors_total"] = len(errors) if errors_total is None else errors_total
    body.update(members or {})
    return msgspec.json.encode(body)
