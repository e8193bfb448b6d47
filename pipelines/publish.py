"""The publish step: an immutable version in the database, and the same in MLflow.

Order: the schedule is judged anew; a pending MLflow run takes the artefacts; one database
transaction makes the version, which names that run; the run is marked with the version's number.
The transaction is the moment of publication. Cut short before it, a run that no version names is
left, and removed: at once on an error, by a later publication after a kill. Cut short after it,
only the mark is missing, and the next publication sets it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.context import Context
from pipelines.plan_base import PLANT_NAME
from pipelines.publication import Planned, load_planned
from plant import Evaluation

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipelines.platform.tracking import TrackedRun, Tracking

STEP_TAG, STATE_TAG, VERSION_TAG = "takt.step", "takt.state", "takt.version"
# Publishing takes seconds; what is pending for this long, nobody works on any more.
ABANDONED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PublishResult:
    """A published version, and where it is to be found."""

    version: int
    plant: str
    method: str
    schedule_digest: str
    runs: int
    total_cost: float
    cost: dict[str, float]
    kpis: dict[str, float]
    bound: float | None
    gap: float | None
    base: int | None
    published_at: str
    database: str
    mlflow_uri: str
    mlflow_run_id: str
    schedule_file: str
    gantt_file: str


def publish(context: Context) -> PublishResult:
    """Return the new version of the planned schedule; written to `published.json` too.

    Raises
    ------
    PublishError
        Where a file of the plan step is not there.
    pipelines.storage.repositories.NotFeasibleError
        Where the schedule breaks a rule; the message names the first.
    pipelines.storage.StorageError, pipelines.platform.tracking.TrackingError
        Where the database or MLflow cannot be used.
    """
    from pipelines.platform.tracking import connect
    from pipelines.storage import open_database

    plan = load_planned(context.settings, context.params)
    _refuse_infeasible(plan)
    tracking = connect(context.settings)
    engine = open_database(context.settings.database_url)
    try:
        tidy(tracking, engine, context.clock())
        number, run_id, at = _publish(context, tracking, engine, plan)
    finally:
        engine.dispose()
    result = _result(context, plan, number, run_id, at)
    _write(context, plan, result)
    context.report(
        f"version {number}: {result.runs} runs, cost {result.total_cost:,.0f} "
        f"{plan.plant.currency}, {result.kpis['on_time_in_full']:.1%} of orders on time in full"
    )
    return result


def _refuse_infeasible(planned: Planned) -> None:
    from pipelines.storage.repositories import NotFeasibleError

    broken = planned.evaluation.violations
    if broken:
        raise NotFeasibleError(
            f"{planned.settings.schedule_file}: only a feasible schedule is published; this one "
            f"breaks {len(broken)} rules, first: {broken[0].message}; run the plan step again"
        )


def _publish(
    context: Context, tracking: Tracking, engine: Engine, plan: Planned
) -> tuple[int, str, datetime]:
    """The number of the version, its MLflow run and when it was published."""
    return tracked(
        tracking,
        plan,
        context.params.weights.model_dump(),
        context.clock,
        lambda run_id, at: _store(context, engine, plan, run_id, at),
    )


def tracked(
    tracking: Tracking,
    plan: Planned,
    weights: Mapping[str, float],
    clock: Callable[[], datetime],
    store: Callable[[str, datetime], int],
) -> tuple[int, str, datetime]:
    """The number of the version that `store` makes, the MLflow run that it names, and the instant.

    The run is there before `store` is called with its id; where `store` raises, the run is removed.
    """
    number = None
    run_id = ""
    try:
        with tracking.run("publish", {STEP_TAG: "publish", STATE_TAG: "pending"}) as run:
            run_id = run.id
            _log(run, plan, weights)
            at = clock()
            number = store(run.id, at)
            run.log_tags({VERSION_TAG: str(number), STATE_TAG: "published"})
    except BaseException:
        if run_id and number is None:
            tracking.client.delete_run(run_id)
        raise
    return number, run_id, at


def _store(context: Context, engine: Engine, plan: Planned, run_id: str, at: datetime) -> int:
    from pipelines.storage import writing
    from pipelines.storage.repositories import Publication, publish_version

    publication = Publication(
        plant=plan.plant,
        schedule=plan.schedule,
        evaluation=plan.evaluation,
        method=plan.figures.method,
        plant_name=PLANT_NAME,
        weights=context.params.weights.for_plant(),
        zones=context.params.zones.for_plant(),
        bound=plan.figures.bound,
        base=plan.figures.base,
        mlflow_run_id=run_id,
        author=context.params.publish.author,
    )
    with writing(engine) as session:
        return publish_version(session, publication, at)


def tidy(tracking: Tracking, engine: Engine, now: datetime) -> None:
    """Finish or remove the MLflow runs of publications that were cut short."""
    from pipelines.storage import reading
    from pipelines.storage.repositories import list_versions

    pending = tracking.client.search_runs(
        [tracking.experiment_id],
        f"tags.`{STEP_TAG}` = 'publish' AND tags.`{STATE_TAG}` = 'pending'",
    )
    if not pending:
        return
    with reading(engine) as session:
        numbers = {meta.mlflow_run_id: meta.number for meta in list_versions(session)}
    for run in pending:
        id = run.info.run_id
        age = now - datetime.fromtimestamp(run.info.start_time / 1000, now.tzinfo)
        if id in numbers:
            tracking.client.set_tag(id, VERSION_TAG, str(numbers[id]))
            tracking.client.set_tag(id, STATE_TAG, "published")
            tracking.client.set_terminated(id, "FINISHED")
        elif age >= ABANDONED:
            tracking.client.delete_run(id)


def _log(run: TrackedRun, plan: Planned, weights: Mapping[str, float]) -> None:
    from pipelines.show_html import gantt_html
    from plant.io import plant_to_json, schedule_to_json

    run.log_params({f"weight.{name}": value for name, value in weights.items()})
    run.log_params({"method": plan.figures.method})
    if plan.figures.policy:
        run.log_params({"policy": plan.figures.policy})
    run.log_metrics({f"cost.{name}": value for name, value in asdict(plan.evaluation.cost).items()})
    run.log_metrics({f"kpi.{name}": value for name, value in asdict(plan.evaluation.kpis).items()})
    run.log_text(plant_to_json(plan.plant), "plant.json")
    run.log_text(schedule_to_json(plan.schedule), "schedule.json")
    run.log_text(json.dumps(_figures(plan), indent=2), "kpis.json")
    run.log_text(_pegging_csv(plan.evaluation), "pegging.csv")
    run.log_text(gantt_html(plan.plant, plan.schedule, plan.evaluation), "schedule.html")


def _figures(plan: Planned) -> dict[str, Any]:
    return {
        "cost": asdict(plan.evaluation.cost),
        "kpis": asdict(plan.evaluation.kpis),
        "bound": plan.figures.bound,
        "gap": plan.figures.gap,
    }


def _pegging_csv(evaluation: Evaluation) -> str:
    import csv
    import io

    text = io.StringIO()
    names = ["consumer", "consumer_id", "supplier", "supplier_id", "item", "quantity", "at"]
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(asdict(peg) for peg in evaluation.pegging.pegs)
    return text.getvalue()


def _result(
    context: Context, plan: Planned, number: int, run_id: str, at: datetime
) -> PublishResult:
    from sqlalchemy import make_url

    from pipelines.storage.repositories.versions import schedule_digest

    settings = context.settings
    figures: dict[str, Any] = _figures(plan)
    return PublishResult(
        version=number,
        plant=PLANT_NAME,
        method=plan.figures.method,
        schedule_digest=schedule_digest(plan.schedule),
        runs=len(plan.schedule.runs),
        total_cost=plan.evaluation.cost.total,
        cost=figures["cost"],
        kpis=figures["kpis"],
        bound=plan.figures.bound,
        gap=plan.figures.gap,
        base=plan.figures.base,
        published_at=at.isoformat(),
        database=make_url(settings.database_url).render_as_string(hide_password=True),
        mlflow_uri=_hidden(settings.mlflow_tracking_uri),
        mlflow_run_id=run_id,
        schedule_file=str(settings.schedule_file),
        gantt_file=str(gantt_file(context)),
    )


def gantt_file(context: Context) -> Path:
    """Return where the published schedule's picture is kept."""
    return context.settings.data / "schedule.html"


def _hidden(address: str) -> str:
    """The address without a password in it."""
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    if parts.password is None:
        return address
    return address.replace(f":{parts.password}@", ":***@")


def _write(context: Context, plan: Planned, result: PublishResult) -> None:
    from pipelines.show_html import save_gantt
    from plant.io.atomic import write_whole

    title = f"Takt schedule, version {result.version}"
    save_gantt(gantt_file(context), plan.plant, plan.schedule, plan.evaluation, title)
    document = json.dumps(asdict(result), indent=2, ensure_ascii=False) + "\n"
    write_whole(context.settings.published_file, document.encode())
