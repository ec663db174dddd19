"""The rule "price and hold": who next, and whether to wait.

A pair is worth more the fewer priced hours are left of the task's case, the less the agent's time is worth
elsewhere, and the longer the task has waited; and it is held back when somebody faster would finish the task
sooner, the queue before it included.
"""

from dataclasses import dataclass

import numpy as np

from solver.outlook import FAR, Floats, Outlook
from solver.prices import cheapest, shares
from solver.problem import Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The defaults of the rule: one configuration for every centre."""

    right_agent: float = 6.0
    """γ, the weight of the log of how much dearer than the cheapest agent a pair is."""
    patience: float = 1.5
    """h, a pair is held when it takes longer than this times what waiting for a faster agent takes."""
    queue: float = 1.5
    """g, the weight of the work that the faster agents have before them."""


DEFAULTS = Tuning()
FEW = 10
"""So many idle agents are compared with all others one by one."""
SMALL = 20_000
"""So many comparisons are made at once."""
SURELY = 1.0 + 1e-9
"""A time is longer than another by this factor at least: who adds up in another order finds the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rated:
    """T types, I idle agents asked about."""

    price: Floats
    """v [T]: priced hours of one task of the type."""
    left: Floats
    """[T]: priced hours of all that is left of its case."""
    pair: Floats
    """[T, I]: −γ ln(m p / v); -inf where the agent may not."""
    held_for: Ints
    """[T, I]: −1, or the position among the R agents of who would finish the task sooner."""
    expected_in: Floats
    """[T, I]: hours until that agent would begin it; 0 where none."""


def rate(outlook: Outlook, log_price: Floats, idle: Ints, tuning: Tuning = DEFAULTS) -> Rated:
    """The worth of the types, and of giving one task of each to each of the idle agents.

    `log_price`: [R], from `settle`. `idle`: positions among the R agents.
    """
    hours = np.minimum(outlook.handling, FAR)
    priced, least = cheapest(hours, np.exp(log_price))
    able = least < FAR * 1e-9
    share = shares(priced, least)
    share[~able] = 0.0
    held_for, expected_in = _held(outlook, hours, share, idle, tuning)
    with np.errstate(divide="ignore"):
        pair = -tuning.right_agent * np.log(priced[:, idle] / least[:, None])
    pair[~np.isfinite(outlook.handling[:, idle])] = -np.inf
    price = np.where(able, least, 0.0)
    return Rated(
        price=price,
        left=price + outlook.after,
        pair=pair,
        held_for=held_for,
        expected_in=expected_in,
    )


def _held(outlook: Outlook, hours: Floats, share: Floats, idle: Ints, tuning: Tuning) -> tuple[Ints, Floats]:
    """For each type and idle agent: who faster to wait for (−1: none), and hours until that one begins it.

    With F the faster agents: the wait is at least what the earliest of them needs to finish it, and what all
    of them need for the tasks before this one. Who is not in F never finishes before this agent would. What
    all of F need is a mean of what each of them would, so it is looked at only where even the `least` that
    anybody would is short enough.
    """
    if not outlook.slots.size:
        return np.full((len(hours), 0), -1), np.zeros((len(hours), 0))
    stays = outlook.frees_in < outlook.leaves_in
    done = hours + np.where(stays, outlook.frees_in, FAR)
    soonest, every = done.argmin(axis=1), np.arange(len(hours))
    first, takes = (each[every, soonest][:, None] for each in (done, hours))
    before = share * hours
    work = outlook.waiting @ before + outlook.beside
    np.subtract(work, before, out=before)  # [T, R]: the work before a task at each agent
    least = first + tuning.queue * np.maximum((before / outlook.slots).min(axis=1, keepdims=True), 0.0)
    mine, alternative = hours[:, idle], np.full((len(hours), idle.size), FAR)
    may = mine < FAR
    rows = np.flatnonzero((may & (mine > tuning.patience * least)).any(axis=1))
    hours = hours[rows]
    hours[:, ~stays] = FAR  # who does not stay is faster than nobody
    ahead, served = _among_faster(hours, before[rows] / hours, outlook.slots / hours, mine[rows])
    queue = tuning.queue * np.maximum(ahead, 0.0) / np.maximum(served, 1.0 / FAR)
    alternative[rows] = first[rows] + queue
    hold = may & (mine > tuning.patience * SURELY * alternative)
    return np.where(hold, soonest[:, None], -1), np.where(hold, alternative - takes, 0.0)


def _among_faster(hours: Floats, before: Floats, speed: Floats, mine: Floats) -> tuple[Floats, Floats]:
    """[T, I] twice: the sums of `before` and of `speed` over the agents faster than each idle one."""
    if hours.size * mine.shape[1] <= SMALL:
        among = (hours[:, None, :] < mine[:, :, None]).astype(np.float64)
        return np.einsum("tir,tr->ti", among, before), np.einsum("tir,tr->ti", among, speed)
    sums = np.zeros((2, *mine.shape))
    if mine.shape[1] <= FEW:  # sorting takes longer
        for i in range(mine.shape[1]):
            faster = hours < mine[:, i, None]
            sums[0, :, i] = np.einsum("tr,tr->t", before, faster)
            sums[1, :, i] = np.einsum("tr,tr->t", speed, faster)
        return sums[0], sums[1]
    for row, (times, asked) in enumerate(zip(hours, mine, strict=True)):
        order = times.argsort()
        place = times[order].searchsorted(asked)
        for each, values in zip(sums, (before[row], speed[row]), strict=True):
            each[row] = np.concatenate(([0.0], values[order].cumsum()))[place]
    return sums[0], sums[1]
