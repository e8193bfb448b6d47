from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.context import Context
from pipelines.forecast import ForecastError, ForecastResult, forecast
from pipelines.params import Params, load_params
from pipelines.settings import REPOSITORY, Settings
from plant import Item, Order, Plant
from plant.io import load_plant, save_plant

DAYS = 112
CHEAP = ["seasonal_naive:7", "seasonal_mean:7", "theta:7", "trees:level"]
START = datetime(2023, 7, 1, tzinfo=UTC)


@dataclass
class Floor:
    """A data folder with a small history and plant, and what the step said."""

    data: Path
    said: list[str] = field(default_factory=list)
    results: list[ForecastResult] = field(default_factory=list)

    def context(self, **changes: object) -> Context:
        params = load_params(REPOSITORY / "params.yaml")
        small = {"backtest_windows": 4, "members": CHEAP, "horizon_days": 7, **changes}
        document = params.model_dump()
        document["forecast"].update(small)
        document["recipe"]["horizon_days"] = small["horizon_days"]
        return Context(
            Settings(data=self.data),
            Params.model_validate(document),
            lambda: START,
            self.said.append,
        )

    def forecast(self, **changes: object) -> ForecastResult:
        self.said.clear()
        self.results.append(forecast(self.context(**changes)))
        return self.results[-1]


def _history(seed: int, products: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    days = pd.date_range(end="2023-06-30", periods=DAYS)
    week = np.array([8.0, 9, 10, 12, 0, 4, 14])[days.dayofweek]
    values = week[:, None] * np.array([3.0, 10, 40, 0])[:products]
    values = values * rng.gamma(20.0, 1 / 20, values.shape)
    names = [f"P{number}" for number in range(products)]
    wide = pd.DataFrame(values, index=days, columns=names)
    return wide.rename_axis("ds").reset_index().melt("ds", names, "unique_id", "ordered_units")


def _write(data: Path, history: pd.DataFrame) -> None:
    (data / "silver" / "daily").mkdir(parents=True, exist_ok=True)
    history.to_parquet(data / "silver" / "daily" / "part-0.parquet")


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Floor:
    data = tmp_path_factory.mktemp("forecast")
    _write(data, _history(1))
    items = tuple(Item(f"P{number}", "f", shortage_cost=2.0) for number in range(4))
    firm = (Order("F-1", "P1", 150.0, 3000, 4.0), Order("F-2", "P2", 10.0, 8000, 6.0))
    save_plant(Plant("BDT", START, 7 * 1440, (), items, orders=firm), data / "master.json")
    made = Floor(data)
    made.forecast()
    return made


@pytest.mark.integration
def test_the_first_model_is_champion_and_its_forecast_is_stored(floor: Floor) -> None:
    from pipelines.platform.tracking import connect
    from pipelines.storage import open_database, reading, repositories

    result, settings = floor.results[0], floor.context().settings
    assert (result.version, result.verdict, result.kept) == (1, "first", False)
    table = pd.read_parquet(settings.forecast_file)
    assert list(table.columns) == ["unique_id", "ds", "mean", "q10", "q50", "q90"]
    assert len(table) == result.days * result.products == 28
    assert table["ds"].min() == pd.Timestamp("2023-07-01")
    engine = open_database(settings.database_url)
    with reading(engine) as session:
        stored = repositories.load_forecast(session)
        plant = repositories.load_plant(session, "snapshot")
    engine.dispose()
    assert set(stored["model"]) == {"takt-demand/1"}
    assert stored["mean"].sum() == pytest.approx(result.units)
    assert plant == load_plant(settings.plant_file)
    tracking = connect(settings)
    assert _version(floor, "champion") == _version(floor, "challenger") == 1
    logged = tracking.client.get_run(result.mlflow_run_id)
    assert logged.data.metrics["wape/ensemble/all"] == logged.data.metrics["wape"] == result.wape
    assert "wape/ensemble/regular" in logged.data.metrics
    assert logged.data.params["data_sha256"] == result.data_digest
    plots = {item.path for item in tracking.client.list_artifacts(result.mlflow_run_id, "plots")}
    assert plots == {"plots/error.png", "plots/forecast.png", "plots/reliability.png"}


@pytest.mark.integration
def test_the_snapshot_holds_the_demand_once(floor: Floor) -> None:
    result, settings = floor.results[0], floor.context().settings
    orders = load_plant(settings.plant_file).orders
    firm = sum(order.quantity for order in orders if order.source == "firm")
    expected = sum(order.quantity for order in orders if order.source == "forecast")
    assert firm == 160.0
    assert expected == result.ordered_units > 0
    assert firm + expected + 4 > firm + result.units - result.consumed_units >= firm + expected
    assert {o.weight for o in orders if o.item == "P1" and o.source == "forecast"} == {2.0}


@pytest.mark.integration
def test_the_figures_for_dvc_are_the_results(floor: Floor) -> None:
    result, settings = floor.results[0], floor.context().settings
    figures = json.loads((settings.metrics / "forecast.json").read_text())
    assert figures["wape"] == result.wape
    assert figures["ordered_units"] == result.ordered_units
    errors = pd.read_csv(settings.metrics / "forecast_error.csv")
    assert list(errors.columns) == ["origin", "forecaster", "wape", "bias"]
    assert len(errors) == 4 * (len(CHEAP) + 1)


@pytest.mark.integration
def test_a_second_time_everything_is_kept(floor: Floor) -> None:
    files = [path for path in floor.data.rglob("*") if path.is_file() and ".db" not in path.name]
    before = {path: path.read_bytes() for path in files}
    result = floor.forecast()
    assert result == replace(floor.results[0], kept=True)
    assert floor.said[0] == "forecast: unchanged, kept (takt-demand version 1)"
    assert {path: path.read_bytes() for path in files} == before


@pytest.mark.integration
def test_another_snapshot_needs_no_new_model(floor: Floor) -> None:
    orders = floor.results[0].forecast_orders
    snapshot = {**floor.context().params.forecast.snapshot.model_dump(), "bucket_days": 7}
    result = floor.forecast(snapshot=snapshot)
    assert result.kept
    assert result.forecast_orders < orders
    floor.forecast()


@pytest.mark.integration
def test_a_challenger_that_is_no_better_leaves_the_champion_where_it_is(floor: Floor) -> None:
    before = _version(floor, "champion")
    result = floor.forecast(max_bias=0.26)
    assert result.verdict == "kept"
    assert result.p_value is not None
    assert result.reason.startswith(f"the challenger against version {before}: neither")
    assert _version(floor, "champion") == result.version == before
    assert _version(floor, "challenger") == result.challenger > result.version
    assert "fitting a challenger: the parameters or the code are others than at the last fit" in (
        floor.said
    )


def _version(floor: Floor, alias: str) -> int | None:
    from pipelines.platform.tracking import connect

    found = connect(floor.context().settings).find("takt-demand", alias)  # type: ignore[arg-type]
    return found.version if found else None


@pytest.mark.integration
def test_a_challenger_that_wins_takes_the_alias(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.forecasting import contest

    real: Callable[..., np.ndarray] = contest.replay
    monkeypatch.setattr(contest, "replay", lambda *given: real(*given) * 3 + 50)
    result = floor.forecast(max_bias=0.27)
    assert result.verdict == "better"
    assert result.p_value is not None
    assert result.p_value <= 0.1
    assert _version(floor, "champion") == result.version == result.challenger
    backtest = pd.read_parquet(floor.context().settings.backtest_file)
    assert backtest.groupby("origin").size().tolist() == [28, 28, 28, 28]


@pytest.mark.integration
def test_a_longer_history_alone_is_forecast_by_the_champion_and_fits_nothing(floor: Floor) -> None:
    before = floor.results[-1]
    longer = _history(1)
    longer.loc[longer["ds"] >= "2023-06-24", "ordered_units"] *= 1.5
    _write(floor.data, longer)
    result = floor.forecast(max_bias=0.27)
    assert (result.verdict, result.kept) == ("champion used", False)
    assert (result.version, result.challenger) == (before.version, before.challenger)
    assert result.data_digest != before.data_digest
    assert (result.wape, result.scores) == (before.wape, before.scores)
    assert result.units != before.units
    assert floor.forecast(max_bias=0.27) == replace(result, kept=True)
    _write(floor.data, _history(1))


@pytest.mark.integration
def test_a_roll_back_is_forecast_with_and_held_against_the_next_challenger(floor: Floor) -> None:
    from pipelines.registry import open_registry

    registry = open_registry(floor.context())
    rolled = registry.roll_back("demand", "planners disagree")
    result = floor.forecast(max_bias=0.27)
    assert (result.verdict, result.version) == ("champion used", rolled.version)
    assert floor.forecast(max_bias=0.28).version == rolled.version
    registry.release("demand")


@pytest.mark.integration
def test_what_drift_decided_is_fitted_once(floor: Floor) -> None:
    from pipelines.storage import open_database, reading, writing
    from pipelines.storage.repositories.retrainings import (
        Retraining,
        add_retraining,
        list_retrainings,
    )

    versions = _version(floor, "challenger")
    engine = open_database(floor.context().settings.database_url)
    with writing(engine) as session:
        add_retraining(session, Retraining(START, "demand", True, "inputs drifted", "digest"))
    result = floor.forecast(max_bias=0.28)
    assert "fitting a challenger: drift, 2023-07-01: inputs drifted" in floor.said
    assert result.challenger == _version(floor, "challenger") == (versions or 0) + 1
    with reading(engine) as session:
        (followed,) = list_retrainings(session, "demand")
    engine.dispose()
    assert followed.done_at == START
    assert followed.outcome == f"{result.verdict}: {result.reason}"
    assert floor.forecast(max_bias=0.28).challenger == result.challenger


@pytest.mark.integration
def test_the_registered_model_answers_through_mlflow(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", floor.context().settings.mlflow_tracking_uri)
    model = mlflow.pyfunc.load_model("models:/takt-demand/1")
    history = _history(1).rename(
        columns={"unique_id": "series", "ds": "time", "ordered_units": "value"}
    )
    answer = model.predict(history, params={"horizon": 7})
    assert answer["mean"].sum() == pytest.approx(floor.results[0].units, abs=0.01)
    assert len(model.predict(history, params={"horizon": 3})) == 12


@pytest.mark.integration
def test_a_search_within_a_budget_finds_a_recipe_no_worse_and_is_taken_up_again(
    floor: Floor,
) -> None:
    small = {"search_seconds": 1.0, "max_bias": 0.2}
    result = floor.forecast(**small)
    told = [line for line in floor.said if line.startswith(("recipe ", "best recipe"))]
    rules = "(good_enough 1.12, shrinkage 0.5, most_bias 0.2, seasonal_mean:7 in, "
    assert told[0].endswith(rules + "theta:7 in, trees:level in)")
    losses = [float(line.split("loss ")[1].split()[0]) for line in told]
    assert losses[-1] == min(losses[:-1]) <= losses[0]
    assert (floor.data / "studies.db").is_file()
    again = floor.forecast(**{**small, "max_bias": 0.21})
    assert again.challenger == result.challenger + 1
    (told_again,) = [line for line in floor.said if line.startswith("best recipe of")]
    tried_before = len(losses) - 1
    assert int(told_again.split()[3]) > tried_before


@pytest.mark.integration
def test_other_products_than_the_champions_are_forecast_by_a_new_champion(floor: Floor) -> None:
    _write(floor.data, _history(1, products=3))
    result = floor.forecast()
    assert result.verdict == "other data"
    assert any(
        "expected the 3 series of this history, found 4 others" in line for line in floor.said
    )
    assert _version(floor, "champion") == result.version
    _write(floor.data, _history(1))


@pytest.mark.integration
def test_a_champion_whose_files_were_changed_stops_the_step(floor: Floor) -> None:
    from pipelines.platform.tracking import DigestError, connect

    tracking = connect(floor.context().settings)
    champion = tracking.find("takt-demand", "champion")
    assert champion is not None
    file = tracking.load(champion) / "forecaster.json"
    kept = file.read_text()
    file.write_text(kept.replace('"rmsse"', '"wape"'))
    with pytest.raises(DigestError, match=r"takt-demand version \d+: expected"):
        floor.forecast(max_bias=0.29)
    file.write_text(kept)


def test_without_master_data_the_step_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ForecastError, match=r"master\.json: not there, run `takt ingest` first"):
        forecast(Floor(tmp_path).context())
