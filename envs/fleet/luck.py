"""Chance, the same for every policy: each draw is a function of seed, stream, record and count.

The fifth failure of a line comes after the same running hours whatever the line made, the third order of
an item is as large whoever serves it. There is no generator whose state decisions could shift.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np

from plant import Problem, RecordError
from plant.arrays import Floats
from plant.compiled import inner

FAILURE, REPAIR, RATE, YIELD, LATE, SHORT, DEMAND, RUSH = range(8)
(
    FAIL_HOURS, REPAIR_MINUTES, RATE_SPREAD, YIELD_LOSS, LATE_SHARE, LATE_HOURS, SHORT_SHARE, SHORT_PART,
    DEMAND_SPREAD, RUSH_PER_DAY, RUSH_WEIGHT, NOTICE,
    CERTAIN_FLAG,
) = range(13)  # fmt: skip
Z90 = 1.2815515655446004  # of the normal distribution
_SHARES = ("yield_loss", "late_share", "short_share", "short_part")


@dataclass(frozen=True, slots=True)
class Luck:
    """What does not go as planned; the default is that everything does.

    failure_hours: mean running hours of a line between failures, 0 for none; repair_minutes: mean shift
    minutes of a repair. rate_spread: sigma of the log-normal factor on a run's minutes. yield_loss: mean
    share of a run that is lost beyond its yield, at most half of it. late_share of arrivals come on
    average late_hours late; short_share of them bring less, by up to short_part. demand_spread: sigma of
    the log-normal factor on an order's quantity. rush_per_day: rush orders a day in the whole plant, each
    as large as a usual order of its item and rush_weight times as urgent. notice: minutes before its due
    at which an order's quantity, and that there is a rush order, is known.
    """

    failure_hours: float = 0.0
    repair_minutes: float = 45.0
    rate_spread: float = 0.0
    yield_loss: float = 0.0
    late_share: float = 0.0
    late_hours: float = 12.0
    short_share: float = 0.0
    short_part: float = 0.5
    demand_spread: float = 0.0
    rush_per_day: float = 0.0
    rush_weight: float = 2.0
    notice: int = 1440

    def __post_init__(self) -> None:
        problems = [
            Problem("luck", name, "a number of at least 0", getattr(self, name))
            for name in self.__slots__
            if not getattr(self, name) >= 0
        ]
        problems += [
            Problem("luck", name, "a share of at most 1", getattr(self, name))
            for name in _SHARES
            if getattr(self, name) > 1
        ]
        if problems:
            raise RecordError(problems)

    @property
    def is_certain(self) -> bool:
        """Whether everything goes as planned."""
        chances = (self.failure_hours, self.rate_spread, self.yield_loss, self.late_share)
        return not any((*chances, self.short_share, self.demand_spread, self.rush_per_day))

    def figures(self) -> Floats:
        """The same for compiled code, in the order of the constants of this module."""
        return np.array([*astuple(self), self.is_certain], np.float64)


def spread_between(middle: float, high: float) -> float:
    """The sigma of a log-normal amount from its median and its nine-in-ten quantile (both above 0)."""
    if not 0 < middle <= high:
        raise ValueError(f"quantiles: expected 0 < q50 <= q90, found {middle} and {high}")
    return math.log(high / middle) / Z90


CERTAIN = Luck()
ROUGH = Luck(
    failure_hours=40.0,
    rate_spread=0.06,
    yield_loss=0.01,
    late_share=0.15,
    short_share=0.05,
    short_part=0.3,
    demand_spread=0.2,
    rush_per_day=1.0,
)


@inner
def uniform(seed: int, stream: int, record: int, count: int) -> float:
    """A number in (0, 1) (SplitMix64 over the four, Steele, Lea and Flood 2014)."""
    word = np.uint64(seed)
    for part in (stream, record, count):
        word = (word ^ np.uint64(part)) + np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        word = word ^ (word >> np.uint64(31))
    return (float(word >> np.uint64(11)) + 0.5) / 9007199254740992.0


@inner
def waited(seed: int, stream: int, record: int, count: int, mean: float) -> float:
    """A waiting time of a mean (exponential)."""
    return float(-mean * np.log(uniform(seed, stream, record, count)))


@inner
def factor(seed: int, stream: int, record: int, count: int, spread: float) -> float:
    """A log-normal factor of mean 1 (Box and Muller 1958)."""
    far = np.sqrt(-2.0 * np.log(uniform(seed, stream, record, 2 * count)))
    around = np.cos(2.0 * np.pi * uniform(seed, stream, record, 2 * count + 1))
    return float(np.exp(spread * far * around - 0.5 * spread * spread))


@inner
def rolls(seed: int, stream: int, record: int, count: int, chance: float) -> bool:
    """Whether something of a chance happens."""
    return bool(chance > 0 and uniform(seed, stream, record, count) < chance)
