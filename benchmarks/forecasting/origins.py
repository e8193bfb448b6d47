"""The forecast benchmark over several origins: everything fitted anew before each, scores over all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.forecasting.naive2 import naive2_of
from benchmarks.forecasting.peers import peers_of
from benchmarks.forecasting.scores import LONGEST_SCORED, scores_of
from benchmarks.report import progress
from models.demand import ForecastConfig, Forecaster, fit_forecaster
from models.demand.history.histories import Floats
from models.demand.members.catalogue import member_of
from models.demand.members.simple import SEASONS_OF_MEAN

NAMES = {"series": "unique_id", "time": "ds", "mean": "yhat"}
AT = "@"
SHOWN = ("WAPE", "WAPE_total", "bias", "RMSSE", "coverage_80", "coverage_95")


@dataclass(frozen=True, slots=True)
class Origin:
    """What was forecast at one origin beside what came, the peers, and what both were told by.

    The peers are the seasonal naive forecast, the mean of the last four seasons, and those asked for.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    found: pd.DataFrame
    peers: dict[str, pd.DataFrame]
    naive2: pd.DataFrame


def over_origins(
    table: pd.DataFrame,
    config: ForecastConfig,
    origins: int,
    scored: frozenset[str] | None,
    with_peers: bool = False,
) -> tuple[Forecaster, dict[str, Any], dict[str, dict[str, float]]]:
    """Return the last forecaster, the scores over all origins, and those of each and of the peers.

    Origins lie a horizon apart, the last one a horizon before the table's end. RMSSE is over the mean
    squared one-step difference before the first origin. All series are fitted on, `scored` judged.
    `with_peers` adds what plain methods forecast from the same past (`peers`).
    """
    table = table.sort_values(["unique_id", "ds"], ignore_index=True)
    after = table.groupby("unique_id").cumcount(ascending=False)
    tried: dict[str, Origin] = {}
    model: Forecaster | None = None
    for number in reversed(range(origins)):
        cut = config.horizon * (number + 1)
        train = table[after >= cut]
        test = table[(after < cut) & (after >= cut - config.horizon)]
        origin = str(test["ds"].min())[:10]
        progress(f"origin {origins - number} of {origins}, {origin}")
        model = fit_forecaster(train, config, progress)
        tried[origin] = _origin(model, train, test, scored, with_peers)
    assert model is not None
    seasons = model.task.seasons
    rows = {"all": _scores(tried, seasons)}
    rows |= {name: _scores({name: one}, seasons, tried) for name, one in tried.items()}
    rows |= {name: _scores(tried, seasons, peer=name) for name in next(iter(tried.values())).peers}
    return model, rows["all"], rows


def series_scored(path: Path, where: str | None, least: int) -> frozenset[str]:
    """Return the series with at least that many rows in the file for which `where` holds."""
    listed = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    kept = listed.query(where) if where else listed
    counts = kept["unique_id"].astype(str).value_counts()
    return frozenset(counts[counts >= least].index)


def _origin(
    model: Forecaster,
    train: pd.DataFrame,
    test: pd.DataFrame,
    scored: frozenset[str] | None,
    with_peers: bool,
) -> Origin:
    found = model.predict().rename(columns=NAMES)
    season = model.task.season if model.task.season <= LONGEST_SCORED else 1
    peers = {
        "seasonal naive": _peer(model, found, f"seasonal_naive:{season}"),
        f"mean of {SEASONS_OF_MEAN} seasons": _peer(model, found, f"seasonal_mean:{season}"),
    }
    if with_peers:
        histories = model.histories
        kept = np.array([scored is None or name in scored for name in histories.names])
        plain = peers_of(histories, model.task.horizon, season, kept, progress)
        peers |= {name: _as_found(found, values) for name, values in plain.items()}
    judged = test if scored is None else test[test["unique_id"].isin(scored)]
    known = train if scored is None else train[train["unique_id"].isin(scored)]
    return Origin(known, judged, found, peers, naive2_of(known, model.task.horizon, season))


def _peer(model: Forecaster, found: pd.DataFrame, name: str) -> pd.DataFrame:
    task = replace(model.task, target="mean")
    return _as_found(found, member_of(name).forecast(model.histories, task))


def _as_found(found: pd.DataFrame, values: Floats) -> pd.DataFrame:
    levels = [column for column in found.columns if column.startswith("q")]
    return found.assign(yhat=values.ravel(), **dict.fromkeys(levels, float("nan")))


def _scores(
    tried: dict[str, Origin],
    seasons: tuple[int, ...],
    scaled_by: dict[str, Origin] | None = None,
    peer: str | None = None,
) -> dict[str, float]:
    """The scores over origins, each series at each origin standing for a series of its own."""
    first = next(iter((scaled_by or tried).values())).train
    parts: list[list[pd.DataFrame]] = []
    for name, one in tried.items():
        found = one.found if peer is None else one.peers[peer]
        parts.append([_at(frame, name) for frame in (found, one.test, first, one.naive2)])
    found, test, train, naive2 = (pd.concat(frames) for frames in zip(*parts, strict=True))
    return scores_of(found, test, train, seasons, naive2)


def _at(frame: pd.DataFrame, origin: str) -> pd.DataFrame:
    return frame.assign(unique_id=frame["unique_id"].astype(str) + AT + origin)
