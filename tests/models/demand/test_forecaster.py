from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from models.demand import (
    Backtest,
    DemandConfig,
    DemandForecaster,
    ModelError,
    Panel,
    TableError,
    fit,
    load,
    predict,
    run_backtest,
    save,
)
from models.demand.panel import days_from

FIRST = np.datetime64("2023-01-02")
CLOSED = (date(2023, 2, 21), date(2023, 5, 3))
CONFIG = DemandConfig(horizon=7, windows=3, rounds=20, lags=14)


def _panel(days: int = 120) -> Panel:
    """A weekly pattern with noise, one seldom sold, one never."""
    rng = np.random.default_rng(11)
    week = np.array([8.0, 9, 10, 12, 0, 4, 14])[(np.arange(days) % 7)]
    levels = np.array([1.0, 5, 20, 100, 40, 7, 3, 60, 12, 30])
    values = week[:, None] * levels * rng.gamma(20.0, 1 / 20, (days, 10))
    seldom = np.where(rng.random(days) < 0.2, 5.0, 0.0)
    values = np.column_stack([values, seldom, np.zeros(days)])
    shut = np.isin(days_from(FIRST, days), np.array(CLOSED, dtype="datetime64[D]"))
    values[shut] *= 0.05
    names = tuple(f"P{number:02}" for number in range(12))
    return Panel(names, days_from(FIRST, days), values)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return _panel()


@pytest.fixture(scope="module")
def trial(panel: Panel) -> Backtest:
    return run_backtest(panel, CONFIG, CLOSED)


@pytest.fixture(scope="module")
def model(panel: Panel, trial: Backtest) -> DemandForecaster:
    return fit(panel, CONFIG, trial, CLOSED)


@pytest.mark.integration
def test_no_forecast_reads_what_came_after_its_origin(panel: Panel, trial: Backtest) -> None:
    spoilt = Panel(panel.series, panel.days, panel.values.copy())
    middle = trial.origins[1]
    spoilt.values[panel.days >= middle] = 1e6 * np.arange(1, 13)
    again = run_backtest(spoilt, CONFIG, CLOSED)
    assert np.array_equal(again.forecasts[:2], trial.forecasts[:2])
    assert not np.array_equal(again.forecasts[2], trial.forecasts[2])
    assert np.array_equal(trial.actual[-1], panel.values[-7:])


@pytest.mark.integration
def test_the_forecast_follows_the_week_and_the_level(model: DemandForecaster) -> None:
    panel = _panel(127).before(FIRST + np.timedelta64(120, "D"))
    forecast = predict(model, panel, closed=CLOSED)
    wide = forecast.pivot(index="time", columns="series", values="mean").to_numpy()
    came = _panel(127).values[-7:]
    expected = np.abs(wide - came)[:, :10].sum() / came[:, :10].sum()
    assert expected < 0.25
    assert forecast["time"].min() == np.datetime64("2023-05-02")


@pytest.mark.integration
def test_a_series_that_never_sold_is_forecast_zero(
    model: DemandForecaster, panel: Panel, trial: Backtest
) -> None:
    forecast = predict(model, panel)
    never = forecast[forecast["series"] == "P11"]
    assert (never[["mean", "q10", "q50", "q90"]].to_numpy() == 0).all()
    assert (trial.forecasts[..., 11] == 0).all()


@pytest.mark.integration
def test_a_closed_day_ahead_is_cut_to_what_closed_days_keep(
    model: DemandForecaster, panel: Panel
) -> None:
    with_closure, without = predict(model, panel), predict(model, panel, closed=())
    closed = with_closure["time"] == np.datetime64("2023-05-03")
    kept = with_closure.loc[closed, "mean"].sum() / without.loc[closed, "mean"].sum()
    assert 0.02 < kept < 0.1
    assert (with_closure.loc[~closed, "mean"] >= 0.9 * without.loc[~closed, "mean"]).all()


@pytest.mark.integration
def test_quantiles_rise_and_the_mean_is_not_negative(model: DemandForecaster, panel: Panel) -> None:
    forecast = predict(model, panel, horizon=20)
    assert len(forecast) == 20 * 12
    assert (forecast[["mean", "q10"]].to_numpy() >= 0).all()
    assert (forecast["q10"] <= forecast["q50"]).all()
    assert (forecast["q50"] <= forecast["q90"]).all()


@pytest.mark.integration
def test_fitting_twice_gives_the_same_model(
    model: DemandForecaster, panel: Panel, trial: Backtest, tmp_path: Path
) -> None:
    again = fit(panel, CONFIG, run_backtest(panel, CONFIG, CLOSED), CLOSED)
    for folder, made in (("a", model), ("b", again)):
        save(made, tmp_path / folder)
    for name in ("model.json", "lightgbm.txt"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.integration
def test_a_saved_model_forecasts_the_same(
    model: DemandForecaster, panel: Panel, tmp_path: Path
) -> None:
    save(model, tmp_path)
    loaded = load(tmp_path)
    assert loaded.trained_until == date(2023, 5, 1)
    assert predict(loaded, panel, closed=CLOSED).equals(predict(model, panel, closed=CLOSED))


@pytest.mark.integration
def test_a_damaged_model_is_refused_with_the_file_named(
    model: DemandForecaster, tmp_path: Path
) -> None:
    save(model, tmp_path)
    text = (tmp_path / "model.json").read_text()
    for spoilt in ("{", "[]", json.dumps({**json.loads(text), "format": 99})):
        (tmp_path / "model.json").write_text(spoilt)
        with pytest.raises(ModelError, match=r"model\.json: .*fit it again"):
            load(tmp_path)
    (tmp_path / "model.json").write_text(text)
    (tmp_path / "lightgbm.txt").unlink()
    with pytest.raises(ModelError, match=r"lightgbm\.txt: cannot be read"):
        load(tmp_path)


@pytest.mark.integration
def test_a_history_of_other_series_is_refused(model: DemandForecaster, panel: Panel) -> None:
    other = Panel(("X", *panel.series[1:]), panel.days, panel.values)
    with pytest.raises(ModelError, match=r"1 others \['X'\] and 1 missing \['P00'\]"):
        predict(model, other)


def test_a_history_too_short_for_its_windows_is_refused() -> None:
    short = _panel(40)
    with pytest.raises(TableError, match=r"at least 49 days .* found 40; ask for fewer windows"):
        run_backtest(short, CONFIG)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"horizon": 0}, "horizon: expected at least 1"),
        ({"max_bias": float("nan")}, "max_bias: expected a number"),
        ({"members": ("prophet", "seasonal_naive")}, r"found \['prophet'\]"),
        ({"members": ("auto_ets",)}, "seasonal_naive among them"),
    ],
)
def test_a_wrong_configuration_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        DemandConfig(**wrong)  # type: ignore[arg-type]
