"""Linear programmes by rows, and a lower bound that rounding in the solver cannot make false."""

from __future__ import annotations

from collections.abc import Iterable

import highspy
import numpy as np
from scipy.sparse import csr_matrix

from plant.arrays import Floats

INFINITE = highspy.kHighsInf


class LinearProgramme:
    """Minimise cost·x + constant, rows between bounds, every variable between finite bounds."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.row_lower: list[float] = []
        self.row_upper: list[float] = []
        self.entries: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.constant = 0.0

    def variable(self, upper: float, cost: float = 0.0) -> int:
        """A new variable between 0 and a finite upper bound."""
        self.cost.append(cost)
        self.upper.append(max(upper, 0.0))
        return len(self.cost) - 1

    def row(
        self, terms: Iterable[tuple[int, float]], lower: float = -INFINITE, upper: float = INFINITE
    ) -> None:
        """A new constraint: lower ≤ Σ factor × variable ≤ upper."""
        at = len(self.row_lower)
        rows, columns, factors = self.entries
        for column, factor in terms:
            rows.append(at)
            columns.append(column)
            factors.append(factor)
        self.row_lower.append(lower)
        self.row_upper.append(upper)

    def matrix(self) -> csr_matrix:
        """The constraints' factors [rows, variables]."""
        rows, columns, factors = self.entries
        shape = (len(self.row_lower), len(self.cost))
        return csr_matrix((factors, (rows, columns)), shape=shape)

    def bound(self, seconds: float) -> float:
        """A lower bound of the optimum, valid whatever the solver's tolerances and time limit.

        Weak duality with the solver's row prices y: Σ y⁺ lower − y⁻ upper + Σ min over each variable's
        range of its reduced cost (Neumaier and Shcherbina, 2004).
        """
        matrix = self.matrix()
        cost, upper = np.array(self.cost), np.array(self.upper)
        lower_row, upper_row = np.array(self.row_lower), np.array(self.row_upper)
        prices = self._prices(matrix, cost, upper, lower_row, upper_row, seconds)
        return max(
            _dual_value(matrix, cost, upper, lower_row, upper_row, one) + self.constant
            for one in (prices, np.zeros(len(prices)))
        )

    def _prices(
        self,
        matrix: csr_matrix,
        cost: Floats,
        upper: Floats,
        lower_row: Floats,
        upper_row: Floats,
        seconds: float,
    ) -> Floats:
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("time_limit", max(seconds, 0.05))
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(cost), len(lower_row)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), upper
        lp.row_lower_, lp.row_upper_ = lower_row, upper_row
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = matrix.indptr
        lp.a_matrix_.index_ = matrix.indices
        lp.a_matrix_.value_ = matrix.data
        highs.passModel(lp)
        highs.run()
        prices = np.array(highs.getSolution().row_dual, dtype=np.float64)
        if len(prices) != len(lower_row) or not np.isfinite(prices).all():
            return np.zeros(len(lower_row))
        return prices


def _dual_value(
    matrix: csr_matrix,
    cost: Floats,
    upper: Floats,
    lower_row: Floats,
    upper_row: Floats,
    prices: Floats,
) -> float:
    prices = np.where((prices > 0) & (lower_row <= -INFINITE), 0.0, prices)
    prices = np.where((prices < 0) & (upper_row >= INFINITE), 0.0, prices)
    side = np.where(prices > 0, lower_row, np.where(prices < 0, upper_row, 0.0))
    reduced = cost - matrix.T @ prices
    return float(prices @ side + np.minimum(reduced, 0.0) @ upper)
