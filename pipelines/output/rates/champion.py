"""The champion of line rates: kept while it knows enough, challenged where runs or the recipe are new."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Hashable, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from models import rates
from models.contest import Decision, first
from models.rates import LEAST_ROWS, RatesError, refreshed
from pipelines.context import Context
from pipelines.output.rates.contest import (
    Champion,
    absolute_errors,
    can_judge,
    meet,
    miscalibration,
    said_of,
    unseen,
)
from pipelines.output.rates.files import answer_rates, load_rates, save_rates
from pipelines.output.rates.line_runs import HORIZON_DAYS, RateFit, fit_rates
from pipelines.platform.tracking import ModelVersion
from pipelines.registry import Fit, Registry
from pipelines.registry.challenges import challenge, is_due, knows_half, rules_of, store_recipe
from pipelines.stamp import digest_of

MODEL = "rates"
SERVED = Path(__file__).with_name("served.py")
EXAMPLE_ROWS = 20
TRIED_DAYS = 7  # at the end of the runs: what a fit before them is judged on


def champion_rates(
    context: Context, registry: Registry, runs: pd.DataFrame
) -> tuple[RateFit | None, str]:
    """Return the champion with all that the runs tell of levels, or None and why there is none.

    A challenger is fitted, registered and tried first where there is no champion, where enough runs
    were made since the newest version's history, or where the recipe (code, seed, horizon) is another
    than the newest version's.

    Parameters
    ----------
    runs
        At least `LEAST_ROWS`, as `line_runs` returns them.

    Raises
    ------
    pipelines.platform.tracking.TrackingError
        Where MLflow does not answer, or the champion's files are not those that were registered.
    """
    seed = context.params.seed
    recipe, champion = digest_of(_code(), seed), registry.champion(MODEL)
    try:
        if champion is None or _is_due(registry, runs, recipe):
            found = fit_rates(runs, HORIZON_DAYS, seed, context.report)
            champion = _challenge(context, registry, found, recipe)
        model = load_rates(registry.load_champion(MODEL))
        known = RateFit(refreshed(model.speed, runs), refreshed(model.yields, runs), runs)
    except RatesError as error:
        name = f"{champion.name}/{champion.version}: " if champion else ""
        return None, f"{name}{error}"
    context.report(f"{champion.name} version {champion.version} says what lines will make")
    return known, ""


def _is_due(registry: Registry, runs: pd.DataFrame, recipe: str) -> bool:
    return is_due(
        registry,
        MODEL,
        recipe,
        lambda until: can_judge(unseen(runs, until)),
        lambda folder: _knows(folder, runs),
    )


def _knows(folder: Path, runs: pd.DataFrame) -> bool:
    """Whether at least half of what the runs' lines made was made by them in that version's."""
    try:
        return knows_half(_made(load_rates(folder).runs), _made(runs))
    except RatesError:
        return False


def _made(runs: pd.DataFrame) -> set[Hashable]:
    return set(zip(runs["line"], runs["item"], strict=True))


def _challenge(context: Context, registry: Registry, found: RateFit, recipe: str) -> ModelVersion:
    """Register the fit, and return the champion after the contest."""
    digest = digest_of([], found.runs.to_csv(index=False, float_format="%.9g"))
    return challenge(
        registry,
        MODEL,
        lambda champion: _meeting(context, registry, champion, found.runs, digest),
        lambda: _register(
            registry, digest, found, recipe, _scores(found.runs, context.params.seed)
        ),
    )


def _meeting(
    context: Context,
    registry: Registry,
    champion: ModelVersion,
    runs: pd.DataFrame,
    digest: str,
) -> Decision:
    folder, name = registry.tracking.load(champion), f"version {champion.version}"
    try:
        return meet(
            Champion(name, load_rates(folder), registry.until(champion)),
            runs,
            context.params.seed,
            rules_of(context.params.contest),
            1 + registry.attempts(MODEL, digest),
            context.report,
        )
    except RatesError as error:
        return first("the challenger", f"{name} cannot be asked: {error}", other_data=True)


def _register(
    registry: Registry, digest: str, found: RateFit, recipe: str, scores: dict[str, float]
) -> ModelVersion:
    example = found.runs.tail(EXAMPLE_ROWS).reset_index(drop=True)
    example = example[list(found.speed.schema.inputs)]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "rates"
        save_rates(found, folder)
        store_recipe(folder, recipe)
        fit = Fit(
            name=MODEL,
            folder=folder,
            package="models.rates",
            code=SERVED,
            example=example,
            answer=answer_rates(found, example),
            data_digest=digest,
            trained_until=found.runs["start"].max().date(),
            params={"runs": len(found.runs), **asdict(found.speed.config), **_weights(found)},
            metrics=scores,
            requirements=("lightgbm", "xgboost", "scikit-learn"),
        )
        return registry.register(fit)


def _weights(found: RateFit) -> dict[str, str]:
    """Who is listened to, as parameters of the run."""
    return {
        f"weights_{name}": json.dumps({who: round(one, 4) for who, one in model.weights.items()})
        for name, model in (("speed", found.speed), ("yields", found.yields))
    }


def _scores(runs: pd.DataFrame, seed: int) -> dict[str, float]:
    """How far off a model fitted before the last days was on them, and master data on the same runs.

    Nothing where there are too few runs before.
    """
    day = runs["start"].dt.normalize()
    origin = day.max() - pd.Timedelta(days=TRIED_DAYS - 1)
    before, last = runs[day < origin], runs[day >= origin]
    if len(before) < LEAST_ROWS:
        return {}
    tried = said_of(fit_rates(before, HORIZON_DAYS, seed), runs, last, "model")
    return {
        "tried_runs": float(len(last)),
        "speed_mae": float((tried["share_model"] - tried["share"]).abs().mean()),
        "speed_mae_master": float((1.0 - tried["share"]).abs().mean()),
        "yields_mae": float((tried["yields_model"] - tried["yields"]).abs().mean()),
        "mae": absolute_errors(tried, "model").mean,
        "miscalibration": miscalibration(tried, "model"),
    }


def _code() -> Sequence[Path]:
    """The files whose change makes other models of the same runs."""
    ours = Path(__file__).with_name("line_runs.py")
    return [ours, *sorted(Path(rates.__path__[0]).rglob("*.py"))]
