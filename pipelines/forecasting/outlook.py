"""The outlook: what the forecast says of the largest series, short enough to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.demand.history.histories import Histories

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 6
ALL = "all together"
MIDNIGHT = " 00:00"


@dataclass(frozen=True, slots=True)
class Step:
    """One step to come: its time, the mean and the quantiles, in the series' own measure."""

    time: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to come of a series, a step on average.

    `before` is the mean of as many steps before as are `ahead`; `steps` are its first ones, without
    any for all series together, whose quantiles are not the sums of theirs.
    """

    series: str
    before: float
    ahead: float
    steps: tuple[Step, ...]

    @property
    def change(self) -> float | None:
        """What is ahead over what was before, less 1; None where nothing was."""
        return self.ahead / self.before - 1 if self.before > 0 else None


def outlook_of(histories: Histories, found: pd.DataFrame, horizon: int) -> tuple[Outlook, ...]:
    """Return the outlook of the largest series, largest first, after that of all together.

    `found` is the forecaster's table of the same series: series, time, mean, q10, q90, ...
    """
    count = len(histories)
    before = np.array([histories.of(number)[-horizon:].mean() for number in range(count)])
    mean = found["mean"].to_numpy(np.float64).reshape(count, horizon)
    ahead = mean.mean(axis=1)
    largest = np.argsort(-np.maximum(np.abs(before), np.abs(ahead)), kind="stable")[:LARGEST]
    rows = [
        Outlook(
            histories.names[number],
            float(before[number]),
            float(ahead[number]),
            _steps(found.iloc[number * horizon : (number + 1) * horizon]),
        )
        for number in largest.tolist()
    ]
    if count > 1:
        rows.insert(0, Outlook(ALL, float(before.sum()), float(ahead.sum()), ()))
    return tuple(rows)


def _steps(own: pd.DataFrame) -> tuple[Step, ...]:
    columns = (own[name].tolist() for name in ("mean", "q10", "q90"))
    times = [str(time)[:16].replace("T", " ") for time in own["time"]]
    if all(time.endswith(MIDNIGHT) for time in times):
        times = [time.removesuffix(MIDNIGHT) for time in times]
    return tuple(Step(*step) for step in zip(times, *columns, strict=True))
