"""The champion of late risk: kept while it knows enough, challenged where orders or the recipe are new."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path

import pandas as pd

from models import late_risk
from models.contest import Decision, first
from models.late_risk import LateRiskError, LateRiskModel, answer, load, refreshed, save
from pipelines.context import Context
from pipelines.output.lateness.ages import order_cases
from pipelines.output.lateness.contest import Champion, can_judge, meet, unseen
from pipelines.output.lateness.orders import LateRiskFit, fit_late_risk, late_risk_config
from pipelines.platform.tracking import ModelVersion
from pipelines.registry import Fit, Registry
from pipelines.registry.challenges import (
    challenge,
    is_due,
    knows_half,
    recipe_of,
    rules_of,
    store_recipe,
)
from pipelines.stamp import digest_of

MODEL = "late-risk"
TRIED_FILE = "tried.parquet"  # looks at orders, and what was said of them beforehand
EXAMPLE_ROWS = 20


@dataclass(frozen=True, slots=True)
class ScoringModel:
    """The model that scores orders, as it is called, and its scores on orders later than its own.

    model is None where there is none; its name says why then.
    """

    model: LateRiskModel | None
    name: str
    scores: dict[str, float]


def scoring_model(context: Context, registry: Registry, daily: pd.DataFrame) -> ScoringModel:
    """Return the champion with all that is known of the history's orders, after a contest if one is due.

    A challenger is fitted where there is no champion, where enough orders have ended since the newest
    version's history, or where the recipe (code, promises, seed) is another than the newest version's.

    Raises
    ------
    pipelines.platform.tracking.TrackingError
        Where MLflow does not answer, or the champion's files are not those that were registered.
    """
    quantile, seed = context.params.recipe.lead_quantile, context.params.seed
    cases = order_cases(daily, quantile, seed)
    recipe = digest_of(_code(), str(quantile), seed)
    champion, why_none = registry.champion(MODEL), ""
    if champion is None or _is_due(registry, cases, recipe):
        try:
            found = fit_late_risk(daily, quantile, seed, report=context.report)
            champion = _challenge(context, registry, daily, cases, found, recipe)
        except LateRiskError as error:
            context.report(f"late risk: {error}")
            why_none = f"none: {error}"
    if champion is None:
        return ScoringModel(None, why_none, {})
    folder = registry.load_champion(MODEL)
    name = f"{champion.name}/{champion.version}"
    try:
        model = load(folder)
    except LateRiskError as error:  # held, and written by another format
        context.report(f"late risk: {name} scores nobody: {error}")
        return ScoringModel(None, f"none: {name}: {error}", {})
    return ScoringModel(refreshed(model, cases), name, recipe_of(folder).get("scores", {}))


def _is_due(registry: Registry, cases: pd.DataFrame, recipe: str) -> bool:
    return is_due(
        registry,
        MODEL,
        recipe,
        lambda until: can_judge(unseen(cases, until)),
        lambda folder: _knows(folder, cases),
    )


def _knows(folder: Path, cases: pd.DataFrame) -> bool:
    """Whether at least half of the history's products were in that version's."""
    try:
        return knows_half(set(load(folder).memory.cases["item"]), set(cases["item"]))
    except LateRiskError:
        return False


def _challenge(
    context: Context,
    registry: Registry,
    daily: pd.DataFrame,
    cases: pd.DataFrame,
    found: LateRiskFit,
    recipe: str,
) -> ModelVersion:
    """Register the fit, and return the champion after the contest."""
    digest = digest_of([], daily.to_csv(index=False, float_format="%.9g", date_format="%Y-%m-%d"))
    return challenge(
        registry,
        MODEL,
        lambda champion: _meeting(context, registry, champion, cases, found, digest),
        lambda: _register(registry, daily, digest, found, recipe),
    )


def _meeting(
    context: Context,
    registry: Registry,
    champion: ModelVersion,
    cases: pd.DataFrame,
    found: LateRiskFit,
    digest: str,
) -> Decision:
    folder, name = registry.tracking.load(champion), f"version {champion.version}"
    try:
        model = load(folder)
    except LateRiskError as error:
        return first("the challenger", f"{name} cannot be read: {error}", other_data=True)
    tried = folder / TRIED_FILE
    return meet(
        Champion(
            name,
            model,
            registry.until(champion),
            pd.read_parquet(tried) if tried.is_file() else found.tried.iloc[:0],
        ),
        cases,
        found.tried,
        late_risk_config(context.params.seed),
        rules_of(context.params.contest),
        1 + registry.attempts(MODEL, digest),
        context.report,
    )


def _register(
    registry: Registry, daily: pd.DataFrame, digest: str, found: LateRiskFit, recipe: str
) -> ModelVersion:
    example = found.model.memory.cases.tail(EXAMPLE_ROWS).reset_index(drop=True)
    example = example[list(found.model.schema.inputs)]
    scores = {name: round(one, 6) for name, one in asdict(found.scores).items() if isfinite(one)}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "late_risk"
        save(found.model, folder)
        found.tried.to_parquet(folder / TRIED_FILE, index=False)
        store_recipe(folder, recipe, scores=scores)
        fit = Fit(
            name=MODEL,
            folder=folder,
            package="models.late_risk",
            example=example,
            answer=answer(found.model, example),
            data_digest=digest,
            trained_until=daily["ds"].max().date(),
            params={"orders": found.orders, "looks": found.looks, **asdict(found.model.config)},
            metrics=scores,
            requirements=("xgboost", "lightgbm", "scikit-learn"),
        )
        return registry.register(fit)


def _code() -> list[Path]:
    """The files whose change makes another late-risk model of the same history."""
    here = Path(__file__).parent
    ours = [here / f"{name}.py" for name in ("orders", "ages")]
    return [*ours, *sorted(Path(late_risk.__path__[0]).glob("*.py"))]
