"""What the search is set to: its parameters, and those found best for a class of plants.

`tuned.json` holds what `tune` found: by class of plant the parameters, the figures, and the command that
made them. Those that paid on plants that were not tuned on are used.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from plant import Plant, Problem, RecordError
from plant.arrays import Floats, PlantArrays, plant_arrays

TUNED = Path(__file__).with_name("tuned.json")
KINDS = ("relocate", "swap", "resize", "transfer", "split", "create", "drop", "delay")
SMALL, LARGE = 300, 10_000  # lines × orders: below, small; from there on, large
FULL = 0.66  # `load_of` from which a plant is full: changeovers, which it leaves out, come on top


@dataclass(frozen=True, slots=True)
class SearchParams:
    """How the search looks.

    shares [8]: how often each kind of move is tried, in the order of KINDS; they add up to 1. hot, cold:
    the annealing starts and ends where a move this far down among the worsening ones (a quantile) is
    accepted with 1/e.
    """

    shares: tuple[float, ...] = (0.42, 0.14, 0.12, 0.08, 0.06, 0.06, 0.03, 0.09)
    hot: float = 0.12
    cold: float = 0.002

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        whole = len(self.shares) == len(KINDS) and all(share >= 0 for share in self.shares)
        if not (whole and math.isclose(sum(self.shares), 1.0, abs_tol=1e-6)):
            expected = f"{len(KINDS)} numbers of at least 0 that add up to 1"
            problems.append(Problem("search parameters", "shares", expected, self.shares))
        if not 0 <= self.cold <= self.hot <= 1:
            found = (self.cold, self.hot)
            problems.append(Problem("search parameters", "cold, hot", "0 ≤ cold ≤ hot ≤ 1", found))
        if problems:
            raise RecordError(problems)


USUAL = SearchParams()


def params_for(plant: Plant) -> SearchParams:
    """The parameters that a plant's class was tuned to; the usual ones where it was not."""
    return tuned_params(TUNED).get(class_of(plant), USUAL)


def class_of(plant: Plant) -> str:
    """The class as size-stages-load: small, medium or large; one or several; light or full."""
    extent = len(plant.lines) * len(plant.orders)
    size = "small" if extent < SMALL else "medium" if extent < LARGE else "large"
    arrays = plant_arrays(plant)
    makes = arrays.capabilities.rate.max(axis=0, initial=0.0) > 0
    stages = "several" if makes[arrays.bom.component].any() else "one"
    return f"{size}-{stages}-{'full' if load_of(plant) >= FULL else 'light'}"


def load_of(plant: Plant) -> float:
    """The shift time that orders need, net of opening stock, over all regular shift time.

    At the mean rates of the capable lines, without changeovers; infinite where there is no shift.
    """
    arrays = plant_arrays(plant)
    rate = arrays.capabilities.rate
    able = rate > 0
    mean = np.divide(
        rate.sum(axis=0), able.sum(axis=0), out=np.zeros(rate.shape[1]), where=able.any(axis=0)
    )
    hours = np.divide(_wanted(arrays), mean, out=np.zeros(len(mean)), where=mean > 0).sum()
    calendar = arrays.calendar
    manned = float((calendar.end - calendar.start)[calendar.overtime == 0].sum()) / 60.0
    return float(hours) / manned if manned > 0 else math.inf


def _wanted(arrays: PlantArrays) -> Floats:
    """Units of each item [I] that orders and what they are made of take beyond the opening stock."""
    items, bom = len(arrays.items.stock), arrays.bom
    owner = np.repeat(np.arange(items), np.diff(bom.pointer))
    item = np.repeat(np.arange(items), np.diff(arrays.orders.pointer))
    ordered = np.bincount(item, arrays.orders.quantity, minlength=items)
    wanted = np.maximum(ordered - arrays.items.stock, 0.0)
    for _ in range(items):  # a chain of components has at most so many links
        taken = np.bincount(bom.component, bom.per_unit * wanted[owner], minlength=items)
        more = np.maximum(ordered + taken - arrays.items.stock, 0.0)
        if np.array_equal(more, wanted):
            break
        wanted = more
    found: Floats = wanted
    return found


@cache
def tuned_params(file: Path) -> Mapping[str, SearchParams]:
    """The parameters by class that the file says to use."""
    classes = read_tuned(file)
    return MappingProxyType(
        {
            name: SearchParams(
                tuple(found["params"]["shares"]), found["params"]["hot"], found["params"]["cold"]
            )
            for name, found in classes.items()
            if found["is_default"]
        }
    )


def read_tuned(file: Path) -> dict[str, dict[str, Any]]:
    """What was found for each class; nothing where there is no file."""
    if not file.exists():
        return {}
    classes: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return classes
