"""The configuration of the demand ensemble: what is fitted, tried and allowed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.demand.errors import ModelError

STATISTICAL = (
    "seasonal_naive",
    "auto_ets",
    "auto_ces",
    "optimized_theta",
    "tsb",
)
WEEKDAY_MEAN = "weekday_mean"
BOOSTING = "lightgbm"
MEMBERS = (*STATISTICAL, WEEKDAY_MEAN, BOOSTING)


@dataclass(frozen=True, slots=True)
class DemandConfig:
    """What the ensemble is made of and how it is tried; a model is saved with its own.

    Parameters
    ----------
    horizon
        Days that each backtest window forecasts, and that calibration holds for.
    season_length
        Days of the season, 7 for a week.
    windows, step
        Backtest windows, and days from one origin to the next; the last ends with the history.
    lags
        Days that the boosted member looks back at most.
    rounds
        Trees of the boosted member.
    max_bias
        How far a member's backtest bias, as a share of demand, may lie from the members' median
        before the member is barred from a class.
    sharpness
        Weights are 1 / error to this power.
    seed
        Of the boosted member's sampling.
    members
        Names out of `MEMBERS`; the seasonal naive one is always among them.
    """

    horizon: int = 14
    season_length: int = 7
    windows: int = 8
    step: int = 7
    lags: int = 28
    rounds: int = 150
    max_bias: float = 0.2
    sharpness: float = 2.0
    seed: int = 1
    members: tuple[str, ...] = MEMBERS

    def __post_init__(self) -> None:
        for name in ("horizon", "season_length", "windows", "step", "lags", "rounds"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name}: expected at least 1, found {getattr(self, name)}")
        for name in ("max_bias", "sharpness"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ModelError(f"{name}: expected a number of at least 0, found {value}")
        unknown = sorted(set(self.members) - set(MEMBERS))
        if unknown:
            raise ModelError(f"members: expected names out of {MEMBERS}, found {unknown}")
        if "seasonal_naive" not in self.members:
            raise ModelError("members: expected seasonal_naive among them, found it missing")

    @property
    def days_needed(self) -> int:
        """Days of history that a backtest takes: all windows and four seasons before the first."""
        warm_up = max(4 * self.season_length, self.lags + self.season_length)
        return warm_up + self.horizon + (self.windows - 1) * self.step
