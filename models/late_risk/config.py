"""What a late-risk model is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Member = Literal["xgboost", "lightgbm", "randomised", "logistic"]
MEMBERS: tuple[Member, ...] = ("xgboost", "lightgbm", "randomised", "logistic")
# Shares that are believed, but for the members' losses, until later slices of time show better weights.
USUAL: Mapping[Member, float] = {"xgboost": 1, "lightgbm": 1, "randomised": 1, "logistic": 0}


@dataclass(frozen=True, slots=True)
class LateRiskConfig:
    """How a late-risk model is fitted.

    Parameters
    ----------
    horizon_days
        How long after the last known label scores are asked for, at most. In fitting, each order is
        looked at with labels that are up to so many days old, drawn evenly.
    copies
        How many such draws each order is looked at with.
    rounds, learning_rate, leaves, least_rows
        Of the boosted members.
    half_life_days
        An order of so long ago counts half in fitting.
    folds
        Later slices of time on which members are weighted and chances calibrated.
    """

    horizon_days: float = 90.0
    copies: int = 2
    rounds: int = 250
    learning_rate: float = 0.04
    leaves: int = 12
    least_rows: int = 40
    half_life_days: float = 730.0
    folds: int = 4
    seed: int = 0
