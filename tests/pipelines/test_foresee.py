"""The foresee step on a simulated history: scored, stored beside the version, and kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from envs.fmcg import Recipe, build_master
from envs.history import simulate_history
from pipelines.context import Context
from pipelines.foresee import ForeseeError, foresee
from pipelines.output.lateness.champion import MODEL
from pipelines.output.rates.measured import with_measured_rates
from pipelines.params import load_params
from pipelines.registry import open_registry
from pipelines.settings import Settings
from pipelines.snapshot import take_snapshot
from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories import Publication, publish_version
from pipelines.storage.repositories.outlooks import load_order_risks, load_stock_risks
from plant import Schedule, evaluate
from plant.io import save_plant, save_schedule

NOW = datetime(2023, 7, 1, tzinfo=UTC)


def _context(data: Path) -> Context:
    told: list[str] = []
    settings = Settings(data=data)
    return Context(settings, load_params(settings.params_file), lambda: NOW, told.append)


def test_nothing_is_foreseen_before_anything_is_published(tmp_path: Path) -> None:
    context = _context(tmp_path)
    history = simulate_history(np.random.default_rng(1))
    _prepare(context, history.daily.iloc[:0], publish=False, master=_master())
    with pytest.raises(ForeseeError, match="run `takt publish` first"):
        foresee(context)


def _master():  # type: ignore[no-untyped-def]
    history = simulate_history(np.random.default_rng(1))
    recipe = Recipe(horizon_days=7)
    return build_master(history.daily, history.product, history.product_plant, recipe, 1)


def _prepare(context: Context, daily: pd.DataFrame, publish: bool, master) -> None:  # type: ignore[no-untyped-def]
    settings, params = context.settings, context.params
    days = pd.date_range(master.starts_at.date(), periods=7)
    products = sorted({order.item for order in master.orders})
    forecast = pd.DataFrame(
        [(item, day, 10.0, 2.0, 9.0, 20.0) for item in products for day in days],
        columns=["unique_id", "ds", "mean", "q10", "q50", "q90"],
    )
    settings.forecast_file.parent.mkdir(parents=True)
    forecast.to_parquet(settings.forecast_file)
    (settings.silver / "daily").mkdir(parents=True)
    daily.to_parquet(settings.silver / "daily" / "part.parquet")
    plant = take_snapshot(master, forecast, params.forecast.snapshot).plant
    save_plant(plant, settings.plant_file)
    save_schedule(Schedule(), settings.schedule_file)
    if not publish:
        return
    engine = open_database(settings.database_url)
    publication = Publication(
        plant=plant,
        schedule=Schedule(),
        evaluation=evaluate(plant, Schedule()),
        method="rule",
        plant_name="x",
        weights=params.weights.for_plant(),
        zones=params.zones.for_plant(),
    )
    with writing(engine) as session:
        number = publish_version(session, publication, NOW)
    engine.dispose()
    settings.published_file.write_text(json.dumps({"version": number}))


@pytest.mark.integration
def test_a_published_version_is_scored_stored_and_the_model_kept(tmp_path: Path) -> None:
    context = _context(tmp_path)
    daily = simulate_history(np.random.default_rng(1)).daily
    master = _master()
    _prepare(context, daily, publish=True, master=master)
    first = foresee(context)
    assert first.model == "takt-late-risk/1"
    assert first.scores["brier"] < first.scores["constant"]
    engine = open_database(context.settings.database_url)
    with reading(engine) as session:
        orders = load_order_risks(session, first.version)
        stocks = load_stock_risks(session, first.version)
    engine.dispose()
    firm = {one.id for one in master.orders}
    assert firm <= {one.order for one in orders}
    scored = [one for one in orders if one.model == first.model]
    assert {one.order for one in scored} == firm
    assert all(one.reasons and one.replayed is not None for one in scored)
    assert {one.model for one in orders} == {first.model, "replay"}
    # Nothing is made: what stock does not cover is late for certain.
    assert any(one.replayed == 1.0 for one in orders)
    assert len(stocks) == 7 * len(master.items)
    again = foresee(context)
    assert (again.model, again.scores) == (first.model, first.scores)
    assert again.items_at_risk == first.items_at_risk
    kept = json.loads((context.settings.data / "foresee" / "late_risk.json").read_text("utf-8"))
    assert kept == {"model": first.model, "scores": first.scores}


@pytest.mark.integration
@pytest.mark.slow
def test_a_challenger_meets_the_champion_when_orders_are_new_and_can_be_taken_back(
    tmp_path: Path,
) -> None:
    context = _context(tmp_path)
    daily = simulate_history(np.random.default_rng(1)).daily
    days = pd.to_datetime(daily["ds"])
    _prepare(context, daily[days <= days.max() - pd.Timedelta(days=30)], True, _master())
    registry = open_registry(context)
    assert foresee(context).model == "takt-late-risk/1"
    daily.to_parquet(context.settings.silver / "daily" / "part.parquet")
    foresee(context)
    newest = registry.versions(MODEL)[0]
    assert newest.version == 2
    # The challenger met the champion on looks at orders, whatever came of it.
    assert newest.tags["takt.verdict"] not in ("first", "other data")
    assert newest.tags["takt.met_champion"] == "1"
    assert "gain" in newest.tags["takt.reason"]
    if newest.tags["takt.promoted"] == "false":
        registry.promote(MODEL, 2, "to try the way back")
    registry.roll_back(MODEL, "says too much")
    taken_back = foresee(context)
    assert taken_back.model == "takt-late-risk/1"
    assert len(registry.versions(MODEL)) == 2


def test_a_plant_whose_lines_counted_nothing_keeps_its_master_data(tmp_path: Path) -> None:
    context, master = _context(tmp_path), _master()
    assert with_measured_rates(context, master) == master
    rows = json.loads(context.settings.forecast_file.with_name("rates.json").read_text("utf-8"))
    assert len(rows) == len(master.capabilities)
    assert {(row["source"], row["reason"]) for row in rows} == {
        ("master", "no line has counted anything yet")
    }
