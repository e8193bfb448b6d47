"""Contest: whether a challenger takes a champion's place. Numbers in, a decision with its reason out."""

from models.contest.decision import Contender, Decision, Outcome, Rules, decide, first
from models.contest.losses import ContestError, Losses, losses_from_rows
from models.contest.significance import Difference, compare, holm

__all__ = [
    "Contender",
    "ContestError",
    "Decision",
    "Difference",
    "Losses",
    "Outcome",
    "Rules",
    "compare",
    "decide",
    "first",
    "holm",
    "losses_from_rows",
]
