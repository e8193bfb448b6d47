"""From a plant and a starting schedule to the cheapest schedule that the time allows.

>>> solution = solve(plant, start=None, seconds=10, workers=2)
"""

from models.optimize.bounds.relaxation import lower_bound
from models.optimize.incumbent import Incumbent, Point
from models.optimize.solve import Solution, prepare, solve

__all__ = ["Incumbent", "Point", "Solution", "lower_bound", "prepare", "solve"]
