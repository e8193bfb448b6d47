"""What kept runs need of the stocks: how much of a component new runs must leave, from minute to minute."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from envs.fleet.world import World
from plant.arrays import Floats, Ints


class Promised(NamedTuple):
    """By item, counts [I] rows of at, units: from a minute on, so many units must stay in stock.

    until [I]: the minute of the last take, -1 where no kept run takes the item.
    """

    counts: Ints
    at: Ints
    units: Floats
    until: Ints


def promised(world: World) -> Promised:
    """The units that takes of kept runs need beyond what arrivals and kept deliveries bring until then."""
    moves = _moves(world)
    size = len(world.items.stock)
    counts, until = np.zeros(size, np.int64), np.full(size, -1)
    at: list[int] = []
    units: list[float] = []
    for item in range(size):
        takes = [(minute, -change) for minute, change in moves[item] if change < 0]
        if not takes:
            continue
        gains = [(minute, change) for minute, change in moves[item] if change > 0]
        until[item] = max(minute for minute, _ in takes)
        changes = {0} | {minute for minute, _ in gains} | {minute + 1 for minute, _ in takes}
        for minute in sorted(changes):
            at.append(minute)
            units.append(_short(minute, takes, gains))
        counts[item] = len(changes)
    return Promised(counts, np.array(at, np.int64), np.array(units, np.float64), until)


def _moves(world: World) -> list[list[tuple[int, float]]]:
    """Known gains (+) and takes (-) of each item with their minutes."""
    moves: list[list[tuple[int, float]]] = [[] for _ in world.items.stock]
    arrivals = zip(world.arrival_item, world.arrival_at, world.arrival_quantity, strict=True)
    for item, minute, quantity in arrivals:
        moves[item].append((int(minute), float(quantity)))
    for line in range(len(world.fixed_pointer) - 1):
        for run in range(world.fixed_pointer[line], world.fixed_pointer[line + 1]):
            item, quantity = world.fixed_item[run], float(world.fixed_quantity[run])
            moves[item].append((int(world.fixed_end[run]), quantity))
            share = float(world.capabilities.yield_[line, item])
            for row in range(world.bom.pointer[item], world.bom.pointer[item + 1]):
                taken = quantity * float(world.bom.per_unit[row]) / share
                moves[world.bom.component[row]].append((int(world.fixed_start[run]), -taken))
    return moves


def _short(now: int, takes: list[tuple[int, float]], gains: list[tuple[int, float]]) -> float:
    """The most by which takes from a minute on run ahead of the gains after it."""
    most = 0.0
    for last in sorted({minute for minute, _ in takes if minute >= now}):
        taken = sum(units for minute, units in takes if now <= minute <= last)
        gained = sum(units for minute, units in gains if now < minute <= last)
        most = max(most, taken - gained)
    return most
