from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.demand import (
    ForecastConfig,
    Forecaster,
    Histories,
    ModelError,
    fit_forecaster,
    load_forecaster,
    read_table,
    save_forecaster,
)

CHEAP = ("seasonal_naive:7", "seasonal_mean:7", "theta:7")


def _table(series: int = 6, days: int = 120, seed: int = 3) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    level = generator.uniform(20, 200, series)
    week = 1 + 0.4 * np.sin(2 * np.pi * np.arange(days) / 7)
    noise = generator.normal(1, 0.1, (series, days))
    times = pd.date_range("2023-01-02", periods=days)
    names = [f"S{number}" for number in range(series)]
    return pd.DataFrame(
        {
            "series": np.repeat(names, days),
            "time": np.tile(times, series),
            "value": (level[:, None] * week * noise).ravel(),
        }
    )


def _fitted(table: pd.DataFrame | Histories, **other: object) -> Forecaster:
    asked = {"horizon": 7, "members": CHEAP} | other
    return fit_forecaster(table, ForecastConfig(**asked))  # type: ignore[arg-type]


def test_the_forecast_holds_every_series_and_the_next_days() -> None:
    model = _fitted(_table())
    found = model.predict()
    assert len(found) == 6 * 7
    assert model.task.seasons == (7,)
    assert found["time"].min() == pd.Timestamp("2023-05-02")
    assert list(found.columns[:3]) == ["series", "time", "mean"]
    assert (found["q2.5"] <= found["q10"]).all()
    assert (found["q10"] <= found["q90"]).all()
    assert (found["q90"] <= found["q97.5"]).all()


def test_the_forecast_beats_the_seasonal_naive_one_on_what_came() -> None:
    whole, _ = read_table(_table(series=20, days=150))
    known = whole.cut(7, np.ones(20, dtype=bool))
    actual = whole.future(7, 7)
    found = _fitted(known).point_forecast(known)
    naive = np.array([known.of(number)[-7:] for number in range(20)])
    assert np.abs(found - actual).mean() < np.abs(naive - actual).mean()


@pytest.mark.parametrize(
    "members",
    [CHEAP, pytest.param(("network:14", "trees:zero", "theta:7"), marks=pytest.mark.slow)],
)
def test_nothing_after_an_origin_is_read(members: tuple[str, ...]) -> None:
    clean, _ = read_table(_table(series=12))
    poisoned = clean.values.copy()
    steps = np.concatenate([np.arange(length)[::-1] for length in clean.lengths])
    poisoned[steps < 7] = 1e6
    other = Histories(clean.names, poisoned, clean.offsets, clean.lasts, clean.frequency)
    trials = [_fitted(one, members=members, origins=2).trial for one in (clean, other)]
    assert trials[0] is not None
    assert trials[1] is not None
    assert np.array_equal(trials[0].forecasts, trials[1].forecasts, equal_nan=True)
    assert not np.array_equal(trials[0].actual, trials[1].actual)


@pytest.mark.slow
def test_a_saved_forecaster_says_the_same(tmp_path: Path) -> None:
    model = _fitted(_table(series=12), members=("network:14", "trees:zero", "theta:7"))
    save_forecaster(model, tmp_path)
    again = load_forecaster(tmp_path)
    pd.testing.assert_frame_equal(model.predict(), again.predict())
    assert again.repairs == model.repairs
    assert {path.suffix for path in tmp_path.iterdir()} <= {".json", ".npz", ".txt"}


def test_a_saved_forecaster_that_was_changed_is_refused(tmp_path: Path) -> None:
    save_forecaster(_fitted(_table()), tmp_path)
    (tmp_path / "forecaster.json").write_text("{}")
    with pytest.raises(ModelError, match="not a saved forecaster"):
        load_forecaster(tmp_path)


def test_later_histories_are_forecast_without_fitting_again() -> None:
    whole, _ = read_table(_table(days=130))
    known = whole.cut(10, np.ones(6, dtype=bool))
    later = _fitted(known).predict(histories=whole)
    assert later["time"].min() == pd.Timestamp("2023-05-12")


def test_a_level_that_was_not_calibrated_is_refused() -> None:
    with pytest.raises(ModelError, match=r"found \[0.33\]"):
        _fitted(_table()).predict(levels=(0.33,))


def test_an_ended_series_and_one_of_zeros_are_forecast_zero() -> None:
    table = _table()
    table.loc[table["series"] == "S1", "value"] = 0.0
    stopped = (table["series"] == "S2") & (table["time"] >= "2023-02-15")
    table.loc[stopped, "value"] = 0.0
    found = _fitted(table).predict().groupby("series")["mean"].max()
    assert found["S1"] == 0
    assert found["S2"] == 0
    assert found["S3"] > 0


def test_a_new_series_starts_from_its_family() -> None:
    table = _table(series=4)
    few = pd.DataFrame(
        {"series": "new", "time": pd.date_range("2023-04-30", periods=2), "value": [50.0, 50.0]}
    )
    families = {"S0": "a", "S1": "a", "S2": "b", "S3": "b", "new": "a"}
    config = ForecastConfig(7, members=CHEAP, families=families)
    found = fit_forecaster(pd.concat([table, few]), config).predict()
    mean = found.groupby("series")["mean"].mean()
    own = table.groupby("series")["value"].mean()
    expected = 50 / 3 + 2 / 3 * own[["S0", "S1"]].mean()
    assert mean["new"] == pytest.approx(expected, rel=0.25)


def test_one_point_alone_is_forecast() -> None:
    one = pd.DataFrame({"series": ["A"], "time": [pd.Timestamp("2023-01-01")], "value": [3.0]})
    assert _fitted(one).predict()["mean"].tolist() == [3.0] * 7


def test_an_unknown_member_is_refused() -> None:
    with pytest.raises(ModelError, match="expected one of the catalogue, found 'thetta'"):
        _fitted(_table(), members=("thetta:1",))


def test_a_member_over_the_budget_is_left_out_and_named() -> None:
    model = _fitted(_table(), members=(*CHEAP, "trees:zero"), seconds=0.5)
    assert model.trial is not None
    assert set(model.trial.left_out) == {"trees:zero"}
    assert "trees:zero" not in model.members


def test_two_workers_say_what_one_says() -> None:
    one, two = (_fitted(_table(series=20), workers=workers) for workers in (1, 2))
    assert np.allclose(one.predict()["mean"], two.predict()["mean"])
