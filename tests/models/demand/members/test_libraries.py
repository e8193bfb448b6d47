"""The members of NeuralForecast, skforecast, XGBoost and Prophet."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from models.demand.history.histories import Histories
from models.demand.members import neural
from models.demand.members.catalogue import member_of
from models.demand.members.fits import file_of, load_fit, save_fit
from models.demand.task import Task

pytestmark = pytest.mark.slow
TASK = Task(7, (7,))
FITTED = (
    "lstm:14",
    "gru:14",
    "nhits:14:log",
    "xgboost:level:log",
    "skforecast_lightgbm:14",
    "skforecast_xgboost:14:log:adjusted",
)


def _histories(series: int = 24, days: int = 150) -> Histories:
    generator = np.random.default_rng(4)
    level = generator.uniform(50, 500, (series, 1))
    week = 1 + 0.5 * np.sin(2 * np.pi * np.arange(days) / 7)
    values = level * week * generator.normal(1, 0.05, (series, days))
    last = np.datetime64("2023-06-30", "ns")
    return Histories(
        tuple(f"S{number}" for number in range(series)),
        values.ravel(),
        np.arange(series + 1) * days,
        np.repeat(last, series),
        "D",
    )


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    """Loading a library may draw from Python's generator, once; using it may not."""
    import neuralforecast.models  # noqa: F401
    import skforecast.preprocessing
    import skforecast.recursive  # noqa: F401


def _global_states() -> tuple[object, str]:
    return random.getstate(), str(np.random.get_state())  # noqa: NPY002


@pytest.mark.parametrize("name", FITTED)
def test_a_fit_that_was_saved_says_the_same_and_beats_the_last_value(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(neural, "STEPS", dict.fromkeys(neural.NEURAL, 100))
    whole = _histories()
    known = whole.cut(7, np.ones(len(whole), dtype=bool))
    member = member_of(name)
    before = _global_states()
    fit = member.fit(known, TASK)
    said = member.forecast(known, TASK, fit)
    assert _global_states() == before
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")
    save_fit(fit, tmp_path / file_of(name))
    again = member.forecast(known, TASK, load_fit(name, TASK, tmp_path / file_of(name)))
    assert np.allclose(said, again, rtol=1e-6)
    actual = whole.future(7, 7)
    last = np.array([[known.of(number)[-1]] for number in range(len(known))])
    assert np.abs(said - actual).mean() < 0.7 * np.abs(last - actual).mean()


def test_prophet_follows_the_week(caplog: pytest.LogCaptureFixture) -> None:
    whole = _histories(4)
    known = whole.cut(7, np.ones(4, dtype=bool))
    said = member_of("prophet:7").forecast(known, TASK)
    assert np.abs(said / whole.future(7, 7) - 1).mean() < 0.08
    assert not caplog.records


def test_series_too_short_for_the_lags_are_left_to_other_members() -> None:
    whole = _histories(12)
    lengths = np.array([150] * 11 + [9])
    places = np.concatenate([np.arange(length) + 150 * n for n, length in enumerate(lengths)])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    short = Histories(whole.names, whole.values[places], offsets, whole.lasts, "D")
    member = member_of("skforecast_lightgbm:14")
    said = member.forecast(short, TASK, member.fit(short, TASK))
    assert np.isnan(said[-1]).all()
    assert np.isfinite(said[:-1]).all()
