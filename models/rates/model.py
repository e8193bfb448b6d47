"""The rate model: fitted on what lines made, it says what they will make, with quantiles.

Fitted on any long table (`RateSchema`): runs, line-days, or an item's days. It is known to fail where
a line is stopped for reasons that no column tells, and for keys that were never made before: they
get the level of all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models.rates.blend import blend
from models.rates.config import BOOSTED, QUANTILES, RateConfig
from models.rates.errors import RatesError
from models.rates.features import Looked, Memory, look, remember
from models.rates.intervals import Calibration, calibrate
from models.rates.members import Booster, fit_booster
from models.rates.schema import Floats, RateSchema, check_rows, days_of

LEAST_ROWS = 30
LEAST_JUDGED = 10  # rows in the windows without which members are not weighted
# The first days have no level to be learnt over yet.
WARM_UP_DAYS = 5
ALWAYS = "weekday_mean"

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RateModel:
    """Members with their weights and calibration, and the history that levels are counted from."""

    schema: RateSchema
    config: RateConfig
    memory: Memory
    boosters: tuple[Booster, ...]
    weights: dict[str, float]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Windows:
    """What members said of windows after what they were fitted on: by member [N], actual [N], scale [N]."""

    forecasts: dict[str, Floats]
    actual: Floats
    scale: Floats


@dataclass(frozen=True, slots=True)
class Training:
    """What boosters are fitted on: features [N, F], targets over the scale, weights and days [N]."""

    matrix: pd.DataFrame
    target: Floats
    weight: Floats
    days: Floats

    def before(self, day: float) -> Training:
        """Return the rows of before a day."""
        kept = self.days < day
        weight = self.weight[kept]
        mean = max(float(weight.mean()), 1e-12) if len(weight) else 1.0
        return Training(self.matrix[kept], self.target[kept], weight / mean, self.days[kept])


def fit(
    table: pd.DataFrame, schema: RateSchema, config: RateConfig, report: Report = lambda _: None
) -> RateModel:
    """Return the model fitted on the known rows of the table, weighted and calibrated by its windows.

    Raises
    ------
    models.rates.errors.RatesError
        Where there are too few rows.
    """
    rows = check_rows(table, schema, known=True)
    if len(rows) < LEAST_ROWS:
        raise RatesError(
            f"lines: expected at least {LEAST_ROWS} rows with a value, found {len(rows)}; use master "
            "data until there are more"
        )
    windows = last_windows(rows, schema, config, report)
    if windows is None:
        weights, calibration = {_plain_member(schema): 1.0}, _spread(rows, schema)
    else:
        always = _plain_member(schema)
        weights = blend(windows.forecasts, windows.actual, config.max_bias, always)
        calibration = _calibrated(windows, weights)
    memory = remember(rows, schema)
    boosters: tuple[Booster, ...] = ()
    if any(name in weights for name in BOOSTED):
        boosters = _fit_boosters(
            _training(rows, schema, memory, config).before(np.inf), config, weights
        )
    model = _unweighted(schema, config, memory, boosters)
    report(f"rates: {', '.join(f'{name} {share:.2f}' for name, share in weights.items())}")
    return replace(model, weights=weights, calibration=calibration)


def predict(model: RateModel, table: pd.DataFrame, asked: Floats | None = None) -> pd.DataFrame:
    """Return mean and quantiles (q025, q10, q50, q90, q975) of the rows, in the table's order.

    Parameters
    ----------
    asked
        Shape (rows,), days since 1970: values from then on are not used. By default all known ones.
    """
    rows = check_rows(table.reset_index(drop=True), model.schema, known=False)
    order = rows.index.to_numpy()
    latest = np.minimum(days_of(rows[model.schema.at]), np.floor(model.memory.newest) + 1.0)
    then = latest if asked is None else np.minimum(asked[order], latest)
    looked = look(rows, model.schema, model.memory, then)
    mean = blended(_members(model, looked), model.weights)
    quantiles = model.calibration.quantiles(mean, looked.scale)
    columns = {"mean": mean, **{_named(q): quantiles[:, at] for at, q in enumerate(QUANTILES)}}
    back = np.argsort(order)
    found = pd.DataFrame(columns).iloc[back]
    if model.schema.closed is not None:
        shut = table[model.schema.closed].to_numpy(np.float64) > 0
        found = found.mul(np.where(shut, 0.0, 1.0), axis=0)
    return found.set_axis(table.index)


def answer(model: RateModel, table: pd.DataFrame) -> pd.DataFrame:
    """Return what is expected of each row, with its quantiles, as a table."""
    return predict(model, table).reset_index(drop=True)


def last_windows(
    rows: pd.DataFrame, schema: RateSchema, config: RateConfig, report: Report
) -> Windows | None:
    """Return what each member, fitted before, says of each of the last windows; None without room."""
    days = days_of(rows[schema.at])
    last = np.floor(days.max()) + 1
    length = config.window_days or config.horizon_days
    # Of the memory of all rows only what was there before `asked` is looked at.
    memory = remember(rows, schema)
    training = _training(rows, schema, memory, config)
    parts: list[Windows] = []
    for number in range(config.folds, 0, -1):
        first = last - number * length
        inside = (days >= first) & (days < first + length)
        fitted_on = training.before(first)
        if len(fitted_on.days) < max(LEAST_ROWS, 2 * config.least_rows) or not inside.any():
            continue
        report(f"rates: window {config.folds - number + 1} of {config.folds}")
        boosters = _fit_boosters(fitted_on, config, config.members)
        model = _unweighted(schema, config, memory, boosters)
        looked = look(rows[inside], schema, memory, np.full(int(inside.sum()), first))
        actual = rows.loc[inside, schema.value].to_numpy(np.float64)
        parts.append(Windows(_members(model, looked), actual, looked.scale))
    if sum(len(one.actual) for one in parts) < LEAST_JUDGED:
        return None
    return Windows(
        {
            name: np.concatenate([one.forecasts[name] for one in parts])
            for name in parts[0].forecasts
        },
        np.concatenate([one.actual for one in parts]),
        np.concatenate([one.scale for one in parts]),
    )


def blended(forecasts: dict[str, Floats], weights: dict[str, float]) -> Floats:
    """Return the weighted mean of the members' forecasts."""
    total: Floats = np.sum([share * forecasts[name] for name, share in weights.items()], axis=0)
    return total


def _fit_boosters(
    training: Training, config: RateConfig, names: Collection[str]
) -> tuple[Booster, ...]:
    return tuple(
        fit_booster(name, training.matrix, training.target, training.weight, config)
        for name in BOOSTED
        if name in names
    )


def _unweighted(
    schema: RateSchema, config: RateConfig, memory: Memory, boosters: tuple[Booster, ...]
) -> RateModel:
    nothing = Calibration((), ((0.0,) * len(QUANTILES),))
    return RateModel(schema, config, memory, boosters, {ALWAYS: 1.0}, nothing)


def _members(model: RateModel, looked: Looked) -> dict[str, Floats]:
    """What every member says, at least 0; closed days are told by the simple members' zeros."""
    allowed = {*model.config.members, ALWAYS, "reference"}
    found = {name: values for name, values in looked.simple.items() if name in allowed}
    for one in model.boosters:
        found[one.member] = np.maximum(one.predict(looked.matrix), 0.0) * looked.scale
    return found


def _training(
    rows: pd.DataFrame, schema: RateSchema, memory: Memory, config: RateConfig
) -> Training:
    """Each row looked at from several times before it, closed and first days left out."""
    rng = np.random.default_rng(config.seed)
    days = days_of(rows[schema.at])
    kept = days > days.min() + min(WARM_UP_DAYS, config.horizon_days)
    if schema.closed:
        kept &= rows[schema.closed].to_numpy(np.float64) <= 0
    if not kept.any():
        kept = np.ones(len(rows), dtype=bool)
    value = rows.loc[kept, schema.value].to_numpy(np.float64)
    parts = []
    for _ in range(config.copies):
        age = rng.integers(0, config.horizon_days, int(kept.sum()))
        parts.append(look(rows[kept], schema, memory, np.floor(days[kept]) - age))
    scale = np.concatenate([one.scale for one in parts])
    return Training(
        pd.concat([one.matrix for one in parts], ignore_index=True),
        np.tile(value, config.copies) / scale,
        scale,
        np.tile(days[kept], config.copies),
    )


def _plain_member(schema: RateSchema) -> str:
    """What is believed where nothing shows that another member does better."""
    return "reference" if schema.reference else ALWAYS


def _calibrated(windows: Windows, weights: dict[str, float]) -> Calibration:
    return calibrate(blended(windows.forecasts, weights), windows.actual, windows.scale)


def _spread(rows: pd.DataFrame, schema: RateSchema) -> Calibration:
    """The calibration where there is no room for a window: how values lie around their mean."""
    value = rows[schema.value].to_numpy(np.float64)
    return calibrate(
        np.full(len(value), value.mean()), value, np.full(len(value), max(value.mean(), 1e-9))
    )


def _named(level: float) -> str:
    return "q" + f"{level:.3f}".rstrip("0").partition(".")[2].ljust(2, "0")
