from __future__ import annotations

from dataclasses import astuple
from typing import Any

import numpy as np
import pandas as pd
import pytest

from envs.history import DAYS, simulate_history
from envs.history.figures import FIGURES, History, measure

KEYS = ["unique_id", "ds"]


def simulated(seed: int = 1) -> History:
    return simulate_history(np.random.default_rng(seed))


def flat(value: Any) -> list[Any]:
    return [leaf for part in value for leaf in flat(part)] if isinstance(value, tuple) else [value]


def test_the_same_seed_gives_the_same_history() -> None:
    one, other = simulated(), simulated()
    pd.testing.assert_frame_equal(one.daily, other.daily)
    pd.testing.assert_frame_equal(one.product_plant, other.product_plant)
    assert not one.daily.equals(simulated(2).daily)


def test_every_product_has_each_day_once_and_whole_units_of_at_least_zero() -> None:
    history = simulated()
    assert len(history.daily) == len(history.product) * DAYS
    assert not history.daily.duplicated(KEYS).any()
    units = history.daily.filter(like="_units").to_numpy()
    assert (units >= 0).all()
    assert (units == np.round(units)).all()


def test_nothing_is_issued_or_delivered_before_it_is_there() -> None:
    daily = simulated().daily.sort_values(KEYS)
    columns = ["produced_units", "issued_units", "delivered_units", "ordered_units"]
    sums = daily.groupby("unique_id")[columns].cumsum()
    opening = 1.0 + 3 * FIGURES.backlog_days * daily.groupby("unique_id")[
        "ordered_units"
    ].transform("mean")
    assert (sums["delivered_units"] <= sums["ordered_units"]).all()
    assert (sums["issued_units"] <= sums["produced_units"] + opening).all()
    assert (sums["delivered_units"] <= sums["issued_units"] + opening).all()


def test_each_plant_makes_something_and_each_product_has_a_plant() -> None:
    history = simulated()
    assert history.product_plant["plant"].nunique() == FIGURES.plants
    assert set(history.product_plant["unique_id"]) == set(history.product["unique_id"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_simulated_history_is_like_the_real_one(seed: int) -> None:
    found = measure(simulated(seed))
    assert [(name, count) for name, count, _ in found.groups] == [
        (name, count) for name, count, _ in FIGURES.groups
    ]
    assert (found.regular, found.plants) == (FIGURES.regular, FIGURES.plants)
    assert found.level_log_mean == pytest.approx(FIGURES.level_log_mean, abs=0.2)
    assert found.level_log_sd == pytest.approx(FIGURES.level_log_sd, abs=0.2)
    assert found.order_days == pytest.approx(FIGURES.order_days, abs=0.03)
    assert found.own_sd == pytest.approx(FIGURES.own_sd, abs=0.15)
    assert found.common_sd == pytest.approx(FIGURES.common_sd, abs=0.25)
    assert found.made_days[2] == pytest.approx(FIGURES.made_days[2], abs=0.15)
    assert np.corrcoef(found.weekday_orders, FIGURES.weekday_orders)[0, 1] > 0.8
    assert found.weekday_orders[4] == 0  # Friday, the weekly holiday


@pytest.mark.realdata
def test_the_figures_written_down_are_those_of_the_real_history() -> None:
    from pipelines.platform.datasets import locate_dataset
    from pipelines.settings import load_settings

    folder = locate_dataset("fmcg_production", load_settings(), print).folder
    product = pd.read_csv(folder / "product_groups.csv")
    product.columns = pd.Index(["unique_id", "group", "sub_group"])
    repeats = product["unique_id"].duplicated()
    product.loc[repeats, "unique_id"] += ".1"
    real = History(
        pd.read_parquet(folder / "daily.parquet"),
        product,
        pd.read_csv(folder / "product_plant_storage.csv"),
    )
    for found, written in zip(flat(astuple(measure(real))), flat(astuple(FIGURES)), strict=True):
        assert found == (written if isinstance(written, str) else pytest.approx(written, rel=1e-3))
