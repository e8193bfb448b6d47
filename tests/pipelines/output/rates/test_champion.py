"""The champion of line rates, through the database and MLflow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert

from models.rates import RateModel
from pipelines.context import Context
from pipelines.output.rates import champion
from pipelines.output.rates.champion import MODEL
from pipelines.output.rates.files import answer_rates, load_rates, save_rates
from pipelines.output.rates.measured import load_beliefs, with_measured_rates
from pipelines.params import load_params
from pipelines.registry import open_registry
from pipelines.settings import Settings
from pipelines.storage import open_database, writing
from pipelines.storage.tables import LineMinuteRow
from plant import Capability, Item, Line, Plant

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
SPEEDS = {"L1": 0.8, "L2": 1.0, "L3": 0.9}


def _plant(day: int) -> Plant:
    """Three lines at the beginning of the day after so many that were counted."""
    capabilities = tuple(Capability(line, "a", 1200.0) for line in SPEEDS)
    lines = tuple(Line(line) for line in SPEEDS)
    return Plant("KRW", FIRST + timedelta(days=day), 1440, lines, (Item("a", "A"),), capabilities)


def _count(context: Context, days: range) -> None:
    """Three runs of an hour of each line and day go into the database."""
    rng = np.random.default_rng(days.start)
    rows = [
        {
            "line": line,
            "minute": FIRST + timedelta(days=day, hours=hour, minutes=minute),
            "item": "a",
            "events": 1,
            "good": float(rng.poisson(20 * speed)) + 0.01,
            "scrap": float(rng.binomial(20, 0.05)),
            "checked": 0.0,
            "failed": 0.0,
            "last_at": FIRST + timedelta(days=day, hours=hour, minutes=minute),
        }
        for day in days
        for line, speed in SPEEDS.items()
        for hour in (6, 10, 14)
        for minute in range(60)
    ]
    engine = open_database(context.settings.database_url)
    with writing(engine) as session:
        session.execute(insert(LineMinuteRow), rows)
    engine.dispose()


def _context(data: Path, told: list[str]) -> Context:
    settings = Settings(data=data)
    return Context(settings, load_params(settings.params_file), lambda: FIRST, told.append)


def _rates(plant: Plant) -> dict[str, float]:
    return {one.line: one.rate for one in plant.capabilities}


def test_few_runs_leave_master_data_and_register_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    context = _context(tmp_path, told)
    _count(context, range(3))
    monkeypatch.setattr(champion, "champion_rates", _refused)
    assert with_measured_rates(context, _plant(3)) == _plant(3)
    assert "expected at least 30 rows" in told[-1]
    assert load_beliefs(context) == {}


def _refused(*_: object) -> None:
    raise AssertionError("with so few runs the registry is not asked")


@pytest.mark.integration
@pytest.mark.slow
def test_a_challenger_meets_the_champion_when_runs_are_new_and_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    context = _context(tmp_path, told)
    registry = open_registry(context)
    _count(context, range(10))
    first = _rates(with_measured_rates(context, _plant(10)))
    assert first["L1"] == pytest.approx(0.8 * 1200, rel=0.05)
    (version,) = registry.versions(MODEL)
    assert version.name == "takt-rates"
    assert version.tags["takt.promoted"] == "true"
    assert registry.until(version) == date(2026, 1, 14)
    # Nothing is new: the champion says the same, and nothing is fitted.
    assert _rates(with_measured_rates(context, _plant(10))) == pytest.approx(first)
    assert len(registry.versions(MODEL)) == 1

    _count(context, range(10, 18))
    with_measured_rates(context, _plant(18))
    newest = registry.versions(MODEL)[0]
    assert newest.version == 2
    assert newest.tags["takt.verdict"] not in ("first", "other data")
    assert newest.tags["takt.met_champion"] == "1"
    assert "gain" in newest.tags["takt.reason"]
    metrics = registry.tracking.client.get_run(newest.run_id).data.metrics
    assert metrics["tried_runs"] == 63
    assert metrics["speed_mae"] < metrics["speed_mae_master"]
    if newest.tags["takt.promoted"] == "false":
        registry.promote(MODEL, 2, "to try the way back")
    registry.roll_back(MODEL, "says too much")
    again = with_measured_rates(context, _plant(18))
    assert "takt-rates version 1 says what lines will make" in told
    assert len(registry.versions(MODEL)) == 2
    assert _rates(again)["L1"] == pytest.approx(0.8 * 1200, rel=0.05)
    assert set(load_beliefs(context)) == {(line, "a") for line in SPEEDS}
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.tracking.uri)
    _answers(registry.load_champion(MODEL), tmp_path / "copy")


def _answers(folder: Path, copy: Path) -> None:
    """What was registered says the same through MLflow, and after saving it again."""
    import mlflow

    found = load_rates(folder)
    example = found.runs.tail(5).reset_index(drop=True)[list(found.speed.schema.inputs)]
    said = answer_rates(found, example)
    served = mlflow.pyfunc.load_model("models:/takt-rates/1").predict(example)
    np.testing.assert_allclose(served.to_numpy(), said.to_numpy())
    assert {"speed_mean", "speed_q10", "yields_mean", "yields_q90"} <= set(served.columns)
    save_rates(replace(found, speed=_quiet(found.speed)), copy)
    assert load_rates(copy).speed.weights == {"reference": 1.0}


def _quiet(model: RateModel) -> RateModel:
    return replace(model, voice=replace(model.voice, weights={"reference": 1.0}))
