"""A bank's real work sessions (BPI Challenge 2012), as the backlog and the clerks of any instant.

An item is an activity of a case. Its first session waits from `available` until its real start. Later ones
are call-backs: the customer decides when, so between two sessions the item is open but may not be started.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from statistics import mean, quantiles
from typing import Any, Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Amsterdam")
FIRST_DAY: Final = date(2012, 2, 13)
DAYS: Final = 14
LONGEST: Final = timedelta(hours=4)
"""A session is cut here: whoever left one open overnight did not work on it."""

ENOUGH: Final = 10
"""A clerk has the skill of an activity after so many sessions of it."""

CAPACITY: Final = 2
TARGET_H: Final = {
    "W_Afhandelen leads": 4,
    "W_Beoordelen fraude": 4,
    "W_Completeren aanvraag": 8,
    "W_Valideren aanvraag": 8,
    "W_Nabellen offertes": 24,
    "W_Nabellen incomplete dossiers": 24,
}
PRIORITIES: Final = ("low", "medium", "high")

ASSUMPTIONS: Final = tuple(
    """
Which weeks: Monday 13 to Sunday 26 February 2012, the two full weeks with the most sessions; without a public
holiday, four months after the log begins and more than two weeks before it ends, so nothing open is unseen.

From the log: what is open, who is on duty (each day from the first start to the last completion), what each
clerk has in hand (the load), skills (activities done at least 10 times), handling times (sessions cut at 4 h;
means by activity, and by clerk and activity).

Call-backs: when a later session of an item begins is the customer's choice; the item is open until then, with
`not_before` at its real start.

Assumed, as the log has none: priority by terciles of the amount (low, medium, high); due 4, 8 or 24 h after
it became available, by activity; a capacity of 2 (one in hand, one to go on with); the clerk who last worked
on a case is preferred.

Real input for the service, and no comparison with the bank: its waits are the customers' too.
""".strip().split("\n\n")
)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One piece of work. `end` is at most LONGEST after `start`; `clerk` is empty where the log has none."""

    case: str
    activity: str
    available: datetime
    start: datetime
    end: datetime
    clerk: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A clerk's day: from the first start to the last completion."""

    clerk: str
    begin: datetime
    end: datetime
    sessions: list[Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What the whole log says: seconds by activity, and by activity for each clerk who has the skill;
    the amounts that part the terciles.
    """

    handle_s: dict[str, float]
    own_s: dict[str, dict[str, float]]
    terciles: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The sessions by time of start, and what is read off them once. `items`: the sessions of each item."""

    habits: Habits
    items: list[list[Session]]
    cases: dict[str, list[Session]]
    duties: list[Duty]


def read(path: Path) -> Log:
    """The log of a file of work items."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as rows:
        sessions = sorted(map(_session, csv.DictReader(rows)), key=attrgetter("start"))
    items: defaultdict[tuple[str, str], list[Session]] = defaultdict(list)
    cases: defaultdict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        items[session.case, session.activity].append(session)
        cases[session.case].append(session)
    return Log(
        habits=_habits(sessions, cases),
        items=list(items.values()),
        cases=cases,
        duties=list(_duties(sessions)),
    )


def hours() -> list[datetime]:
    """Every hour of the two weeks."""
    first = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=ZONE)
    return [first + timedelta(hours=hour) for hour in range(24 * DAYS)]


def requests(log: Log, instants: Sequence[datetime]) -> Iterator[Record]:
    """The body of a `POST /v1/assign` for each instant; instants ascend."""
    first, last = instants[0].astimezone(UTC), instants[-1].astimezone(UTC)
    items = [item for item in log.items if item[0].available <= last and item[-1].start > first]
    duties = [duty for duty in log.duties if duty.begin <= last and duty.end > first]
    for instant in instants:
        now = instant.astimezone(UTC)
        waiting = ((item, at) for item in items if (at := _open(item, now)) is not None)
        yield {
            "now": instant.isoformat(),
            "tasks": [_task(log, item, at, now) for item, at in waiting],
            "agents": [_agent(log.habits, duty, now) for duty in duties if duty.begin <= now < duty.end],
        }


def _open(item: Sequence[Session], now: datetime) -> int | None:
    """Which session of the item waits at an instant, if one does."""
    if not item[0].available <= now < item[-1].start:
        return None
    return next((i for i, session in enumerate(item) if session.available <= now < session.start), None)


def _session(row: dict[str, str]) -> Session:
    start, complete = _instant(row["start"]), _instant(row["complete"])
    return Session(
        case=row["case"],
        activity=row["activity"],
        available=_instant(row["available"]),
        start=start,
        end=min(complete, start + LONGEST),
        clerk=f"clerk-{row['resource']}" if row["resource"] else "",
        amount=int(row["amount"]),
    )


def _instant(text: str) -> datetime:
    """In UTC: comparing instants of one zone is quick."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _habits(sessions: Sequence[Session], cases: dict[str, list[Session]]) -> Habits:
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    own: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for session in sessions:
        spent = (session.end - session.start).total_seconds()
        seconds[session.activity].append(spent)
        own[session.clerk, session.activity].append(spent)
    own_s: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (clerk, activity), spans in own.items():
        if len(spans) >= ENOUGH:
            own_s[clerk][activity] = round(mean(spans), 3)
    return Habits(
        handle_s={activity: round(mean(spans), 3) for activity, spans in seconds.items()},
        own_s=own_s,
        terciles=quantiles((case[0].amount for case in cases.values()), n=3),
    )


def _duties(sessions: Sequence[Session]) -> Iterator[Duty]:
    days: defaultdict[tuple[str, date], list[Session]] = defaultdict(list)
    for session in sessions:
        if session.clerk:
            days[session.clerk, session.start.astimezone(ZONE).date()].append(session)
    for (clerk, _), worked in days.items():
        end = max(session.end for session in worked)
        yield Duty(clerk=clerk, begin=worked[0].start, end=end, sessions=worked)


def _task(log: Log, item: Sequence[Session], at: int, now: datetime) -> Record:
    """The waiting session `at` of an item; all but the first are call-backs."""
    session = item[at]
    known = [each.clerk for each in log.cases[session.case] if each.clerk and each.end <= now]
    record: Record = {
        "id": f"{session.case}-{session.activity.removeprefix('W_').replace(' ', '-')}",
        "case": session.case,
        "category": session.activity,
        "skills": {session.activity: 1},
        "priority": PRIORITIES[sum(session.amount > bound for bound in log.habits.terciles)],
        "created_at": session.available.isoformat(),
        "due_at": (session.available + timedelta(hours=TARGET_H[session.activity])).isoformat(),
        "handle_s": log.habits.handle_s[session.activity],
        "preferred_agents": known[-1:],
    }
    return record | {"not_before": session.start.isoformat()} if at else record


def _agent(habits: Habits, duty: Duty, now: datetime) -> Record:
    in_hand = [session for session in duty.sessions if session.start <= now < session.end]
    own = habits.own_s.get(duty.clerk, {})
    record: Record = {
        "id": duty.clerk,
        "skills": dict.fromkeys(own, 1),
        "capacity": CAPACITY,
        "load": len(in_hand),
        "available_from": duty.begin.isoformat(),
        "available_until": duty.end.isoformat(),
        "handle_s": own,
    }
    if not in_hand:
        record["idle_since"] = max(each.end for each in duty.sessions if each.end <= now).isoformat()
    return record
