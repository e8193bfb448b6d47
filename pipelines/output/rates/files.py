"""The files of a fit: speed and yield, each in its folder, and how the two answer together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from models.rates import answer, load, save
from pipelines.output.rates.line_runs import RateFit

PARTS = ("speed", "yields")


def save_rates(found: RateFit, folder: Path) -> None:
    """Write both models into folders of their own."""
    for name, model in zip(PARTS, (found.speed, found.yields), strict=True):
        save(model, folder / name)


def load_rates(folder: Path) -> RateFit:
    """Return the fit that was saved in the folder, with the runs that it was fitted on.

    Raises
    ------
    models.rates.RatesError
        Where a file is absent or not what `save_rates` writes.
    """
    speed, yields = (load(folder / name) for name in PARTS)
    runs = speed.memory.rows.assign(yields=yields.memory.rows[yields.schema.value])
    return RateFit(speed, yields, runs)


def answer_rates(found: RateFit, table: pd.DataFrame) -> pd.DataFrame:
    """Return mean and quantiles of each run's speed and yield, as columns speed_mean, yields_mean, ..."""
    both = zip(PARTS, (found.speed, found.yields), strict=True)
    return pd.concat([answer(model, table).add_prefix(f"{name}_") for name, model in both], axis=1)
