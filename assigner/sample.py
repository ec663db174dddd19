"""A realistic back-office snapshot, made from the tables of `assigner.sample_data`: what a demo posts.

Requirements come from templates, one for each kind of task, channel and language, so that a backlog of any
size has about as many groups of like tasks as a real centre: some 200, besides the tasks that name agents.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from random import Random
from typing import Any, Final, TypeVar

from assigner.sample_data import (
    CALENDAR,
    CAPACITIES,
    FIRST_NAMES,
    LANGUAGES,
    LAST_NAMES,
    LEVELS,
    PRESENCES,
    QUEUES,
    SETTINGS,
    SHIFTS,
    SPECIALISMS,
    SPOKEN,
    Category,
    Queue,
    Situation,
    Specialism,
)

NOW: Final = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=1)))
"""A Monday at nine, in Spain's winter time."""

OPEN_H: Final = 8
DAY_H: Final = 12
WEEK_D: Final = 5
"""Business hours: 12 a day from 08:00, five days a week from Monday."""

VIP_PART: Final = 0.14
"""Of the Spanish tasks in the main channel of a queue with `vip`: about 5 % of all."""

NAMED_PARTS: Final = {
    "pinned": 0.002,
    "pinned_off": 0.001,
    "preferred": 0.004,
    "excluded": 0.002,
    "cooling": 0.002,
}
"""Parts of the tasks that name an agent, at least one of each in a snapshot of 40 tasks or more."""

AGREED_PART: Final = 0.08
"""Of the call-backs: those agreed for a later time."""

SPECIAL_SHARE: Final = 0.004
"""Of all tasks, for each specialism."""

OF_THE_MOMENT: Final = ("presence", "load", "idle_since", "available_from", "available_until")
"""What of an agent in a snapshot belongs to its instant."""

Record = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What like tasks share: the fields of their records, the share of all tasks, and their queue's facts."""

    fields: Record
    share: float
    queue: Queue
    declined_by: Sequence[str] = ()


def snapshot(
    tasks: int = 200, agents: int = 20, seed: int = 0, now: datetime | None = None, *, sizes: bool = False
) -> Record:
    """The body of a `POST /v1/assign` with so many tasks and agents: a pure function of the arguments.

    `sizes` gives long tasks a size of 2 or 3. Like tasks share the dicts of their skills: copy them before
    changing one. Raises ValueError for a negative count and a naive `now`.
    """
    instant = NOW if now is None else now
    if tasks < 0 or agents < 0:
        raise ValueError(f"tasks and agents are {tasks} and {agents}; expected 0 or more of each")
    if instant.tzinfo is None:
        raise ValueError(f"now is {instant.isoformat()}; expected an offset, as in {NOW.isoformat()}")
    random = Random(seed)
    names = _names(random, agents + 1)
    off = names.pop()
    holders = _holders(random, names)
    team = [_agent(random, instant, name, holders.get(name)) for name in names]
    backlog = _backlog(random, instant, tasks, _templates(holders, sizes=sizes))
    _name_agents(random, instant, backlog, names, off)
    return {"now": instant.isoformat(), "tasks": backlog, "agents": team}


def centre(
    tasks: int = 0, agents: int = 20, seed: int = 0, now: datetime | None = None, *, sizes: bool = False
) -> dict[str, dict[str, Record]]:
    """The same back office for a living service: its queues, agents and, when there are any, tasks, by id.

    Agents are there at all hours, and what a service finds out itself is left to it. Arguments and errors
    are those of `snapshot`.
    """
    made = snapshot(tasks, agents, seed, now, sizes=sizes)
    queues: dict[str, Record] = {queue.id: SETTINGS.get(queue.id, {}) | _promises(queue) for queue in QUEUES}
    parts = {"queues": queues, "agents": _by_id(made["agents"], but=OF_THE_MOMENT)}
    return parts | ({"tasks": _by_id(made["tasks"], but=("cooling_down",))} if tasks else {})


def _promises(queue: Queue) -> Record:
    """What a queue promises: an end in its business hours, and an answer in a quarter of them."""
    resolution_s = queue.sla_h * 3600
    level = {
        "first_response_s": resolution_s / 4,
        "resolution_s": resolution_s,
        "at_risk_s": resolution_s / 8,
    }
    return {"calendar": CALENDAR, "service_levels": [level]}


def _by_id(records: Sequence[Record], but: Sequence[str]) -> dict[str, Record]:
    return {
        record["id"]: {name: value for name, value in record.items() if name not in ("id", *but)}
        for record in records
    }


# ── agents


def _names(random: Random, count: int) -> list[str]:
    """Unique ids like `ana.garcia`; a namesake is `ana.garcia2`."""
    seen: dict[str, int] = {}
    for _ in range(count):
        name = f"{random.choice(FIRST_NAMES)}.{random.choice(LAST_NAMES)}"
        seen[name] = seen.get(name, 0) + 1
    ids = [f"{name}{i}" if i > 1 else name for name, times in seen.items() for i in range(1, times + 1)]
    random.shuffle(ids)
    return ids


def _holders(random: Random, names: Sequence[str]) -> dict[str, Specialism]:
    """Who holds which specialism: one agent in 250 each, at least one, and half of a small team at most."""
    held = [special for special in SPECIALISMS if special.situation != "nobody"]
    each = held * max(1, len(names) // 250)
    chosen = random.sample(names, min(len(each), len(names) // 2))
    return dict(zip(chosen, each, strict=False))


def _agent(random: Random, now: datetime, name: str, special: Specialism | None) -> Record:
    queues = _queues_of(random, special)
    capacity = _pick(random, CAPACITIES)
    load = min(capacity, int(random.expovariate(0.9)))
    begin, end = _pick(random, SHIFTS)
    record: Record = {
        "id": name,
        "skills": _skills_of(random, queues),
        "presence": _pick(random, PRESENCES),
        "channels": sorted({channel for queue in queues for channel in queue.channels}),
        "capacity": capacity,
        "load": load,
        "available_from": _at(now, begin),
        "available_until": _at(now, end),
    }
    if load < capacity:
        record["idle_since"] = _at(now, -min(4.0, random.expovariate(5)))
    if random.random() < 0.3:
        record["handle_s"] = _own_handling(random, queues)
    if special is not None:
        record |= _situation(now, special.situation, capacity)
        record["skills"][special.skill] = special.level - 2 * (special.situation == "learning")
    if record["load"] >= capacity:
        record.pop("idle_since", None)
    return record


def _queues_of(random: Random, special: Specialism | None) -> list[Queue]:
    """The queues an agent serves: one or two, that of the specialism among them, by the time they take."""
    work = [queue.share * sum(item.share * item.minutes for item in queue.categories) for queue in QUEUES]
    drawn = random.choices(QUEUES, work, k=random.choice((1, 2, 2)))
    own = [queue for queue in QUEUES if special is not None and queue.id == special.queue]
    return [queue for queue in QUEUES if queue in own + drawn]


def _skills_of(random: Random, queues: Sequence[Queue]) -> dict[str, int]:
    skills = {"es": 5 if random.random() < 0.9 else 4}
    skills |= {tongue: random.randint(3, 5) for tongue, part in SPOKEN.items() if random.random() < part}
    for queue in queues:
        skills[queue.id] = _pick(random, LEVELS)
        for skill in _taught(queue):
            if random.random() < 0.75:
                skills[skill] = max(skills.get(skill, 1), _pick(random, LEVELS))
    if random.random() < 0.15:
        skills["vip"] = random.randint(1, 3)
    return skills


def _taught(queue: Queue) -> list[str]:
    """The skills that a queue's categories ask for besides its own, in the order of the tables."""
    asked = (skills for item in queue.categories for skills in (item.skills, *item.any_skills))
    return list(dict.fromkeys(skill for skills in asked for skill in skills))


def _own_handling(random: Random, queues: Sequence[Queue]) -> dict[str, int]:
    """An agent's own handling seconds: log-normal about the planned ones."""
    known = [item for queue in queues for item in queue.categories]
    some = random.sample(known, min(len(known), random.randint(1, 4)))
    return {item.id: _tens(item.minutes * 60 * random.lognormvariate(0, 0.25)) for item in some}


def _situation(now: datetime, situation: Situation, capacity: int) -> Record:
    """The fields that put a specialist into a situation: on shift with nothing to do, but for one thing."""
    free: Record = {
        "presence": "available",
        "load": 0,
        "available_from": _at(now, -1),
        "available_until": _at(now, 7),
        "idle_since": _at(now, -0.2),
    }
    facts: dict[Situation, Record] = {
        "email_only": {"channels": ["email"]},
        "away": {"presence": "away"},
        "next_shift": {"available_from": _at(now, 5), "available_until": _at(now, 13)},
        "leaving": {"available_until": _at(now, 0.5)},
        "full": {"load": capacity},
    }
    return free | facts.get(situation, {})


# ── tasks


def _templates(holders: dict[str, Specialism], *, sizes: bool) -> list[Template]:
    """Every kind of task, the specialisms first."""
    total = sum(item.share for queue in QUEUES for item in _of_queue(queue, sizes=sizes))
    special = [_of_specialism(special, holders, total) for special in SPECIALISMS]
    return special + [item for queue in QUEUES for item in _of_queue(queue, sizes=sizes)]


def _of_queue(queue: Queue, *, sizes: bool) -> Iterator[Template]:
    """The templates of a queue: its channels in Spanish, the main one in other languages and for VIPs."""
    main = next(iter(queue.channels))
    parts = {"es": LANGUAGES["es"]} | {tongue: LANGUAGES[tongue] for tongue in queue.languages}
    for item in queue.categories:
        share = queue.share * item.share / sum(category.share for category in queue.categories)
        for channel, weight in queue.channels.items():
            spanish = share * weight / sum(queue.channels.values()) * parts["es"] / sum(parts.values())
            vip = spanish * VIP_PART if queue.vip and channel == main else 0.0
            fields = _fields(queue, item, channel, "es", sizes=sizes)
            yield Template(fields=fields, share=spanish - vip, queue=queue)
            if vip:
                yield Template(fields=_very_important(fields), share=vip, queue=queue)
        for tongue in queue.languages:
            foreign = share * parts[tongue] / sum(parts.values())
            fields = _fields(queue, item, main, tongue, sizes=sizes)
            yield Template(fields=fields, share=foreign, queue=queue)


def _fields(queue: Queue, item: Category, channel: str, language: str, *, sizes: bool) -> Record:
    fields: Record = {
        "queue": queue.id,
        "category": item.id,
        "channel": channel,
        "skills": {queue.id: item.level, language: 3} | item.skills,
        "priority": queue.priority,
        "handle_s": _tens(item.minutes * 60 * (0.8 if channel == "callback" else 1.0)),
    }
    if item.any_skills:
        fields["any_skills"] = [dict(skills) for skills in item.any_skills]
    if sizes and item.minutes >= 14:
        fields["size"] = 3 if item.minutes >= 24 else 2
    return fields


def _very_important(fields: Record) -> Record:
    priority = min(100, fields["priority"] + 20)
    return fields | {"tags": ["vip"], "preferred_skills": {"vip": 1}, "priority": priority}


def _of_specialism(special: Specialism, holders: dict[str, Specialism], total: float) -> Template:
    queue = next(queue for queue in QUEUES if queue.id == special.queue)
    fields: Record = {
        "queue": queue.id,
        "category": special.category,
        "channel": special.channel,
        "skills": {special.skill: special.level, "es": 3},
        "priority": queue.priority,
        "handle_s": _tens(special.minutes * 60),
    }
    declined = [name for name, held in holders.items() if held is special and special.situation == "declined"]
    return Template(fields=fields, share=total * SPECIAL_SHARE, queue=queue, declined_by=declined)


def _backlog(random: Random, now: datetime, count: int, templates: Sequence[Template]) -> list[Record]:
    """So many tasks, each specialism at least once when they are 40 or more, in the order of their making."""
    sure = templates[: len(SPECIALISMS)] if count >= 40 else []
    shares = list(accumulate(template.share for template in templates))
    drawn = [*sure, *random.choices(templates, cum_weights=shares, k=count - len(sure))]
    random.shuffle(drawn)
    hour = _business_hour(now)
    aged = sorted(
        ((random.expovariate(1.8 / item.queue.sla_h), i) for i, item in enumerate(drawn)), reverse=True
    )
    return [_task(random, now, n, drawn[i], hour - age) for n, (age, i) in enumerate(aged, 1)]


def _task(random: Random, now: datetime, number: int, template: Template, created: float) -> Record:
    """One task, made at a business hour and due at a later one."""
    record: Record = {
        "id": f"{template.queue.prefix}-{number:06}",
        "case": f"C-{number - (random.random() < 0.05):06}",
        **template.fields,
        "created_at": _instant(now, created).isoformat(),
        "due_at": _instant(now, created + template.queue.sla_h).isoformat(),
    }
    if template.declined_by:
        record["cooling_down"] = {name: _at(now, 0.25) for name in template.declined_by}
    if record["channel"] == "callback" and random.random() < AGREED_PART:
        record["not_before"] = _at(now, random.randint(1, 12) / 2)
    return record


def _name_agents(
    random: Random, now: datetime, backlog: Sequence[Record], names: Sequence[str], off: str
) -> None:
    """Pin, prefer, exclude or cool down an agent on a few tasks; `off` is an agent not in the snapshot."""
    least = 1 if len(backlog) >= 40 and names else 0
    counts = {how: max(least, int(part * len(backlog))) for how, part in NAMED_PARTS.items()}
    plain = [task for task in backlog if "cooling_down" not in task]
    chosen = iter(random.sample(plain, sum(counts.values()) if least else 0))
    for how, count in counts.items():
        for task in [next(chosen) for _ in range(count if least else 0)]:
            task.update(_named(how, off if how == "pinned_off" else random.choice(names), now))


def _named(how: str, name: str, now: datetime) -> Record:
    fields: dict[str, Record] = {
        "pinned": {"pinned_agent": name},
        "pinned_off": {"pinned_agent": name},
        "preferred": {"preferred_agents": [name]},
        "excluded": {"excluded_agents": [name]},
        "cooling": {"cooling_down": {name: _at(now, 0.25)}},
    }
    return fields[how]


# ── numbers and instants


def _pick(random: Random, shares: dict[T, int]) -> T:
    return random.choices(list(shares), list(shares.values()))[0]


def _tens(seconds: float) -> int:
    """Whole tens of seconds, as people plan."""
    return max(10, round(seconds / 10) * 10)


def _at(now: datetime, hours: float) -> str:
    return (now + timedelta(seconds=round(hours * 3600))).isoformat()


def _business_hour(instant: datetime) -> float:
    """Business hours from the Monday of the instant's week to the instant."""
    today = instant.hour - OPEN_H + instant.minute / 60 + instant.second / 3600
    within = min(max(today, 0.0), DAY_H) if instant.weekday() < WEEK_D else 0.0
    return min(instant.weekday(), WEEK_D) * DAY_H + within


def _instant(now: datetime, hour: float) -> datetime:
    """The instant, to the second, of a business hour counted from the Monday of the week of `now`."""
    weeks, rest = divmod(hour, WEEK_D * DAY_H)
    days, today = divmod(rest, DAY_H)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = timedelta(days=weeks * 7 + days - now.weekday(), seconds=int((OPEN_H + today) * 3600))
    return midnight + since
