"""A factory to listen to: a plant that follows a schedule as well as real plants do, minute by minute.

Rates, yields, changeovers, shifts and arrivals are the plant's (for the 50 lines those that the real
production data call for, `envs.fmcg`); orders follow the real history's figures; what goes wrong is
assumed (`envs.factory.records.Habits`). The same seed gives the same happenings on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from envs.factory.line import LineAtWork
from envs.factory.records import Counted, Delivery, Habits, Happening, Stands
from envs.factory.surroundings import order_desk, trucks
from plant import BomLine, Changeover, Line, Plant, Schedule

TRUCKS, ORDERS, FIRST_LINE = 1, 2, 10  # streams of random numbers
USUAL = Habits()


class Factory:
    """A plant at work from a minute of its plan on.

    Parameters
    ----------
    schedule
        What is to be made; runs that should have ended before `start` count as made.
    start
        The minute at which the play begins.
    """

    def __init__(
        self,
        plant: Plant,
        schedule: Schedule,
        seed: int,
        habits: Habits = USUAL,
        start: int = 0,
    ) -> None:
        self.plant, self.minute = plant, start
        self._stock = {item.id: item.stock for item in plant.items}
        for arrival in plant.arrivals:
            if arrival.at < start:
                self._stock[arrival.item] += arrival.quantity
        self._begun = {run.id for run in schedule.runs if run.end <= start}
        self._lines = _lines(plant, self._stock, self._begun, habits, seed)
        outside = [
            *trucks(plant, habits, np.random.default_rng([seed, TRUCKS]), start),
            *order_desk(plant, habits, np.random.default_rng([seed, ORDERS]), start),
        ]
        self._outside = sorted(outside, key=_when, reverse=True)  # the next one is the last
        self.follow(schedule)

    @property
    def stock(self) -> Mapping[str, float]:
        """Units in stock by item; what customers take away is not simulated."""
        return dict(self._stock)

    def follow(self, schedule: Schedule) -> None:
        """Work by this schedule from now on; what has begun is finished where it is."""
        for line in self._lines:
            line.follow(
                [r for r in schedule.runs if r.line == line.line.id and r.id not in self._begun]
            )

    def tick(self) -> list[Happening]:
        """What happens in the next minute, in time order."""
        said: list[Happening] = []
        while self._outside and self._outside[-1].minute < self.minute + 1:
            one = self._outside.pop()
            if isinstance(one, Delivery) and one.status == "arrived":
                self._stock[one.item] += one.quantity
            said.append(one)
        for line in self._lines:
            said += line.tick(self.minute)
        self.minute += 1
        return sorted(said, key=_when)

    def play(self, minutes: int) -> Iterator[Happening]:
        """What happens in so many minutes."""
        for _ in range(minutes):
            yield from self.tick()


def _when(one: Happening) -> tuple[float, str]:
    return one.minute, getattr(one, "line", "") if isinstance(one, Counted | Stands) else ""


def _lines(
    plant: Plant, stock: dict[str, float], begun: set[str], habits: Habits, seed: int
) -> list[LineAtWork]:
    families = {item.id: item.family for item in plant.items}
    bom: dict[str, list[BomLine]] = {}
    for row in plant.bom:
        bom.setdefault(row.item, []).append(row)
    made = []
    for number, line in enumerate(plant.lines):
        rng = np.random.default_rng([seed, FIRST_LINE + number])
        made.append(
            LineAtWork(
                line,
                {one.item: one for one in plant.capabilities if one.line == line.id},
                families,
                _changeovers(plant, line),
                bom,
                stock,
                begun,
                habits,
                rng,
                float(rng.random()),
            )
        )
    return made


def _changeovers(plant: Plant, line: Line) -> dict[tuple[str, str], Changeover]:
    """The changeovers of all lines, with the line's own in their place where it has them."""
    rows = sorted(plant.changeovers, key=lambda one: one.line is not None)
    return {(one.from_family, one.to_family): one for one in rows if one.line in (None, line.id)}
