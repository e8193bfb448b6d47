"""Lot sizing in buckets, where a period has no minutes inside: two problems and one entry.

>>> solution = solve_lots(problem, seconds=10, workers=2)
"""

from models.optimize.lot_sizing.record import LotSizing, Problem, UnitLots
from models.optimize.lot_sizing.solve import LotSolution, solve_lots

__all__ = ["LotSizing", "LotSolution", "Problem", "UnitLots", "solve_lots"]
