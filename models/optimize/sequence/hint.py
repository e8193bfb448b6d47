"""A CP-SAT model whose variables are born with their values in the incumbent: the hint is complete.

Money is collected as plain numbers and brought to whole ones once, when all of it is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

FINEST = 1e6  # parts of a unit of money
LARGEST = 2.0**50  # what all money together may come to in parts


@dataclass(frozen=True, slots=True)
class Curve:
    """Money as a function of a minute: slopes [N] between the minutes edges [N+1], 0 at the hint."""

    edges: tuple[int, ...]
    slopes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """Money per unit of a variable (or sum of variables), and where that is in the hint."""

    money: float
    variable: Any
    low: int
    high: int


class HintedModel:
    """A model, the hint for all of its variables, and the money that is to be least."""

    def __init__(self) -> None:
        self.model = cp_model.CpModel()
        self.hints: dict[int, int] = {}  # by index: constants are variables too
        self.scale = FINEST
        self._terms: list[Term] = []
        self._curves: list[tuple[Any, int, Curve]] = []

    def integer(self, low: int, high: int, hint: int) -> Any:
        """A whole number in [low, high]."""
        if not low <= hint <= high:
            raise ValueError(f"hint: expected a value in {low}..{high}, found {hint}")
        variable = self.model.new_int_var(low, high, "")
        self.model.add_hint(variable, hint)
        self.hints[variable.index] = hint
        return variable

    def choice(self, hint: bool) -> Any:
        """A yes or no."""
        variable = self.model.new_bool_var("")
        self.model.add_hint(variable, hint)
        self.hints[variable.index] = int(hint)
        return variable

    def pay(self, money: float, variable: Any, low: int = 0, high: int = 1) -> None:
        """Add money per unit of an expression that lies in [low, high]."""
        if money:
            self._terms.append(Term(money, variable, low, high))

    def pay_curve(self, at: Any, hint: int, curve: Curve) -> None:
        """Add money by the minute at which something happens."""
        if any(curve.slopes):
            self._curves.append((at, hint, curve))

    def minimise(self) -> None:
        """Set the objective: all that is to be paid, in whole parts of the money."""
        size = sum(abs(one.money) * max(abs(one.low), abs(one.high)) for one in self._terms)
        for _, _, curve in self._curves:
            steps = zip(curve.slopes, curve.edges, curve.edges[1:], strict=False)
            size += sum(abs(slope) * (last - first) for slope, first, last in steps)
        self.scale = min(FINEST, LARGEST / max(size, 1.0))
        total = [round(one.money * self.scale) * one.variable for one in self._terms]
        total += [self._curve(at, hint, curve) for at, hint, curve in self._curves]
        self.model.minimize(sum(total))

    def hinted(self) -> int:
        """The objective at the hint."""
        objective = self.model.proto.objective
        terms = zip(objective.vars, objective.coeffs, strict=True)
        changing = sum(coefficient * self.hints[at] for at, coefficient in terms)
        return round(objective.offset) + int(changing)

    def _curve(self, at: Any, hint: int, curve: Curve) -> Any:
        edges, slopes = _joined(curve.edges, [round(one * self.scale) for one in curve.slopes])
        if len(slopes) == 1:
            return slopes[0] * (at - hint)
        heights = [0]
        for slope, first, last in zip(slopes, edges, edges[1:], strict=False):
            heights.append(heights[-1] + slope * (last - first))
        piece = next(n for n, last in enumerate(edges[1:]) if hint <= last)
        shift = heights[piece] + slopes[piece] * (hint - edges[piece])
        heights = [height - shift for height in heights]
        cost = self.integer(min(heights), max(heights), 0)
        convex = all(before <= after for before, after in itertools.pairwise(slopes))
        if not convex:
            chosen = [self.choice(number == piece) for number in range(len(slopes))]
            self.model.add_exactly_one(chosen)
        for number, (slope, first, height) in enumerate(zip(slopes, edges, heights, strict=False)):
            value = height + slope * (at - first)
            if convex:
                self.model.add(cost >= value)
            else:
                self.model.add(cost == value).only_enforce_if(chosen[number])
                self.model.add(at >= first).only_enforce_if(chosen[number])
                self.model.add(at <= edges[number + 1]).only_enforce_if(chosen[number])
        return cost


def _joined(edges: Sequence[int], slopes: Sequence[int]) -> tuple[list[int], list[int]]:
    """The same curve without edges at which nothing changes."""
    kept_edges: list[int] = [edges[0]]
    kept: list[int] = []
    for slope, last in zip(slopes, edges[1:], strict=True):
        if kept and kept[-1] == slope:
            kept_edges[-1] = last
        else:
            kept.append(slope)
            kept_edges.append(last)
    return kept_edges, kept
