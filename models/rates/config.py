"""What a model of line rates is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Member = Literal[
    "weekday_mean", "recent_mean", "median", "reference", "lightgbm", "xgboost", "absolute", "own",
    "gap", "forest", "forest_gap", "gru", "prophet",
]  # fmt: skip
SIMPLE: tuple[Member, ...] = ("weekday_mean", "recent_mean", "median", "reference")
BOOSTED: tuple[Member, ...] = ("lightgbm", "xgboost", "absolute", "own", "gap")
FORESTS: tuple[Member, ...] = ("forest", "forest_gap")
# Those that are left out where the budget has no room.
SLOW: tuple[Member, ...] = ("gru", "prophet")
FITTED: tuple[Member, ...] = (*BOOSTED, *FORESTS, *SLOW)
# Members that learn how far off the reference is, and those that look at a row's own figures alone.
OVER_REFERENCE: frozenset[Member] = frozenset({"gap", "forest_gap"})
OWN_FIGURES: frozenset[Member] = frozenset({"own", "gap", "forest"})
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)


@dataclass(frozen=True, slots=True)
class RateConfig:
    """How a model of line rates is fitted.

    Parameters
    ----------
    horizon_days
        How long after the last known value forecasts are asked for, at most.
    members
        What may take part; the four-week mean of the weekday always does, and the reference where
        the table has one. Those that need a reference are left out where there is none.
    folds, window_days
        So many windows at the end of the history, so many days apart (None: `horizon_days`), on which
        members are weighted; each is as long as the horizon or to the end.
    seconds
        Processor-seconds for a fit. Slow members (`SLOW`) that are not expected to keep to them, by
        what their first window took, are left out; the others always take part.
    copies
        With how many ages of what is known each row is looked at in fitting.
    max_bias
        The share of the total by which the ensemble may forecast too much or too little in the folds.
    rounds, learning_rate, leaves, least_rows
        Of the boosted members.
    """

    horizon_days: int = 7
    members: tuple[Member, ...] = (
        "recent_mean", "median", "lightgbm", "xgboost", "absolute", "own", "gap", "forest", "forest_gap",
    )  # fmt: skip
    folds: int = 6
    window_days: int | None = None
    seconds: float = 60.0
    copies: int = 3
    max_bias: float = 0.1
    rounds: int = 100
    learning_rate: float = 0.05
    leaves: int = 8
    least_rows: int = 60
    seed: int = 0
