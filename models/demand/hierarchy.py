"""The hierarchy: series, their families and the total, forecast so that parts add up to their sums.

Sums are smoother than parts and show what parts hide; each level is forecast on its own, and MinT
(Wickramasuriya et al. 2019, from HierarchicalForecast) finds the coherent forecasts nearest to all,
each weighted by how well it did in the trial.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.demand.config import ForecastConfig
from models.demand.errors import TableError
from models.demand.fitting import class_weights, fit_forecaster
from models.demand.forecaster import Forecaster, column_of, combine
from models.demand.history.classes import classify
from models.demand.history.histories import Floats, Histories
from models.demand.history.known import Known
from models.demand.history.table import read_table
from models.demand.trials.blend import forecasts_of_others
from models.demand.trials.calibration import LEVELS
from models.demand.trials.weights import filled

TOTAL = "total"
FAMILY = "family "
# A dense summing matrix of more nodes takes more than a quarter of a gigabyte.
MOST_NODES = 6000


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A forecaster of all nodes, sums first, and how they add up.

    Parameters
    ----------
    forecaster
        Of the total, the families and the series, in this order.
    summing : array, shape (nodes, series)
        1 where a series is part of a node.
    errors : array, shape (nodes, values)
        Forecast less actual of each node in the trial.
    """

    forecaster: Forecaster
    summing: Floats
    errors: Floats

    def predict(self) -> pd.DataFrame:
        """Return series, time, mean and quantiles of all nodes; means add up.

        The quantiles move with their mean: they hold for each node on its own.
        """
        found = self.forecaster.predict()
        horizon = self.forecaster.task.horizon
        mean = found["mean"].to_numpy().reshape(-1, horizon)
        coherent = reconcile(mean, self.summing, self.errors)
        moved = (coherent - mean).ravel()
        columns = [column_of(level) for level in LEVELS]
        moved_quantiles = found[columns].to_numpy() + moved[:, None]
        if self.forecaster.histories.values.min() >= 0:
            moved_quantiles = np.maximum(moved_quantiles, 0.0)
        found[columns] = moved_quantiles
        return found.assign(mean=coherent.ravel())


def fit_hierarchy(
    table: pd.DataFrame | Histories,
    config: ForecastConfig,
    report: Callable[[str], None] = lambda line: None,
) -> Hierarchy:
    """Return the hierarchy of a dated long table, families by `config.families`.

    Raises
    ------
    TableError
        Where time is counted (nothing says which steps to add up), or there are too many series.
    """
    histories = table if isinstance(table, Histories) else read_table(table, config.rules)[0]
    nodes, summing = with_sums(histories, config.families)
    model = fit_forecaster(nodes, config, report)
    assert model.trial is not None
    mean = forecasts_of_others(model.trial, model.measure)
    if mean is None:
        weights = class_weights(model.trial, model.measure, classify(nodes, model.task))
        mean = combine(filled(model.trial), weights[classify(nodes, model.task)])
    errors = (mean - model.trial.actual).transpose(1, 0, 2).reshape(len(nodes), -1)
    return Hierarchy(model, summing, np.nan_to_num(errors))


def with_sums(histories: Histories, families: Mapping[str, str]) -> tuple[Histories, Floats]:
    """Return the total, the families and the series as histories, and the summing matrix."""
    if histories.frequency is None:
        raise TableError(
            "history: expected dates to add series up by, found counted steps; give dates, or "
            "forecast without a hierarchy"
        )
    named = sorted({families[name] for name in histories.names if name in families})
    count = len(histories)
    if 1 + len(named) + count > MOST_NODES:
        raise TableError(
            f"history: expected at most {MOST_NODES} series, families and total in a hierarchy, "
            f"found {1 + len(named) + count}; reconcile by parts"
        )
    own = np.array([families.get(name) for name in histories.names], dtype=object)
    sums = np.array([np.ones(count), *((own == family).astype(float) for family in named)])
    longest = int(histories.lengths.max())
    aligned = np.zeros((count, longest))
    for number in range(count):
        aligned[number, longest - histories.lengths[number] :] = histories.of(number)
    upper = sums @ aligned
    lengths = np.concatenate([np.full(len(upper), longest), histories.lengths])
    nodes = Histories(
        (TOTAL, *(FAMILY + family for family in named), *histories.names),
        np.concatenate([upper.ravel(), histories.values]),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate([np.repeat(histories.lasts[:1], len(upper)), histories.lasts]),
        histories.frequency,
        _known_of(histories, sums, longest),
    )
    return nodes, np.concatenate([sums, np.eye(count)])


def _known_of(histories: Histories, sums: Floats, longest: int) -> Known | None:
    """The columns known ahead of all nodes: a sum has the mean of its parts'."""
    known = histories.known
    if known is None:
        return None
    ahead = int((known.counts - histories.lengths).min())
    rows, groups = longest + ahead, len(sums)
    total, counted = np.zeros((groups, rows, len(known.names))), np.zeros((groups, rows, 1))
    for number, length in enumerate(histories.lengths):
        own = known.values[known.starts[number] :][: length + ahead]
        part = sums[:, number] > 0
        total[part, longest - length :] += own
        counted[part, longest - length :] += 1
    mean = (total / np.where(counted > 0, counted, np.nan)).reshape(groups * rows, -1)
    begun = np.arange(groups) * rows
    return Known(
        known.encodings,
        np.concatenate([mean, known.values]),
        np.concatenate([begun, known.starts + groups * rows]),
        np.concatenate([np.full(groups, rows), known.counts]),
    )


def reconcile(mean: Floats, summing: Floats, errors: Floats) -> Floats:
    """Return coherent forecasts, shape (nodes, horizon), nearest to `mean` by the errors' variance."""
    from hierarchicalforecast.methods import MinTrace

    method = MinTrace("wls_var", nonnegative=False)
    found = method.fit_predict(
        summing, mean, y_insample=np.zeros_like(errors), y_hat_insample=errors
    )
    coherent = np.asarray(found["mean"], dtype=np.float64)
    if mean.min() >= 0:
        parts = np.maximum(coherent[-summing.shape[1] :], 0.0)
        coherent = summing @ parts
    return coherent
