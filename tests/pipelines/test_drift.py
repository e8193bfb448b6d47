"""Drift, from files to verdict rows, with Evidently and MLflow as they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines import drift as step
from pipelines.context import Context
from pipelines.monitoring.samples import DriftError
from pipelines.params import load_params
from pipelines.settings import REPOSITORY, Settings

pytestmark = pytest.mark.integration

ECHO = """
import mlflow


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Echo())
"""
EXAMPLES = REPOSITORY / "plant" / "examples"
DAYS = 120


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A history, backtest and schedule in which nothing moves."""
    found = _context(tmp_path_factory.mktemp("drift"))
    settings = found.settings
    settings.metrics.mkdir()
    shutil.copy(EXAMPLES / "three_lines.json", settings.plant_file)
    shutil.copy(EXAMPLES / "three_lines_schedule.json", settings.schedule_file)
    _write_history(settings, grown=1.0)
    _write_errors(settings, recent=0.4)
    _write_forecast(settings, grown=1.0)
    step.drift(found)
    return found


@pytest.fixture
def context(calm: Context, tmp_path: Path) -> Iterator[Context]:
    """The same, in a folder of its own, its verdict having been stored already."""
    shutil.copytree(calm.settings.data, tmp_path, dirs_exist_ok=True)
    yield _context(tmp_path)


def _context(data: Path) -> Context:
    settings = Settings(data=data)
    told: list[str] = []
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Context(settings, load_params(settings.params_file), lambda: now, told.append)


def _write_history(settings: Settings, grown: float) -> None:
    import pandas as pd

    rng = np.random.default_rng(7)
    plant = json.loads(settings.plant_file.read_text())
    made = sorted({capability["item"] for capability in plant["capabilities"]})
    days = pd.date_range(end=pd.Timestamp(plant["starts_at"]).tz_localize(None), periods=DAYS + 1)
    frames = []
    for item in made:
        units = rng.gamma(9.0, 1000.0, DAYS)
        units[-28:] *= grown
        columns = {
            f"{name}_units": units for name in ("ordered", "produced", "issued", "delivered")
        }
        frames.append(pd.DataFrame({"unique_id": item, "ds": days[:-1].normalize(), **columns}))
    folder = settings.silver / "daily"
    folder.mkdir(parents=True, exist_ok=True)
    pd.concat(frames).to_parquet(folder / "part-0.parquet", index=False)


def _write_errors(settings: Settings, recent: float) -> None:
    import pandas as pd

    last = pd.read_parquet(settings.silver / "daily")["ds"].max()
    origins = [last - pd.Timedelta(days=13 + 7 * window) for window in reversed(range(8))]
    wape = [0.41, 0.38, 0.42, 0.37, 0.40, recent, recent + 0.01, recent - 0.01]
    for name, rows in (("ensemble", wape), ("naive", [0.9] * 8)):
        frame = pd.DataFrame({"origin": origins, "forecaster": name, "wape": rows, "bias": 0.0})
        path = settings.metrics / "forecast_error.csv"
        frame.to_csv(
            path, index=False, mode="a" if name == "naive" else "w", header=name != "naive"
        )


def _write_forecast(settings: Settings, grown: float) -> None:
    """A backtest from six origins and the forecast in use, of which `grown` times as much."""
    import pandas as pd

    rng = np.random.default_rng(8)
    last = pd.read_parquet(settings.silver / "daily")["ds"].max()
    origins = [last - pd.Timedelta(days=7 * window) for window in range(1, 7)]
    found = pd.DataFrame(
        [
            {
                "origin": origin,
                "unique_id": "P",
                "ds": origin + pd.Timedelta(days=day),
                "mean": rng.gamma(9.0, 1000.0),
            }
            for origin in origins
            for day in range(14)
        ]
    )
    settings.backtest_file.parent.mkdir(exist_ok=True)
    found.to_parquet(settings.backtest_file)
    now = found[found["origin"] == origins[0]].assign(mean=lambda rows: rows["mean"] * grown)
    now.drop(columns="origin").to_parquet(settings.forecast_file)


def _champion(context: Context, trained_until: str) -> None:
    """A demand model is champion that was fitted on the days up to one."""
    from datetime import date

    import pandas as pd

    from models.contest import first
    from pipelines.registry import Fit, open_registry

    folder = context.settings.data / "model"
    folder.mkdir()
    (folder / "model.json").write_text("{}")
    code = context.settings.data / "echo.py"
    code.write_text(ECHO)
    table = pd.DataFrame({"value": [1.0]})
    fit = Fit("demand", folder, "", table, table, "d", date.fromisoformat(trained_until), code=code)
    registry = open_registry(context)
    registry.settle(registry.register(fit), first("version 1"))


def _decisions(context: Context) -> dict[str, Any]:
    from pipelines.storage import open_database, reading
    from pipelines.storage.repositories.retrainings import list_retrainings

    engine = open_database(context.settings.database_url)
    with reading(engine) as session:
        found = {one.model: one for one in reversed(list_retrainings(session))}
    engine.dispose()
    return found


def _last_day(context: Context) -> Any:
    import pandas as pd

    return pd.read_parquet(context.settings.silver / "daily")["ds"].max()


def _rows(context: Context) -> list[Any]:
    from pipelines.storage import open_database, reading, repositories

    engine = open_database(context.settings.database_url)
    with reading(engine) as session:
        found = repositories.list_drift_verdicts(session)
    engine.dispose()
    return found


def _tracked(context: Context) -> list[Any]:
    from pipelines.platform.tracking import connect

    tracking = connect(context.settings)
    return list(tracking.client.search_runs([tracking.experiment_id]))


def test_what_does_not_move_is_ok_and_kept_in_file_database_and_mlflow(context: Context) -> None:
    from pipelines.platform.tracking import connect

    rows = {row.kind: row for row in _rows(context)}
    assert set(rows) == {"inputs", "predictions", "forecast", "schedule"}
    assert {rows[kind].verdict for kind in ("inputs", "predictions", "forecast")} == {"ok"}
    assert rows["forecast"].statistic == pytest.approx(0.4)
    assert rows["schedule"].details["measure"] == "planned units backed by past output"
    (run,) = _tracked(context)
    assert {row.mlflow_run_id for row in rows.values()} == {run.info.run_id}
    names = {one.path for one in connect(context.settings).client.list_artifacts(run.info.run_id)}
    assert names == {"report.html", "drift.json"}
    html = (context.settings.drift / "report.html").read_text()
    assert "total ordered_units" in html
    figures = json.loads((context.settings.metrics / "drift.json").read_text())
    assert figures["kinds"]["inputs"]["verdict"] == "ok"


def test_a_second_time_nothing_is_added(context: Context) -> None:
    rows, report = _rows(context), (context.settings.drift / "report.html").stat().st_mtime_ns
    result = step.drift(context)
    assert result.kept
    assert _rows(context) == rows
    assert len(_tracked(context)) == 1
    assert (context.settings.drift / "report.html").stat().st_mtime_ns == report


def test_a_report_that_is_gone_is_made_again_under_the_same_verdict(context: Context) -> None:
    rows = _rows(context)
    shutil.rmtree(context.settings.drift)
    assert not step.drift(context).kept
    assert (context.settings.drift / "report.html").is_file()
    assert _rows(context) == rows
    assert len(_tracked(context)) == 1


def test_inputs_that_doubled_have_drifted_and_the_columns_are_named(context: Context) -> None:
    _write_history(context.settings, grown=2.0)
    result = step.drift(context)
    assert result.verdict == "drift"
    assert result.kinds["inputs"]["verdict"] == "drift"
    assert "total ordered_units" in result.kinds["inputs"]["drifted"]
    assert len(_rows(context)) == 8
    newest = next(row for row in _rows(context) if row.kind == "inputs")
    assert newest.verdict == "drift"
    assert len(_tracked(context)) == 2


def test_a_forecast_that_got_worse_has_drifted(context: Context) -> None:
    _write_errors(context.settings, recent=0.7)
    result = step.drift(context)
    assert result.kinds["forecast"]["verdict"] == "drift"
    assert result.kinds["forecast"]["statistic"] == pytest.approx(0.7)
    assert result.kinds["inputs"]["verdict"] == "ok"


def test_predictions_that_doubled_have_drifted_though_no_input_has(context: Context) -> None:
    _write_forecast(context.settings, grown=2.0)
    result = step.drift(context)
    assert result.kinds["predictions"]["verdict"] == "drift"
    assert result.kinds["predictions"]["drifted"] == ["forecast a day"]
    assert result.kinds["inputs"]["verdict"] == "ok"


def test_a_forecast_that_was_used_is_held_against_what_came(context: Context) -> None:
    import pandas as pd

    from pipelines.storage import open_database, repositories, writing

    daily = pd.read_parquet(context.settings.silver / "daily")
    first = daily["ds"].max() - pd.Timedelta(days=4)
    came = daily[daily["ds"] >= first]
    made = came[["unique_id", "ds"]].assign(
        **dict.fromkeys(("mean", "q10", "q50", "q90"), came["ordered_units"] * 3.0)
    )
    engine = open_database(context.settings.database_url)
    with writing(engine) as session:
        origin = first.to_pydatetime().replace(tzinfo=UTC)
        repositories.sync_forecast(session, made, origin, "takt-demand/1", origin)
    engine.dispose()
    result = step.drift(context)
    assert result.kinds["forecast"]["verdict"] == "drift"
    # Three times what came is an error of 2, beside the backtest's three windows of this month.
    assert result.kinds["forecast"]["statistic"] == pytest.approx(
        (0.4 + 0.41 + 0.39 + 2.0) / 4, 0.01
    )


def test_what_drifted_decides_that_a_model_is_fitted_anew_and_why(context: Context) -> None:
    until = _last_day(context).date().fromordinal(_last_day(context).toordinal() - 9)
    _champion(context, until.isoformat())
    assert step.drift(context).retrain == {}
    _write_history(context.settings, grown=2.0)
    result = step.drift(context)
    assert set(result.retrain) == {"demand"}
    assert result.retrain["demand"].startswith("inputs drifted: ")
    decided = _decisions(context)
    assert (decided["demand"].is_due, decided["demand"].done_at) == (True, None)
    assert decided["demand"].reason == result.retrain["demand"]
    assert set(decided) == {"demand"}
    newest = _tracked(context)[0]
    assert newest.data.tags["takt.retrain.demand"] == result.retrain["demand"]


def test_a_model_that_has_seen_the_drifted_days_is_not_fitted_again(context: Context) -> None:
    _champion(context, _last_day(context).date().isoformat())
    _write_history(context.settings, grown=2.0)
    result = step.drift(context)
    assert (result.verdict, result.retrain) == ("drift", {})
    assert "it has seen all but 0 days, fewer than 7" in _decisions(context)["demand"].reason


def test_an_old_model_is_fitted_anew_though_nothing_drifts(context: Context) -> None:
    _champion(context, "2020-01-01")
    result = step.drift(context)
    assert result.retrain["demand"].endswith("days ago, 28 at most")


def test_retraining_leaves_what_is_not_due_and_names_a_model_it_does_not_know(
    context: Context,
) -> None:
    from pipelines.retraining import RetrainingError, retrain

    found = {one.model: one for one in retrain(context).models}
    assert not found["demand"].fitted
    assert found["demand"].reason == "nothing is due"
    with pytest.raises(RetrainingError, match=r"expected one of demand.*found 'weather'"):
        retrain(context, "weather")


def test_a_plan_whose_days_have_passed_is_held_against_what_was_produced(
    context: Context,
) -> None:
    import pandas as pd

    from pipelines.publish import publish

    (context.settings.metrics / "plan.json").write_text("{}")
    publish(context)
    plant = json.loads(context.settings.plant_file.read_text())
    first = pd.Timestamp(plant["starts_at"]).tz_localize(None).normalize()
    folder = context.settings.silver / "daily"
    daily = pd.read_parquet(folder)
    idle = daily[daily["ds"] == daily["ds"].max()].copy()
    idle[[name for name in idle.columns if name.endswith("_units")]] = 0.0
    days = [idle.assign(ds=first + pd.Timedelta(days=day)) for day in range(3)]
    pd.concat([daily, *days]).to_parquet(folder / "part-0.parquet", index=False)
    result = step.drift(context)
    assert result.kinds["schedule"]["measure"] == "planned units produced"
    assert result.kinds["schedule"]["statistic"] == 0.0
    assert result.kinds["schedule"]["verdict"] == "drift"


def test_an_error_while_storing_leaves_neither_rows_nor_run(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise OSError("disk full")

    _write_history(context.settings, grown=2.0)
    with monkeypatch.context() as patch:
        patch.setattr(step, "_row", fail)
        with pytest.raises(OSError, match="disk full"):
            step.drift(context)
    assert len(_rows(context)) == 4
    assert len(_tracked(context)) == 1
    assert not step.drift(context).kept
    assert len(_rows(context)) == 8


def test_a_missing_column_is_named_with_its_folder(context: Context) -> None:
    import pandas as pd

    folder = context.settings.silver / "daily"
    pd.read_parquet(folder).drop(columns="issued_units").to_parquet(folder / "part-0.parquet")
    with pytest.raises(DriftError, match=r"daily: expected columns .* found no issued_units"):
        step.drift(context)
