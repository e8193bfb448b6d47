"""The lines of the 50-line plant: rates that a load calls for, capabilities, changeovers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from envs.fmcg.measured import Measured
from envs.shifts import FRIDAY, Week
from plant import Capability, Changeover, Line, Problem, RecordError
from plant.arrays import Floats

WEEK = Week(regular_days=(0, 1, 2, 3, 5, 6), overtime_days=(FRIDAY,))
HOURS_A_DAY = 15.0

# Rates: a product with four times the peak output runs twice as fast, on twice as many lines.
SCALE_ECONOMY = 0.5
PLANT_SPEED = (0.9, 1.1)
SECOND_LINE_SPEED = 0.92
YIELD = 0.99
MIN_LOT_HOURS = 2.0
STEP_HOURS = 0.25

# Minutes of a changeover, by what the two products share, and what a mean lot is for the load.
SAME_SUB_GROUP, SAME_GROUP, OTHER_GROUP = 30, 60, 120
INTO_CLEANER, OUT_OF_CLEANER = 1.3, 0.8
MEAN_LOT_HOURS, MEAN_CHANGEOVER_HOURS = 8.0, 0.5

# Money in BDT, an hour where it says no other.
VALUE_PER_KG = 120.0
RUN_COST, OVERTIME_COST, IDLE_COST = (2400, 3600), (900, 1300), (500, 800)
CHANGEOVER_PER_MINUTE = 45.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What of the recipe may be set.

    load: shift time that the demand of the horizon needs, net of opening stock over safety stock, over
    regular shift time. demand_days: so many last days give the mean demand. Quantiles: of daily output
    for the peak, of lead times for the dues. safety_days: safety stock in days of mean demand.
    """

    lines_per_plant: int = 2
    load: float = 0.9
    horizon_days: int = 14
    demand_days: int = 56
    peak_quantile: float = 0.9
    lead_quantile: float = 0.8
    safety_days: float = 2.0

    def __post_init__(self) -> None:
        problems = [
            Problem("recipe", name, expected, getattr(self, name))
            for name, holds, expected in (
                ("lines_per_plant", 1 <= self.lines_per_plant <= 10, "1 to 10"),
                ("load", 0 < self.load <= 2, "a number above 0 and at most 2"),
                ("horizon_days", 1 <= self.horizon_days <= 60, "1 to 60"),
                ("demand_days", self.demand_days >= 1, "at least 1"),
                ("peak_quantile", 0 < self.peak_quantile <= 1, "a share above 0 and at most 1"),
                ("lead_quantile", 0 < self.lead_quantile <= 1, "a share above 0 and at most 1"),
                ("safety_days", self.safety_days >= 0, "at least 0"),
            )
            if not holds
        ]
        if problems:
            raise RecordError(problems)


@dataclass(frozen=True, slots=True)
class Product:
    """A product with its groups, the plants that may make it and its good units per line-hour."""

    measured: Measured
    group: str
    sub_group: str
    plants: tuple[str, ...]
    rate: float = 0.0

    @property
    def id(self) -> str:
        """The product's id in the history."""
        return self.measured.product

    @property
    def family(self) -> str:
        """The set-up: the product without its variant, `.1`."""
        return self.id.split(".")[0]

    @property
    def value(self) -> float:
        """Money a unit is worth."""
        return VALUE_PER_KG * self.measured.kg


def draw_lines(
    products: list[Product], recipe: Recipe, starts_at: datetime, rng: np.random.Generator
) -> tuple[Line, ...]:
    """So many lines for each plant, set up for a product of the plant, the more likely the more asked."""
    shifts = WEEK.shifts(recipe.horizon_days, starts_at.weekday())
    lines = []
    for plant in sorted({plant for one in products for plant in one.plants}):
        routed = [one for one in products if plant in one.plants]
        asked = np.cumsum([one.measured.demand + 1e-3 for one in routed])
        for number in range(1, recipe.lines_per_plant + 1):
            last = routed[int(np.searchsorted(asked, rng.random() * asked[-1]))]
            lines.append(
                Line(
                    id=f"{plant}-{number}",
                    run_cost=_money(rng, RUN_COST),
                    overtime_cost=_money(rng, OVERTIME_COST),
                    idle_cost=_money(rng, IDLE_COST),
                    shifts=shifts,
                    initial_family=last.family,
                )
            )
    return tuple(lines)


def _money(rng: np.random.Generator, between: tuple[int, int]) -> float:
    return float(rng.integers(between[0] // 10, between[1] // 10 + 1) * 10)


def draw_speeds(
    lines: tuple[Line, ...], recipe: Recipe, rng: np.random.Generator
) -> dict[str, float]:
    """The speed of each line over the mean: plants differ, and each plant's further lines are slower."""
    speeds = {}
    plants = list(dict.fromkeys(line.id.rsplit("-", 1)[0] for line in lines))
    for plant, speed in zip(plants, rng.uniform(*PLANT_SPEED, len(plants)).tolist(), strict=True):
        for number in range(1, recipe.lines_per_plant + 1):
            speeds[f"{plant}-{number}"] = speed * (SECOND_LINE_SPEED if number > 1 else 1.0)
    return speeds


def _may_make(one: Product, line: Line) -> bool:
    return line.id.rsplit("-", 1)[0] in one.plants


def rated(
    products: list[Product], lines: tuple[Line, ...], speeds: dict[str, float], recipe: Recipe
) -> list[Product]:
    """The products with rates such that what they need in the horizon is the recipe's load."""
    base = _relative_rates(products)
    hours = 0.0
    for one, rate in zip(products, base, strict=True):
        speed = [speeds[line.id] for line in lines if _may_make(one, line)]
        if speed:
            hours += _net_need(one, recipe) / rate / (sum(speed) / len(speed))
    days = sum(not shift.overtime for shift in lines[0].shifts) / len(WEEK.regular) if lines else 0
    capacity = recipe.load * days * HOURS_A_DAY * len(lines)
    runs = capacity / (1 + MEAN_CHANGEOVER_HOURS / MEAN_LOT_HOURS)
    factor = hours / runs if runs else 1.0
    return [
        replace(one, rate=float(rate * factor)) for one, rate in zip(products, base, strict=True)
    ]


def _relative_rates(products: list[Product]) -> Floats:
    """Rates over a common factor; a product that was never made takes the median of its group."""
    peaks = {one.id: one.measured.peak for one in products if one.measured.peak > 0}
    if not peaks:
        return np.ones(len(products))
    rates = []
    for one in products:
        like = [peaks[o.id] for o in products if o.group == one.group and o.id in peaks]
        peak = peaks.get(one.id) or float(np.median(like or list(peaks.values())))
        rates.append(peak**SCALE_ECONOMY)
    return np.array(rates)


def _net_need(one: Product, recipe: Recipe) -> float:
    """Units to be made in the horizon: mean demand up to the safety stock, less what is in stock.

    Open orders are part of that demand: in a snapshot they consume the forecast.
    """
    days = recipe.horizon_days + recipe.safety_days
    return max(days * one.measured.demand - one.measured.stock, 0.0)


def capabilities(
    products: list[Product], lines: tuple[Line, ...], speeds: dict[str, float]
) -> list[Capability]:
    """What each line makes of the products of its plant: lots of two hours or more."""
    found = []
    for line in lines:
        for one in products:
            if _may_make(one, line):
                step = _nice(one.rate * STEP_HOURS)
                lot = max(round(one.rate * MIN_LOT_HOURS / step), 1) * step
                rate = round(one.rate * speeds[line.id], 2)
                found.append(Capability(line.id, one.id, rate, YIELD, lot, step))
    return found


def _nice(units: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50, ... that is at most the units; 1 at least."""
    step = 1.0
    while step * 10 <= units:
        step *= 10
    return max(step * times for times in (1, 2, 5) if times == 1 or step * times <= units)


def draw_changeovers(products: list[Product], rng: np.random.Generator) -> list[Changeover]:
    """Between all products: by what they share, longer towards the cleaner, give or take a tenth."""
    by_family = {one.family: one for one in products}
    order = sorted(by_family.values(), key=lambda one: (one.group, one.sub_group, one.id))
    found = []
    for place, before in enumerate(order):
        for other, after in enumerate(order):
            if place == other:
                continue
            minutes = _changeover_minutes(before, after)
            minutes *= INTO_CLEANER if other < place else OUT_OF_CLEANER
            whole = 5 * max(round(minutes * rng.uniform(0.9, 1.1) / 5), 1)
            money = CHANGEOVER_PER_MINUTE * whole
            found.append(Changeover(before.family, after.family, whole, money))
    return found


def _changeover_minutes(before: Product, after: Product) -> float:
    if before.sub_group == after.sub_group:
        return SAME_SUB_GROUP
    return SAME_GROUP if before.group == after.group else OTHER_GROUP
