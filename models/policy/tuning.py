"""Finding good settings for learning, by Ray Tune.

Optuna proposes settings and ASHA ends what falls behind, or PB2 changes rates while a population learns. What
learns is a `Trainee`; after every round it is stored, so a worker that is killed goes on in another from its
last round, and a study that is interrupted goes on from all of them. Ray must be running: locally, or the
cluster at RAY_ADDRESS (`pipelines.platform.ray.connect`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

SCORE, ROUND = "cost", "training_iteration"
GRACE = 2  # rounds that every trial may learn before ASHA judges it
HALVING = 3
KEPT = 2  # checkpoints of a trial


class Trainee(Protocol):
    """Something that learns in rounds and can be stored between them."""

    def advance(self) -> float:
        """Learn for a round; what the policy costs then, less is better."""

    def save(self, folder: Path) -> None:
        """Store all that is needed to go on."""

    def load(self, folder: Path) -> None:
        """Go on from what was stored."""


Maker = Callable[[Mapping[str, float]], Trainee]
"""A trainee of settings; goes to other processes, so it must be picklable."""


@dataclass(frozen=True, slots=True)
class Span:
    """Between what a setting lies; `log` where its size matters more than its difference."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """How to search: `folder` keeps everything, under `name`; a study of that name there is gone on with.

    trials: settings to try, or members of the population; rounds: of each at most; at_once: how many learn
    at a time (0: as many as there are processors); failures: how often a trial may lose its worker.
    """

    folder: Path
    name: str
    trials: int = 8
    rounds: int = 9
    method: Literal["asha", "pb2"] = "asha"
    at_once: int = 0
    failures: int = 3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """The best settings, what they cost, where their last round is stored, and all trials' rounds.

    curves: of each trial the cost after every round. broken: trials that ended with an error, in words.
    """

    settings: dict[str, float]
    cost: float
    checkpoint: Path
    curves: dict[str, list[float]]
    broken: tuple[str, ...]


def search(make: Maker, spans: Mapping[str, Span], study: Study) -> Found:
    """The best settings that a study finds.

    Raises
    ------
    RuntimeError
        Where no trial came to the end of a round.
    """
    from ray import tune

    place = study.folder / study.name
    trainable = tune.with_resources(_trainable(make, study.rounds), {"cpu": 1})
    if tune.Tuner.can_restore(str(place)):
        tuner = tune.Tuner.restore(str(place), trainable, resume_errored=True)
    else:
        tuner = tune.Tuner(
            trainable,
            param_space=_space(spans, study),
            tune_config=tune.TuneConfig(
                metric=SCORE, mode="min", num_samples=study.trials,
                max_concurrent_trials=study.at_once or None, **_method(spans, study),
            ),
            run_config=tune.RunConfig(
                name=study.name, storage_path=str(study.folder), verbose=0,
                checkpoint_config=tune.CheckpointConfig(num_to_keep=KEPT),
                failure_config=tune.FailureConfig(max_failures=study.failures),
            ),
        )  # fmt: skip
    return _found(tuner.fit(), spans)


def _trainable(make: Maker, rounds: int) -> Callable[[dict[str, Any]], None]:
    """What runs in a worker: round after round, each stored before it is told."""

    def learn(settings: dict[str, Any]) -> None:
        from ray import tune

        trainee, done = make(settings), 0
        before = tune.get_checkpoint()
        if before is not None:
            with before.as_directory() as kept:
                trainee.load(Path(kept))
                done = int((Path(kept) / "rounds").read_text("utf-8"))
        while done < rounds:
            cost = trainee.advance()
            done += 1
            with tempfile.TemporaryDirectory() as fresh:
                trainee.save(Path(fresh))
                (Path(fresh) / "rounds").write_text(str(done), "utf-8")
                tune.report(
                    {SCORE: cost, "round": done}, checkpoint=tune.Checkpoint.from_directory(fresh)
                )

    return learn


def _space(spans: Mapping[str, Span], study: Study) -> dict[str, Any]:
    """Where settings are drawn from; PB2 draws the first ones itself, evenly between the bounds."""
    from ray import tune

    drawn = {
        name: tune.loguniform(span.low, span.high)
        if span.log
        else tune.uniform(span.low, span.high)
        for name, span in spans.items()
    }
    return {} if study.method == "asha" else drawn


def _method(spans: Mapping[str, Span], study: Study) -> dict[str, Any]:
    """Who proposes settings and who ends trials."""
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.schedulers.pb2 import PB2
    from ray.tune.search.optuna import OptunaSearch

    if study.method == "pb2":
        bounds: dict[str, Any] = {name: [span.low, span.high] for name, span in spans.items()}
        return {
            "scheduler": PB2(time_attr=ROUND, perturbation_interval=1, hyperparam_bounds=bounds)
        }
    import optuna

    space: dict[str, Any] = {
        name: optuna.distributions.FloatDistribution(span.low, span.high, log=span.log)
        for name, span in spans.items()
    }
    return {
        "search_alg": OptunaSearch(space=space, metric=SCORE, mode="min", seed=study.seed),
        "scheduler": ASHAScheduler(
            time_attr=ROUND, max_t=study.rounds, grace_period=min(GRACE, study.rounds),
            reduction_factor=HALVING,
        ),
    }  # fmt: skip


def _found(results: Any, spans: Mapping[str, Span]) -> Found:
    broken = tuple(str(error).strip().splitlines()[-1] for error in results.errors)
    told = [one for one in results if one.metrics and SCORE in one.metrics]
    if not told:
        raise RuntimeError(f"no trial came to the end of a round: {'; '.join(broken)}")
    best = min(told, key=lambda one: float(one.metrics[SCORE]))
    curves = {
        Path(one.path).name: [float(cost) for cost in one.metrics_dataframe[SCORE]] for one in told
    }
    return Found(
        {name: float(best.config[name]) for name in spans},
        float(best.metrics[SCORE]),
        Path(best.checkpoint.path),
        curves,
        broken,
    )
