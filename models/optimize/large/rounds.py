"""Large-neighbourhood search: which neighbourhood, and which part solves it, is learned from what paid.

A trial is a chooser, a part and the part's size. Parts get time by the money that they took off per
second of late, choosers likewise; sizes grow where neighbourhoods are solved to the end in time, and
shrink where they are not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.optimize.large.neighbourhoods import CHOOSERS, Area, picture_of
from models.optimize.large.parts import PARTS, Attempt, Part, Position
from plant import Plant, Schedule, Weights, Zones, evaluate

PLAIN, OPEN = Weights(), Zones()
LEAST_LEFT = 0.2  # seconds: below it no trial is begun
MEMORY = 0.85  # what a rate keeps of what it was at each trial
LEAST_SHARE = 0.08  # of the mean rate, that every part and chooser is taken to have


@dataclass(frozen=True, slots=True)
class Trial:
    """One neighbourhood: who chose it, which part solved it, how large it was, seconds, and money gained.

    status: how the part ended. before: total cost when it began.
    """

    chooser: str
    part: str
    size: float
    seconds: float
    gain: float
    status: str
    before: float

    @property
    def better(self) -> bool:
        """Whether it led to something cheaper."""
        return self.gain > 0


class Roulette:
    """Draws one of some names by what each paid per second of late.

    First each is drawn once, in the order in which they are given.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.seconds: dict[str, float] = {}
        self.rate: dict[str, float] = {}

    def draw(self, among: list[str]) -> str:
        """One of the names; time, not trials, is shared by rates."""
        for name in among:
            if name not in self.rate:
                return name
        rates = np.array([self.rate[name] for name in among])
        share = rates + LEAST_SHARE * max(rates.mean(), 1e-9)
        share /= np.array([max(self.seconds[name], 1e-3) for name in among])
        return among[int(self.rng.choice(len(among), p=share / share.sum()))]

    def learn(self, name: str, gain: float, seconds: float) -> None:
        """Take in what a trial paid."""
        rate = max(gain, 0.0) / max(seconds, 1e-3)
        if name in self.rate:
            self.rate[name] = MEMORY * self.rate[name] + (1 - MEMORY) * rate
            self.seconds[name] = MEMORY * self.seconds[name] + (1 - MEMORY) * seconds
        else:
            self.rate[name], self.seconds[name] = rate, seconds


def large(
    plant: Plant,
    start: Schedule,
    seconds: float,
    workers: int = 1,
    weights: Weights = PLAIN,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    seed: int = 0,
    improved: Callable[[Schedule, Trial], None] | None = None,
    others: Callable[[], Schedule | None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
    parts: tuple[Part, ...] = PARTS,
) -> tuple[Schedule, tuple[Trial, ...]]:
    """The best schedule met from a feasible start, and every trial in order.

    `others` is asked before each trial whether there is a better feasible schedule to go on from.
    Never worse than the start: what `plant.evaluate` does not find feasible and cheaper is not used.
    It ends early where there is nothing to choose, or where every part has tried all that it can.
    """
    began, trials = clock(), list[Trial]()
    learner = _Learner(parts, np.random.default_rng(seed))
    position = _position(plant, start, weights, base, zones, workers)
    while plant.capabilities and (left := seconds - (clock() - began)) > LEAST_LEFT:
        given = others()
        if given is not None:
            position = _better(position, given, learner) or position
        drawn = learner.draw(position, left)
        if drawn is None:
            break
        chooser, area, part = drawn
        size, at = learner.sizes[part.name], clock()
        attempt = part.solve(position, area, size, min(left, part.most), learner.rng, clock)
        spent = clock() - at
        before, better = position.money, _better(position, attempt.schedule, learner)
        position = better or position
        gain = before - position.money
        trials.append(Trial(chooser, part.name, size, spent, gain, attempt.status, before))
        learner.learn(part, chooser, attempt, gain, spent)
        if better and improved:
            improved(position.best, trials[-1])
    return position.best, tuple(trials)


def _position(
    plant: Plant,
    schedule: Schedule,
    weights: Weights,
    base: Schedule | None,
    zones: Zones,
    workers: int,
) -> Position:
    verdict = evaluate(plant, schedule, base, weights, zones)
    picture = picture_of(plant, schedule, verdict)
    return Position(plant, schedule, verdict.cost.total, weights, base, zones, picture, workers)


def _better(position: Position, schedule: Schedule, learner: _Learner) -> Position | None:
    """The position with another schedule where that is feasible and cheaper."""
    plant, weights = position.plant, position.weights
    if schedule is position.best:
        return None
    verdict = evaluate(plant, schedule, position.base, weights, position.zones)
    if not verdict.feasible or verdict.cost.total >= position.money:
        return None
    learner.resting.clear()
    picture = picture_of(plant, schedule, verdict)
    return replace(position, best=schedule, money=verdict.cost.total, picture=picture)


class _Learner:
    """What was learned: how parts and choosers paid, which sizes go, who has tried all from here."""

    def __init__(self, parts: tuple[Part, ...], rng: np.random.Generator) -> None:
        self.parts, self.rng = {part.name: part for part in parts}, rng
        self.solving, self.choosing = Roulette(rng), Roulette(rng)
        self.sizes = {part.name: part.size for part in parts}
        self.resting: set[str] = set()

    def draw(self, position: Position, left: float) -> tuple[str, Area, Part] | None:
        """A chooser, its area, and a part that so many seconds are enough for."""
        areas = {
            name: area
            for name, choose in CHOOSERS.items()
            if (area := choose(position.picture, self.rng)) is not None
        }
        fit = [
            part.name
            for part in self.parts.values()
            if part.name not in self.resting and part.least <= left
        ]
        if not areas or not fit:
            return None
        chooser = self.choosing.draw(list(areas))
        return chooser, areas[chooser], self.parts[self.solving.draw(fit)]

    def learn(
        self, part: Part, chooser: str, attempt: Attempt, gain: float, seconds: float
    ) -> None:
        """Take in a trial."""
        self.solving.learn(part.name, gain, seconds)
        if not part.is_everywhere:
            self.choosing.learn(chooser, gain, seconds)
        self.sizes[part.name] = part.next_size(self.sizes[part.name], attempt, gain > 0)
        if attempt.is_whole and gain <= 0:
            self.resting.add(part.name)
