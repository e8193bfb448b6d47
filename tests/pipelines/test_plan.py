"""The plan step: rule, draft and refinement side by side, the cheapest kept, and kept when unchanged."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from envs.scenarios import generate
from pipelines.context import Context
from pipelines.params import load_params
from pipelines.plan import PlanError, plan
from pipelines.plan_base import rebased
from pipelines.publish import PLANT_NAME
from pipelines.settings import REPOSITORY, Settings
from plant import Plant, Run, Schedule, evaluate
from plant.io import load_schedule, save_plant

PLANT = generate(3, 8, 16, 5, 0.9, 7)
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def test_a_plan_without_a_plant_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"plant\.json: not there, run `takt forecast` first"):
        plan(context_at(tmp_path))


def test_a_published_schedule_is_read_in_the_new_plants_minutes() -> None:
    line, item = PLANT.lines[0].id, PLANT.items[0].id
    runs = (
        Run("past", line, item, 0, 100, 1.0),
        Run("going on", line, item, 100, 300, 1.0),
        Run("to come", line, item, 300, 400, 1.0, "all"),
        Run("elsewhere", "gone", item, 300, 400, 1.0),
    )
    assert rebased(Schedule(runs), 200, PLANT).runs == (
        Run("to come", line, item, 100, 200, 1.0, "all"),
    )


def context_at(data: Path, **changes: object) -> Context:
    params = load_params(REPOSITORY / "params.yaml")
    short = params.plan.model_copy(update={"seconds": 2.0, "workers": 1, **changes})
    lines: list[str] = []
    return Context(
        Settings(data=data), params.model_copy(update={"plan": short}), lambda: NOW, lines.append
    )


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Context:
    context = context_at(tmp_path_factory.mktemp("plan"))
    prepare(context, PLANT)
    plan(context)
    return context


def prepare(context: Context, plant: Plant) -> None:
    from models.policy.files import load_policy, save_policy

    save_plant(plant, context.settings.plant_file)
    save_policy(load_policy(), context.settings.policy)


def stored(context: Context) -> dict[str, object]:
    document: dict[str, object] = json.loads((context.settings.metrics / "plan.json").read_text())
    return document


@pytest.mark.integration
def test_what_is_stored_is_feasible_and_costs_what_is_said(planned: Context) -> None:
    settings, found = planned.settings, stored(planned)
    weights = planned.params.weights.for_plant()
    for file, name in ((settings.schedule_file, "planned"), (settings.rule_schedule_file, "rule")):
        verdict = evaluate(PLANT, load_schedule(file), weights=weights)
        assert verdict.feasible
        assert verdict.cost.total == pytest.approx(found["costs"][name]["total"], abs=0.01)  # type: ignore[index]
    costs = found["costs"]
    assert found["total"] == min(costs[name]["total"] for name in costs)  # type: ignore[index,attr-defined]
    assert 0 < found["bound"] <= found["total"]  # type: ignore[operator]
    assert 0 <= found["gap"] < 1  # type: ignore[operator]


@pytest.mark.integration
def test_a_second_time_nothing_changes_and_a_changed_parameter_plans_anew(planned: Context) -> None:
    before = planned.settings.schedule_file.stat().st_mtime_ns
    again = plan(planned)
    assert again.kept
    assert planned.settings.schedule_file.stat().st_mtime_ns == before
    other = replace(
        planned,
        params=planned.params.model_copy(
            update={"plan": planned.params.plan.model_copy(update={"seconds": 1.0})}
        ),
    )
    assert not plan(other).kept


@pytest.mark.integration
def test_the_plots_data_add_up_to_the_costs(planned: Context) -> None:
    found = stored(planned)
    with (planned.settings.metrics / "plan_cost.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    of_rule = sum(float(row["cost"]) for row in rows if row["schedule"] == "rule")
    assert of_rule == pytest.approx(found["rule"], abs=0.1)
    with (planned.settings.metrics / "plan_trajectory.csv").open() as stream:
        assert [row for row in csv.DictReader(stream) if row["part"] == "search"]


@pytest.mark.integration
def test_frozen_runs_of_the_published_version_stay(tmp_path: Path) -> None:
    from pipelines.storage import open_database, writing
    from pipelines.storage.repositories import Publication, publish_version

    context = context_at(tmp_path)
    prepare(context, PLANT)
    first = plan(context)
    schedule = load_schedule(context.settings.schedule_file)
    weights, zones = context.params.weights.for_plant(), context.params.zones.for_plant()
    publication = Publication(
        plant=PLANT,
        schedule=schedule,
        evaluation=evaluate(PLANT, schedule, weights=weights, zones=zones),
        method=first.method,
        plant_name=PLANT_NAME,
        weights=weights,
        zones=zones,
    )
    engine = open_database(context.settings.database_url)
    with writing(engine) as session:
        publish_version(session, publication, NOW)
    engine.dispose()
    busier = replace(PLANT, orders=PLANT.orders[:-3])
    save_plant(busier, context.settings.plant_file)
    second = plan(context)
    assert second.base == 1
    now = load_schedule(context.settings.schedule_file)
    frozen = {run for run in schedule.runs if run.start < zones.frozen}
    assert frozen
    assert frozen <= set(now.runs)
    assert evaluate(busier, now, schedule, weights, zones).feasible


@pytest.mark.integration
def test_a_base_that_the_plant_can_no_longer_keep_is_not_followed_and_that_is_said(
    tmp_path: Path,
) -> None:
    from pipelines.storage import open_database, writing
    from pipelines.storage.repositories import Publication, publish_version

    context = context_at(tmp_path)
    prepare(context, PLANT)
    first = plan(context)
    schedule = load_schedule(context.settings.schedule_file)
    engine = open_database(context.settings.database_url)
    with writing(engine) as session:
        publish_version(
            session,
            Publication(
                plant=PLANT,
                schedule=schedule,
                evaluation=evaluate(PLANT, schedule),
                method=first.method,
                plant_name=PLANT_NAME,
                weights=context.params.weights.for_plant(),
                zones=context.params.zones.for_plant(),
            ),
            NOW,
        )
    engine.dispose()
    down = replace(PLANT, lines=tuple(replace(line, available_from=1500) for line in PLANT.lines))
    save_plant(down, context.settings.plant_file)
    second = plan(context)
    assert second.base is None
    assert "version 1 is not followed" in second.notes[0]
    assert evaluate(down, load_schedule(context.settings.schedule_file)).feasible
