from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.demand import (
    ForecastConfig,
    Forecaster,
    TableError,
    TableRules,
    fit_forecaster,
    read_table,
)
from models.demand.hierarchy import with_sums
from models.demand.history.histories import Histories
from models.demand.history.known import MOST_CATEGORIES, known_features
from models.demand.storage import load_forecaster, save_forecaster

RULES = TableRules(known=("price", "promo"))
MEMBERS = ("seasonal_naive:7", "seasonal_mean:7", "trees:level")


def _table(series: int = 8, days: int = 112, ahead: int = 7, seed: int = 5) -> pd.DataFrame:
    """Daily demand that a promotion doubles; its last `ahead` days are to come."""
    generator = np.random.default_rng(seed)
    steps = days + ahead
    frames = []
    for number in range(series):
        promo = generator.random(steps) < 0.2
        price = np.where(promo, 8.0, 10.0) + number
        value = 50.0 * (1 + number) * np.where(promo, 2.0, 1.0) * generator.normal(1, 0.05, steps)
        value[days:] = np.nan
        times = pd.date_range("2023-01-02", periods=steps)
        text = np.where(promo, "yes", "no")
        frames.append(
            pd.DataFrame(
                {
                    "series": f"S{number}",
                    "time": times,
                    "value": value,
                    "price": price,
                    "promo": text,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _config(**other: object) -> ForecastConfig:
    asked = {"horizon": 7, "members": MEMBERS, "rules": RULES, "origins": 2} | other
    return ForecastConfig(**asked)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model() -> Forecaster:
    return fit_forecaster(_table(ahead=14), _config())


def test_rows_at_the_end_without_a_value_are_steps_to_come() -> None:
    table = _table()
    histories, repairs = read_table(table, RULES)
    assert histories.lengths.tolist() == [112] * 8
    assert repairs == ()
    known = histories.known
    assert known is not None
    assert known.names == ("price", "promo=no", "promo=yes")
    assert known.counts.tolist() == [119] * 8
    own = known.values[known.starts[3] : known.starts[3] + 119]
    rows = table[table["series"] == "S3"]
    assert np.array_equal(own[:, 0], rows["price"])
    assert np.array_equal(own[:, 2], rows["promo"] == "yes")


def test_a_promotion_ahead_is_in_the_forecast(model: Forecaster) -> None:
    table, found = _table(ahead=14), model.predict()
    to_come = table[table["value"].isna()].groupby("series").head(7).reset_index(drop=True)
    share = (to_come["promo"] == "yes").to_numpy()
    level = 50.0 * (1 + found["series"].str[1:].astype(int).to_numpy())
    relative = found["mean"].to_numpy() / level
    assert relative[share].mean() > relative[~share].mean() + 0.5


def test_nothing_after_an_origin_is_read_but_what_is_known_ahead() -> None:
    clean, _ = read_table(_table(), RULES)
    poisoned = clean.values.copy()
    steps = np.concatenate([np.arange(length)[::-1] for length in clean.lengths])
    poisoned[steps < 7] = 1e6
    other = clean.with_values(poisoned)
    trials = [fit_forecaster(one, _config(country="BD")).trial for one in (clean, other)]
    assert trials[0] is not None
    assert trials[1] is not None
    assert np.array_equal(trials[0].forecasts, trials[1].forecasts, equal_nan=True)
    assert not np.array_equal(trials[0].actual, trials[1].actual)


def test_what_is_known_of_steps_beyond_the_horizon_is_not_read(model: Forecaster) -> None:
    clean = model.histories
    assert clean.known is not None
    values = clean.known.values.copy()
    for start, length in zip(clean.known.starts, clean.lengths, strict=True):
        values[start + length + 7 : start + length + 14] = 1e6
    known = type(clean.known)(clean.known.encodings, values, clean.known.starts, clean.known.counts)
    other = Histories(clean.names, clean.values, clean.offsets, clean.lasts, clean.frequency, known)
    assert np.array_equal(model.point_forecast(clean), model.point_forecast(other))


def test_columns_that_do_not_reach_over_the_horizon_are_refused(model: Forecaster) -> None:
    short, _ = read_table(_table(ahead=3), RULES)
    with pytest.raises(TableError, match=r"expected price.* of 7 steps after .*S0, found 3"):
        model.predict(histories=short)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(TableError, match="promo asked for; there are: series, time, value, price"):
        read_table(_table().drop(columns="promo"), RULES)


def test_a_series_with_rows_to_come_only_is_named() -> None:
    table = _table()
    table.loc[table["series"] == "S4", "value"] = np.nan
    with pytest.raises(TableError, match=r"a value of each series.*series S4"):
        read_table(table, RULES)


def test_an_empty_cell_takes_the_one_before_and_rare_texts_have_no_column() -> None:
    table = _table(series=1)
    table["promo"] = [f"kind {number}" for number in range(len(table))]
    table.loc[5, "price"] = np.nan
    histories, _ = read_table(table, RULES)
    assert histories.known is not None
    assert histories.known.values[5, 0] == table["price"][4]
    assert len(histories.known.names) == 1 + MOST_CATEGORIES


def test_a_saved_forecaster_knows_its_columns(model: Forecaster, tmp_path: Path) -> None:
    save_forecaster(model, tmp_path)
    again = load_forecaster(tmp_path)
    pd.testing.assert_frame_equal(model.predict(), again.predict())
    assert again.config == model.config


def test_a_column_that_one_series_lacks_leaves_the_others_theirs() -> None:
    table = _table(series=3)
    table.loc[table["series"] == "S0", "price"] = np.nan
    histories, _ = read_table(table, RULES)
    last = histories.ends - 1
    found = known_features(histories, np.arange(3), last, np.ones(3, dtype=np.int64), 14)
    assert np.isnan(found["known_0_against"][0])
    assert np.isfinite(found["known_0_against"][1:]).all()


def test_a_familys_price_is_the_mean_of_its_products() -> None:
    histories, _ = read_table(_table(series=4), RULES)
    families = {"S0": "a", "S1": "a", "S2": "b", "S3": "b"}
    nodes, summing = with_sums(histories, families)
    known, own = nodes.known, histories.known
    assert known is not None
    assert own is not None
    assert len(nodes) == len(summing) == 7
    price = [own.values[own.starts[n] : own.starts[n] + 119, 0] for n in range(4)]
    found = known.values[known.starts[1] : known.starts[1] + known.counts[1], 0]
    assert np.allclose(found, (price[0] + price[1]) / 2)
    assert np.array_equal(known.values[known.starts[5] :][:119, 0], price[2])
