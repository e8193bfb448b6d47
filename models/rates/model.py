"""The rate model: fitted on what lines made, it says what they will make, with quantiles.

Fitted on any long table (`RateSchema`): runs, line-days, or an item's days. It is known to fail where
a line is stopped for reasons that no column tells, and for keys that were never made before: they
get the level of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from models.rates.config import FITTED, QUANTILES, RateConfig
from models.rates.errors import RatesError
from models.rates.features import Looked, Memory, look, remember
from models.rates.intervals import calibrate
from models.rates.members import Fitted
from models.rates.schema import Floats, RateSchema, check_rows, days_of
from models.rates.voices import Voice, find_voices, plain_member
from models.rates.windows import (
    LEAST_ROWS,
    Report,
    fit_members,
    last_windows,
    simple_members,
    training_rows,
)


@dataclass(frozen=True, slots=True)
class RateModel:
    """Members, who of them is listened to, and the history that levels are counted from.

    voice: for all rows; kinds: for those of a kind that has one of its own. left_out: members that the
    budget had no room for, with the processor-seconds that they would have taken.
    """

    schema: RateSchema
    config: RateConfig
    memory: Memory
    members: tuple[Fitted, ...]
    voice: Voice
    kinds: Mapping[str, Voice] = field(default_factory=dict)
    left_out: Mapping[str, float] = field(default_factory=dict)

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights of all rows that have none of their own."""
        return self.voice.weights


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
    memory = remember(rows, schema)
    windows = last_windows(rows, schema, config, report)
    if windows is None:
        return RateModel(schema, config, memory, (), _plain_voice(rows, schema))
    voice, kinds = find_voices(windows, schema, config.max_bias, len(rows))
    for kind, own in {"all rows": voice, **kinds}.items():
        report(f"rates: {kind}: {_told(own.weights)}")
    heard = {name for own in (voice, *kinds.values()) for name in own.weights}
    needed = [name for name in FITTED if name in heard]
    training = training_rows(rows, schema, memory, config).before(np.inf) if needed else None
    members = fit_members(needed, training, schema, memory, config) if training else ()
    return RateModel(schema, config, memory, members, voice, kinds, windows.left_out)


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
    found = _heard(model, looked).iloc[np.argsort(order)]
    if model.schema.closed is not None:
        shut = table[model.schema.closed].to_numpy(np.float64) > 0
        found = found.mul(np.where(shut, 0.0, 1.0), axis=0)
    return found.set_axis(table.index)


def refreshed(model: RateModel, table: pd.DataFrame) -> RateModel:
    """Return the model as it was fitted, its levels counted from the known rows of the table.

    It forecasts from them; what was learnt, and how names and sizes are told, stays. What is saved is
    the model as it was fitted.

    Raises
    ------
    models.rates.errors.RowsError
        Where the rows are not of its schema.
    """
    fitted, rows = model.memory, check_rows(table, model.schema, known=True)
    memory = replace(
        remember(rows, model.schema),
        names=fitted.names,
        relative=fitted.relative,
        learnt=fitted.learnt,
    )
    return replace(model, memory=memory)


def answer(model: RateModel, table: pd.DataFrame) -> pd.DataFrame:
    """Return what is expected of each row, with its quantiles, as a table."""
    return predict(model, table).reset_index(drop=True)


def _heard(model: RateModel, looked: Looked) -> pd.DataFrame:
    """Mean and quantiles of the rows, each kind by its own voice."""
    forecasts = {name: looked.simple[name] for name in simple_members(looked, model.config)}
    for one in model.members:
        forecasts[one.member] = np.maximum(one.predict(looked, model.memory), 0.0)
    mean = model.voice.mean(forecasts)
    quantiles = model.voice.calibration.quantiles(mean, looked.scale)
    for kind, voice in model.kinds.items():
        rows = (looked.kind == kind).to_numpy()
        mean[rows] = voice.mean(forecasts)[rows]
        quantiles[rows] = voice.calibration.quantiles(mean[rows], looked.scale[rows])
    columns = {_named(q): quantiles[:, at] for at, q in enumerate(QUANTILES)}
    return pd.DataFrame({"mean": mean, **columns})


def _plain_voice(rows: pd.DataFrame, schema: RateSchema) -> Voice:
    """What is believed where there is no room for a window: values lie around their mean."""
    value = rows[schema.value].to_numpy(np.float64)
    spread = calibrate(
        np.full(len(value), value.mean()), value, np.full(len(value), max(value.mean(), 1e-9))
    )
    return Voice({plain_member(schema): 1.0}, spread)


def _told(weights: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.2f}" for name, share in weights.items())


def _named(level: float) -> str:
    return "q" + f"{level:.3f}".rstrip("0").partition(".")[2].ljust(2, "0")
