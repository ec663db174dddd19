"""One min-cost flow: arcs in, flows and labels of the nodes out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from solver.problem import Ints

Section = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]
"""Arcs: tail, head, capacity, cost."""
FAR = 2**50
SOURCE, SINK = 0, 1


class NetworkError(ArithmeticError):
    """The network's numbers are beyond what the method can compute with."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Arcs whose flow, `amount` units, runs from SOURCE to SINK; cost is minimised."""

    tail: Ints
    head: Ints
    capacity: Ints
    cost: Ints
    amount: int
    n_nodes: int


def join(sections: list[Section], amount: int, n_nodes: int) -> Network:
    """A network of sections, of arrays or single numbers."""
    rows = [np.broadcast_arrays(*section) for section in sections]
    tail, head, capacity, cost = (
        np.concatenate(column).astype(np.int64) for column in zip(*rows, strict=True)
    )
    return Network(tail=tail, head=head, capacity=capacity, cost=cost, amount=amount, n_nodes=n_nodes)


def cheapest_flow(network: Network) -> Ints:
    """The flow on each arc of a cheapest flow. Source of the method: Goldberg 1997, in OR-Tools."""
    method = SimpleMinCostFlow()
    method.add_arcs_with_capacity_and_unit_cost(network.tail, network.head, network.capacity, network.cost)
    method.set_nodes_supplies(np.array([SOURCE, SINK]), np.array([network.amount, -network.amount]))
    status = method.solve()
    if status != SimpleMinCostFlow.OPTIMAL:
        raise NetworkError(f"min-cost flow answered {status.name}")
    return np.asarray(method.flows(np.arange(network.tail.size)), np.int64)


def distances(network: Network, flow: Ints) -> Ints:
    """int64[n_nodes]: labels under which no arc that could still take flow has a negative reduced cost.

    Shortest distances from SOURCE and SINK in the residual network of a cheapest flow; FAR where no way
    leads. Source: Bellman 1958, Ford 1956.
    """
    forth, back = flow < network.capacity, flow > 0
    tail = np.concatenate((network.tail[forth], network.head[back]))
    head = np.concatenate((network.head[forth], network.tail[back]))
    cost = np.concatenate((network.cost[forth], -network.cost[back]))
    order = np.argsort(head)
    tail, head, cost = tail[order], head[order], cost[order]
    start = np.flatnonzero(np.diff(head, prepend=-1))
    reached = head[start]
    label = np.full(network.n_nodes, FAR)
    label[[SOURCE, SINK]] = 0
    for _ in range(label.size):
        nearer = np.minimum(label[reached], np.minimum.reduceat(label[tail] + cost, start))
        if np.array_equal(nearer, label[reached]):
            return label
        label[reached] = nearer
    raise NetworkError("the flow was not a cheapest one")
