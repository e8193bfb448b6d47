"""The train step: the policy learns on in the simulated plant, for a short while.

It goes on from the champion of takt-policy: from the checkpoint beside it where the champion is what was
trained last, else from the champion's weights; without one, from the policy that ships. What it stores
appears at once and as a whole: a training that is interrupted leaves the policy that was there before. The
policy that is stored is the better of the one it began with and the one it ended with. It is registered and
meets the champion, which drafts, so that a short training never makes drafts worse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.context import Context
from pipelines.json_file import store_json
from pipelines.stamp import digest_of, is_current, store_stamp
from pipelines.trainers import Progress, Trainer, trainer_of
from plant import Plant
from plant.io import load_plant
from plant.io.atomic import fresh_folder, put_in_place, recover_folder

if TYPE_CHECKING:
    from models.policy.contest import Standing, Yardsticks
    from models.policy.dispatcher import Dispatcher
    from pipelines.platform.tracking import TrackedRun
    from pipelines.policy.champion import Incumbent

Start = Literal["checkpoint", "champion", "shipped"]
CHECKPOINT, STAMP = "checkpoint", "digest.json"


class TrainError(RuntimeError):
    """The step stops; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What was learned and what it is worth; all costs in the plant's money.

    `started_from` is "checkpoint", "champion" or "shipped"; `stored` says whether the policy is the one
    "before" or "after" this training. `before_*` and `after_*`: cost of the policy's own style and the
    mean of styles around it; `draft`: of the cheapest. `chance`, `greedy` (ATCS in the simulation) and
    `tuned_atcs` are what to compare with. `kept` says that plant and parameters were as last time.
    """

    digest: str
    started_from: Start
    stored: Literal["before", "after"]
    iterations: int
    steps: int
    seconds: float
    steps_per_second: float
    before_likely: float
    before_drawn: float
    after_likely: float
    after_drawn: float
    draft: float
    chance: float
    greedy: float
    tuned_atcs: float
    mlflow_run_id: str
    kept: bool = False


def train(context: Context) -> TrainResult:
    """Return what was learned, after storing weights, checkpoint, figures and the MLflow run.

    Raises
    ------
    TrainError
        Where the plant's snapshot is not there.
    pipelines.platform.ray.RayUnreachableError, pipelines.platform.tracking.TrackingError
        Where Ray or MLflow does not answer.
    """
    settings, params = context.settings, context.params
    if not settings.plant_file.is_file():
        raise TrainError(f"{settings.plant_file}: not there, run `takt forecast` first")
    recover_folder(settings.policy)
    figures = settings.metrics / "train.json"
    digest = digest_of([settings.plant_file], params.train, params.weights, params.seed)
    if figures.is_file() and is_current(settings.policy / STAMP, digest, _outputs(settings.policy)):
        context.report("train: unchanged, kept")
        return replace(TrainResult(**json.loads(figures.read_text("utf-8"))), kept=True)
    result = _learn(context, load_plant(settings.plant_file), digest)
    store_json(figures, _figures(result))
    return result


def _learn(context: Context, plant: Plant, digest: str) -> TrainResult:
    from models.policy.contest import standing, yardsticks
    from pipelines.policy.champion import challenge, incumbent
    from pipelines.registry import open_registry

    settings, params = context.settings, context.params
    weights = params.weights.for_plant()
    registry = open_registry(context)
    champion = incumbent(registry)
    checkpoint = _checkpoint(context, champion)
    start = None if champion is None else champion.policy
    began: Start = "checkpoint" if checkpoint else "champion" if start else "shipped"
    marks = yardsticks(plant, params.seed, weights)
    with (
        registry.tracking.run("train", {"takt.step": "train"}) as run,
        trainer_of(context, plant, weights, checkpoint, start) as trainer,
    ):
        before = trainer.network()
        worth_before = standing(plant, before, params.seed, weights)
        curve = list(_iterations(context, trainer, run))
        worth_after = standing(plant, trainer.network(), params.seed, weights)
        better = worth_after.mean < worth_before.mean
        fresh = _written(context, trainer, trainer.network() if better else before, digest)
        told = challenge(
            registry, run, fresh, worth_after if better else worth_before, champion,
            lambda policy: standing(plant, policy, params.seed, weights), digest,
        )  # fmt: skip
        put_in_place(settings.policy)
        result = _result(digest, began, better, curve, worth_before, worth_after, marks, run.id)
        run.log_params({**params.train.model_dump(), "seed": params.seed, "inputs_sha256": digest})
        numbers = {k: v for k, v in asdict(result).items() if isinstance(v, int | float)}
        run.log_metrics({f"result/{name}": value for name, value in numbers.items()})
        for name in ("weights.safetensors", "policy.json"):
            run.log_file(settings.policy / name, "policy")
    context.report(
        f"policy: {result.draft:,.0f} {plant.currency} a draft, tuned ATCS {marks.tuned_atcs:,.0f}, "
        f"chance {marks.chance:,.0f}; the policy {result.stored} training is kept"
    )
    context.report(f"policy: {told}")
    return result


def _iterations(context: Context, trainer: Trainer, run: TrackedRun) -> Iterator[Progress]:
    """Learn until the budget is spent, telling and logging each iteration."""
    params, began = context.params.train, context.clock()
    for progress in trainer.iterations():
        told = {k: v for k, v in progress.figures().items() if v is not None}
        run.log_metrics(
            {f"train/{name}": value for name, value in told.items()}, progress.iteration
        )
        spent = (context.clock() - began).total_seconds()
        cost = (
            "no episode ended yet"
            if progress.episode_cost is None
            else f"episodes cost {progress.episode_cost:.3f} of what ATCS does"
        )
        context.report(
            f"iteration {progress.iteration}/{params.iterations}: {progress.steps} steps, {cost}, "
            f"{progress.learned_per_second:.0f} steps/s, {spent:.0f} s"
        )
        yield progress
        if progress.iteration >= params.iterations or spent >= params.seconds:
            return


def _result(
    digest: str,
    began: Start,
    better: bool,
    curve: list[Progress],
    before: Standing,
    after: Standing,
    marks: Yardsticks,
    run_id: str,
) -> TrainResult:
    seconds = sum(
        (one.steps - last) / one.learned_per_second
        for last, one in zip([0, *(p.steps for p in curve)], curve, strict=False)
    )
    steps = curve[-1].steps
    return TrainResult(
        digest=digest,
        started_from=began,
        stored="after" if better else "before",
        iterations=len(curve),
        steps=steps,
        seconds=round(seconds, 3),
        steps_per_second=round(steps / seconds, 1),
        before_likely=before.likely,
        before_drawn=before.drawn,
        after_likely=after.likely,
        after_drawn=after.drawn,
        draft=after.best if better else before.best,
        chance=marks.chance,
        greedy=marks.greedy,
        tuned_atcs=marks.tuned_atcs,
        mlflow_run_id=run_id,
    )


def _checkpoint(context: Context, champion: Incumbent | None) -> Path | None:
    """The checkpoint to go on from, if it is the one that was stored, and beside it the champion.

    RLlib's checkpoints hold pickled parts, so one that was changed since is not opened. Each method of
    learning goes on from its own.
    """
    from pipelines.policy.champion import weights_digest

    folder = context.settings.policy
    stamp, checkpoint = folder / STAMP, folder / CHECKPOINT / context.params.train.method
    if not (stamp.is_file() and checkpoint.is_dir()):
        return None
    recorded = json.loads(stamp.read_text("utf-8")).get("inputs", "")
    if not is_current(stamp, recorded, _outputs(folder)):
        context.report(
            f"{checkpoint}: not what was stored, so it is not opened; learning from the champion, or "
            "from the policy that ships"
        )
        return None
    if champion is None or champion.policy is None:
        return checkpoint
    if champion.weights_digest == weights_digest(folder):
        return checkpoint
    name = f"{champion.version.name}/{champion.version.version}"
    context.report(f"{name} is champion, not what was trained last: learning from that")
    return None


def _written(context: Context, trainer: Trainer, policy: Dispatcher, digest: str) -> Path:
    """The folder beside the old policy's in which the new one now lies."""
    from models.policy.files import save_policy

    fresh = fresh_folder(context.settings.policy)
    save_policy(policy, fresh)
    (fresh / CHECKPOINT).mkdir()
    trainer.save(fresh / CHECKPOINT / context.params.train.method)
    store_stamp(fresh / STAMP, digest, _outputs(fresh))
    return fresh


def _outputs(folder: Path) -> list[Path]:
    return [folder / "weights.safetensors", folder / "policy.json", folder / CHECKPOINT]


def _figures(result: TrainResult) -> dict[str, object]:
    """The figures that are stored: all but `kept`, which is about this call."""
    return {name: value for name, value in asdict(result).items() if name != "kept"}
