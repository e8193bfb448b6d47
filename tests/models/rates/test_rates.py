from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.rates import (
    RateConfig,
    RateModel,
    RateSchema,
    RatesError,
    RowsError,
    fit,
    last_windows,
    load,
    predict,
    refreshed,
    save,
)
from models.rates.blend import blend
from models.rates.features import look
from models.rates.intervals import calibrate
from models.rates.schema import check_rows

RUNS = RateSchema(
    at="start",
    value="rate",
    keys=("line", "item"),
    reference="planned",
    numbers=("length", "since_changeover"),
    names=("shift",),
)
DAILY = RateSchema(at="ds", value="made", keys=("series",), drivers=("ordered",), closed="closed")
QUICK = RateConfig(horizon_days=5, folds=4, copies=2, rounds=60, learning_rate=0.15, least_rows=10)


def _runs(count: int = 700, seed: int = 1) -> pd.DataFrame:
    """Master data say 100; line L1 really makes 70, L2 95; the first hour after a changeover is slow."""
    rng = np.random.default_rng(seed)
    line = rng.choice(["L1", "L2"], count)
    since = rng.uniform(0, 300, count)
    level = np.where(line == "L1", 70.0, 95.0) * np.where(since < 60, 0.8, 1.0)
    return pd.DataFrame(
        {
            "start": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(np.sort(rng.uniform(0, 100, count)), unit="D"),
            "line": line,
            "item": rng.choice(["a", "b"], count),
            "shift": rng.choice(["early", "late"], count),
            "planned": 100.0,
            "length": rng.uniform(30, 400, count),
            "since_changeover": since,
            "rate": level * rng.lognormal(0, 0.05, count),
        }
    )


def _days(days: int = 120, seed: int = 1) -> pd.DataFrame:
    """Two series, one a hundred times the other, nothing on Sundays and on one holiday."""
    rng = np.random.default_rng(seed)
    ds = pd.date_range("2024-01-01", periods=days)
    parts = []
    for series, level in (("big", 1000.0), ("small", 10.0)):
        made = level * rng.lognormal(0, 0.2, days) * (ds.dayofweek < 6)
        closed = (ds == ds[60]).astype(float)
        parts.append(
            pd.DataFrame(
                {"ds": ds, "series": series, "made": made * (1 - closed), "ordered": level}
            ).assign(closed=closed)
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def model() -> RateModel:
    return fit(_runs(), RUNS, QUICK)


def test_lines_are_forecast_at_what_they_make_not_at_master_data(model: RateModel) -> None:
    ahead = _runs(200, seed=2).assign(start=lambda t: t["start"] + pd.Timedelta(days=100))
    found = predict(model, ahead)
    error = (found["mean"] - ahead["rate"]).abs().mean()
    assert error < 0.4 * (ahead["planned"] - ahead["rate"]).abs().mean()
    assert (found["mean"][ahead["line"] == "L1"].mean()) < 78
    assert model.weights.get("reference", 0.0) < 0.2


def test_quantiles_hold_the_share_that_they_name_and_do_not_cross(model: RateModel) -> None:
    first = pd.Timestamp("2024-01-01")
    ahead = _runs(600, seed=3)
    ahead["start"] = first + pd.Timedelta(days=100) + (ahead["start"] - first) / 20  # five days
    found = predict(model, ahead)
    names = ["q025", "q10", "q50", "q90", "q975"]
    assert (np.diff(found[names].to_numpy(), axis=1) >= 0).all()
    inside = ((found["q10"] <= ahead["rate"]) & (ahead["rate"] <= found["q90"])).mean()
    assert 0.7 < inside < 0.92


def test_a_day_that_is_shut_makes_nothing_and_lowers_no_level() -> None:
    table = _days()
    one = fit(table, DAILY, QUICK)
    ahead = _days(127).groupby("series").tail(7).drop(columns=["made", "ordered"])
    shut = ahead["ds"].dt.day == 1
    found = predict(one, ahead.assign(closed=shut.astype(float)))
    assert (found.loc[shut, "mean"] == 0).all()
    days = _days()
    days.loc[days["closed"] > 0, "made"] = 1e6  # would be seen, if it were looked at
    assert fit(days, DAILY, QUICK).memory.weekdays.figures == pytest.approx(
        one.memory.weekdays.figures
    )


def test_series_of_unlike_size_are_learnt_over_their_level() -> None:
    table = _days()
    one = fit(table, DAILY, QUICK)
    assert one.memory.relative
    ahead = _days(127).groupby("series").tail(7)
    found = predict(one, ahead.drop(columns=["made", "ordered"]))
    for series, level in (("big", 1000.0), ("small", 10.0)):
        weekdays = (ahead["series"] == series) & (ahead["ds"].dt.dayofweek < 6)
        assert found.loc[weekdays, "mean"].mean() == pytest.approx(level, rel=0.25)


def test_windows_read_nothing_after_their_first_day() -> None:
    table = _days()
    spoilt = table.copy()
    last = table["ds"] > table["ds"].max() - pd.Timedelta(days=5)
    spoilt.loc[last, "made"] += 500.0
    spoilt.loc[last, "ordered"] += 500.0
    one, other = (last_windows(data, DAILY, QUICK, lambda _: None) for data in (table, spoilt))
    assert one is not None
    assert other is not None
    for name, values in one.forecasts.items():
        assert values == pytest.approx(other.forecasts[name]), name


def test_values_known_after_asked_change_no_forecast(model: RateModel) -> None:
    table = _runs()
    days = (table["start"] - pd.Timestamp(0)).dt.total_seconds() / 86400
    asked = float(np.floor(days.max())) - 10
    from models.rates.features import remember
    from models.rates.schema import check_rows

    spoilt = table.assign(rate=table["rate"].where(days < asked, 1.0))
    memory = remember(check_rows(spoilt, RUNS, True), RUNS)
    other = replace(model, memory=replace(memory, relative=model.memory.relative))
    ahead = table[days >= asked]
    then = np.full(len(ahead), asked)
    assert predict(other, ahead, then)["mean"].to_numpy() == pytest.approx(
        predict(model, ahead, then)["mean"].to_numpy()
    )


def test_forecasts_come_in_the_order_of_the_table(model: RateModel) -> None:
    table = _runs(50, seed=5)
    mixed = table.sample(frac=1.0, random_state=0)
    straight = predict(model, table)
    pd.testing.assert_frame_equal(predict(model, mixed), straight.loc[mixed.index])


def test_a_saved_model_forecasts_the_same(model: RateModel, tmp_path: Path) -> None:
    save(model, tmp_path)
    table = _runs(50, seed=5)
    pd.testing.assert_frame_equal(predict(load(tmp_path), table), predict(model, table))
    (tmp_path / "model.json").write_text("[]", "utf-8")
    with pytest.raises(RatesError, match="not a saved model of line rates"):
        load(tmp_path)


def test_a_refreshed_model_counts_levels_anew_and_keeps_what_it_learnt(model: RateModel) -> None:
    table = _runs()
    asked = table.tail(30).drop(columns="rate")
    same = refreshed(model, table)
    pd.testing.assert_frame_equal(predict(same, asked), predict(model, asked))
    slow = refreshed(model, table.assign(rate=table["rate"] * 0.5))
    assert predict(slow, asked)["mean"].mean() < predict(model, asked)["mean"].mean()
    assert slow.members == model.members
    with pytest.raises(RowsError, match="planned missing"):
        refreshed(model, table.drop(columns="planned"))


def test_more_runs_than_it_learnt_from_do_not_change_how_a_model_is_told_names() -> None:
    table = _runs(160)
    model = fit(table, RUNS, replace(QUICK, members=("lightgbm",)))
    more = refreshed(model, _runs(700))
    asked = table.tail(10).drop(columns="rate")
    days = np.full(10, more.memory.newest)
    told = [
        look(check_rows(asked, RUNS, known=False), RUNS, memory, days).matrix["name:line"]
        for memory in (model.memory, more.memory)
    ]
    assert (told[0] == told[1]).all()
    assert predict(more, asked)["mean"].between(50, 120).all()


def test_too_few_rows_negative_values_and_missing_columns_are_refused() -> None:
    with pytest.raises(RatesError, match="at least 30 rows with a value, found 10"):
        fit(_runs(10), RUNS, QUICK)
    with pytest.raises(RowsError, match=r"column rate: expected at least 0, .* row 0: -1"):
        fit(_runs(50).assign(rate=-1.0), RUNS, QUICK)
    with pytest.raises(RowsError, match="line missing"):
        fit(_runs(50).drop(columns="line"), RUNS, QUICK)


def test_a_short_history_is_forecast_by_master_data() -> None:
    one = fit(_runs(35), RUNS, replace(QUICK, folds=1))
    assert one.weights == {"reference": 1.0}
    assert np.isfinite(predict(one, _runs(5, seed=6)).to_numpy()).all()


def test_a_line_never_seen_gets_the_level_of_all(model: RateModel) -> None:
    found = predict(model, _runs(20, seed=7).assign(line="new", item="new"))
    assert found["mean"].between(50, 110).all()


def test_members_that_forecast_too_little_are_held_to_the_bias_gate() -> None:
    rng = np.random.default_rng(1)
    actual = np.where(rng.random(4000) < 0.45, 100.0, 0.0)
    forecasts = {"low": np.zeros(4000), "mean": np.full(4000, 45.0)}
    weights = blend(forecasts, actual, 0.1, "mean")
    bias = 1 - weights["mean"] * 45 * 4000 / actual.sum()
    assert bias < 0.16
    assert blend(forecasts, actual, 1.0, "mean") == {"low": 1.0}


def test_a_calibration_of_a_known_distribution_gives_its_quantiles() -> None:
    rng = np.random.default_rng(1)
    forecast = rng.uniform(1, 2, 20_000)
    actual = forecast + rng.normal(0, 0.1, 20_000)
    found = calibrate(forecast, actual, np.ones(20_000)).quantiles(np.array([1.5]), np.ones(1))[0]
    assert found == pytest.approx(1.5 + 0.1 * np.array([-1.96, -1.28, 0, 1.28, 1.96]), abs=0.02)


def test_intervals_widen_by_what_blocks_of_days_differ_in() -> None:
    rng = np.random.default_rng(3)
    held = {"pooled": [], "stretched": []}
    for _ in range(60):  # histories of six weeks, each with a luck of its own, and the week after
        week = np.repeat(np.arange(7), 50)
        error = rng.normal(0, 0.1, 7)[week] + rng.normal(0, 0.05, 350)
        known, forecast = week < 6, np.full(350, 1.0)
        actual, scale = forecast + error, np.ones(350)
        for name, block in (("pooled", None), ("stretched", week[known])):
            found = calibrate(forecast[known], actual[known], scale[known], block)
            ends = found.quantiles(forecast[~known], scale[~known])
            held[name].append(
                ((ends[:, 1] <= actual[~known]) & (actual[~known] <= ends[:, 3])).mean()
            )
    assert np.mean(held["pooled"]) < 0.75
    assert 0.76 < np.mean(held["stretched"]) < 0.9


def test_blocks_that_are_alike_widen_nothing() -> None:
    rng = np.random.default_rng(4)
    forecast, block = np.full(3000, 1.0), np.repeat(np.arange(6), 500)
    actual = forecast + rng.normal(0, 0.1, 3000)
    ends = calibrate(forecast, actual, np.ones(3000), block).quantiles(np.ones(1), np.ones(1))[0]
    assert ends == pytest.approx(1 + 0.1 * np.array([-1.96, -1.28, 0, 1.28, 1.96]), abs=0.03)


def test_a_lower_end_at_nothing_holds_every_value() -> None:
    rng = np.random.default_rng(5)
    forecast, block = rng.uniform(0.5, 1.5, 600), np.repeat(np.arange(6), 100)
    actual = np.where(rng.random(600) < 0.6, 0.0, rng.uniform(1, 2, 600))
    plain, stretched = (
        calibrate(forecast, actual, np.ones(600), one).quantiles(forecast, np.ones(600))
        for one in (None, block)
    )
    assert (stretched[:, 1] <= plain[:, 1]).all()
    assert stretched[:, 3].mean() < 1.15 * plain[:, 3].mean()


def test_a_week_without_output_crowns_nobody_who_forecasts_too_little() -> None:
    """Seven weeks alike and one in which nothing was made: `low` is nearer to it, and to it alone."""
    from models.rates.voices import find_voices
    from models.rates.windows import Windows

    rng = np.random.default_rng(3)
    window = np.repeat(np.arange(8), 60)
    actual = np.where(window == 6, 0.0, rng.uniform(80, 120, 480))
    usual = {name: 100 + rng.normal(0, 3, 480) for name in ("lightgbm", "xgboost")}
    said = {**usual, "absolute": np.full(480, 90.0), "weekday_mean": np.full(480, 105.0)}
    schema = RateSchema(at="at", value="made", keys=("item",))
    windows = Windows(said, actual, np.ones(480), window, window, np.full(480, "x"), {})
    weights = find_voices(windows, schema, 0.1, 1000)[0].weights
    assert set(weights) == {"lightgbm", "xgboost", "absolute"}
    assert weights["absolute"] < 0.5


def test_a_member_with_a_tenth_more_error_counts_half() -> None:
    from models.rates.voices import find_voices
    from models.rates.windows import Windows

    rng = np.random.default_rng(2)
    window, actual = np.repeat(np.arange(4), 75), rng.uniform(1, 2, 300)
    off, other = (np.where(rng.random(300) < 0.5, 0.1, -0.1) for _ in range(2))
    said = {"forest": actual + off, "forest_gap": actual + 1.1 * other, "reference": actual * 0.5}
    two = window % 2  # two windows show nobody to be better
    windows = Windows(said, actual, np.ones(300), two, window, np.full(300, "x"), {})
    weights = find_voices(windows, RUNS, 0.1, 1000)[0].weights
    assert weights["forest"] / weights["forest_gap"] == pytest.approx(1.1**8)


def test_usual_weights_give_way_only_to_what_is_better_by_more_than_luck() -> None:
    from models.rates.voices import find_voices
    from models.rates.windows import Windows

    rng = np.random.default_rng(1)
    window, actual = np.repeat(np.arange(5), 60), rng.uniform(1, 2, 300)
    forest, gap = (actual + rng.normal(0, 0.2, 300) for _ in range(2))
    kind = np.full(300, "x")

    def weights(better: np.ndarray) -> dict[str, float]:
        said = {"forest": forest, "forest_gap": gap, "xgboost": better, "reference": actual * 0.5}
        windows = Windows(said, actual, np.ones(300), window, window, kind, {})
        return dict(find_voices(windows, RUNS, 0.1, 1000)[0].weights)

    usual = weights(actual + rng.normal(0, 0.8, 300))
    assert usual == pytest.approx({"forest": 0.5, "forest_gap": 0.5}, abs=0.2)
    assert weights(actual + rng.normal(0, 0.02, 300))["xgboost"] > 0.8
