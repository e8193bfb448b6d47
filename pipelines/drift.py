"""The drift step: whether inputs, predictions, errors or the schedule's adherence have moved.

What drifted decides which models are fitted anew: each decision is a row with its reason, which the
forecast step and `takt models retrain` follow.

A verdict belongs to what was compared: the same samples and parameters give the same verdict, whose
rows and report are kept, not doubled, however often the step runs. `DriftVerdict.version` is the
version that was published when the verdict was first reached.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.drift import (
    Comparison,
    Judgement,
    Kind,
    RetrainingDecision,
    compared,
    decide_retraining,
    judge_adherence,
    judge_forecast,
    judge_inputs,
    judge_predictions,
    worst,
)
from pipelines.context import Context
from pipelines.json_file import store_json
from pipelines.monitoring.retraining import model_ages, store_decisions
from pipelines.monitoring.samples import Measured, measure
from pipelines.stamp import is_current, store_stamp

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class DriftResult:
    """The verdict (the gravest of all kinds), what each rests on, and the report.

    `retrain` says of each model that is to be fitted anew why.
    """

    verdict: str
    kinds: dict[str, dict[str, Any]]
    inputs: str
    report: str
    retrain: dict[str, str] = field(default_factory=dict)
    kept: bool = False


def drift(context: Context) -> DriftResult:
    """Return the verdict, after storing its rows, its report and its figures.

    Raises
    ------
    DriftError
        Where a file that is compared is missing, or lacks a column.
    pipelines.storage.StorageError, pipelines.platform.tracking.TrackingError
        Where the database or MLflow cannot be used.
    """
    from pipelines.storage import open_database

    engine = open_database(context.settings.database_url)
    try:
        return _drift(context, engine)
    finally:
        engine.dispose()


def _drift(context: Context, engine: Engine) -> DriftResult:
    settings = context.settings
    measured = measure(context, engine)
    ages = model_ages(context, measured.last_day)
    digest = measured.digest(context, ages)
    outputs = [_report_file(context), settings.metrics / "drift.json"]
    stamp = settings.data / "stamps" / "drift.json"
    if is_current(stamp, digest, outputs) and _is_stored(engine, digest):
        result = DriftResult(**json.loads(outputs[1].read_text("utf-8")), kept=True)
        context.report(f"drift: {result.verdict}, what is compared is unchanged, kept")
        return result
    judgements = _judge(context, measured)
    params = context.params.drift
    decided = decide_retraining(
        judgements, ages, params.retrain_rest_days, params.retrain_after_days
    )
    due = {one.model: one.reason for one in decided if one.is_due}
    report = str(_report_file(context))
    result = DriftResult(worst(judgements), _kinds(judgements), digest, report, due)
    if not _is_stored(engine, digest):
        _store(context, engine, judgements, decided, digest)
    _write(outputs[1], result)
    store_stamp(stamp, digest, outputs)
    for one in judgements:
        context.report(f"{one.kind}: {one.verdict}, {one.reason}")
    for model, reason in due.items():
        context.report(f"{model} is to be fitted anew: {reason}")
    return result


def _judge(context: Context, measured: Measured) -> tuple[Judgement, ...]:
    """The verdicts; the report is written on the way."""
    from pipelines.monitoring.report import compare

    report = compare(compared(measured.samples))
    report.save(_report_file(context))
    columns: dict[Kind, tuple[Comparison, ...]] = report.columns
    params = context.params.drift
    errors = next(one for one in measured.samples if one.column == "forecast wape")
    return (
        judge_inputs(columns.get("inputs", ()), params.share),
        judge_predictions(columns.get("predictions", ()), params.max_shift),
        judge_forecast(
            columns.get("forecast", ()), errors.current, errors.reference, params.max_wape
        ),
        judge_adherence(columns.get("schedule", ()), measured.executed, measured.demonstrated),
    )


def _is_stored(engine: Engine, digest: str) -> bool:
    from pipelines.storage import reading
    from pipelines.storage.repositories import list_drift_verdicts

    with reading(engine) as session:
        return any(row.details.get("inputs") == digest for row in list_drift_verdicts(session))


def _store(
    context: Context,
    engine: Engine,
    judgements: Sequence[Judgement],
    decided: Sequence[RetrainingDecision],
    digest: str,
) -> None:
    """Keep the report in MLflow, a row a kind and one a decision in the database; or nothing at all."""
    from pipelines.platform.tracking import connect
    from pipelines.storage import writing
    from pipelines.storage.repositories import add_drift_verdict, latest_published

    tracking = connect(context.settings)
    run_id = ""
    try:
        with tracking.run("drift", {"takt.step": "drift", "takt.inputs": digest}) as run:
            run_id = run.id
            run.log_file(_report_file(context))
            run.log_text(json.dumps(_kinds(judgements), indent=2), "drift.json")
            run.log_tags({f"takt.drift.{one.kind}": one.verdict for one in judgements})
            run.log_tags({f"takt.retrain.{one.model}": one.reason for one in decided if one.is_due})
            with writing(engine) as session:
                version = latest_published(session)
                for one in judgements:
                    row = _row(context, one, digest, run_id)
                    add_drift_verdict(
                        session, replace(row, version=version.number if version else None)
                    )
                store_decisions(session, decided, digest, context.clock())
    except BaseException:
        if run_id:
            tracking.client.delete_run(run_id)
        raise


def _row(context: Context, one: Judgement, digest: str, run_id: str) -> Any:
    from pipelines.storage.repositories import DriftVerdict

    return DriftVerdict(
        at=context.clock(),
        kind=one.kind,
        verdict=one.verdict,
        statistic=one.statistic,
        threshold=one.threshold,
        details={"inputs": digest, **_kinds([one])[one.kind]},
        mlflow_run_id=run_id,
    )


def _kinds(judgements: Sequence[Judgement]) -> dict[str, dict[str, Any]]:
    return {
        one.kind: {
            "verdict": one.verdict,
            "measure": one.measure,
            "statistic": one.statistic,
            "threshold": one.threshold,
            "reason": one.reason,
            "drifted": list(one.drifted_columns),
            "columns": [asdict(column) for column in one.columns],
        }
        for one in judgements
    }


def _report_file(context: Context) -> Path:
    return context.settings.drift / "report.html"


def _write(path: Path, result: DriftResult) -> None:
    store_json(path, {name: value for name, value in asdict(result).items() if name != "kept"})
