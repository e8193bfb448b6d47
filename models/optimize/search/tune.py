"""The search's parameters for a class of plants, found with Optuna on plants made for it.

`python -m models.optimize.search.tune --class large-one-full --trials 30 --seconds 2` tunes on training
plants, then measures on test plants that tuning never sees, and notes both in `tuned.json`. Parameters become
the default where they pay on the test plants: the mean cost is below the usual one by more than its
standard error. Time is processor time of the thread, so that a busy machine does not distort.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.search.annealing import search
from models.optimize.search.params import KINDS, TUNED, USUAL, SearchParams, read_tuned
from plant import Plant, Schedule, evaluate

Clock = Callable[[], float]
TRAINING_SEEDS, TEST_SEEDS = range(700_000, 700_100), range(800_000, 800_100)
SIZES = {"small": (4, 12, 30), "medium": (12, 50, 150), "large": (50, 200, 600)}
STAGES = {"one": 1, "several": 2}
LOADS = {"light": (0.7,), "full": (0.9, 1.05)}  # taken in turn
DAYS = {"small": 5, "medium": 10, "large": 14}
CLASSES = tuple(f"{size}-{stage}-{load}" for size in SIZES for stage in STAGES for load in LOADS)
MOST_TURN = 2.0  # a kind of move is tried up to 2 ** 2 times as often or as rarely as usual
HOT_RANGE, COLD_RANGE = (0.01, 0.5), (0.0001, 0.01)


@dataclass(frozen=True, slots=True)
class Trained:
    """The best parameters of a study, their mean cost over the usual one, and the plants' seeds."""

    params: SearchParams
    ratio: float
    seeds: tuple[int, ...]
    trials: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Cost over that of the usual parameters on each test plant, their mean, its standard error."""

    ratios: tuple[float, ...]
    mean: float
    error: float
    seeds: tuple[int, ...]

    @property
    def pays(self) -> bool:
        """Whether the parameters are cheaper than the usual ones by more than chance."""
        return self.mean + self.error < 1.0


class Course:
    """Plants of a class with the schedules to start from, and what the usual parameters make of them."""

    def __init__(
        self, name: str, seeds: Sequence[int], seconds: float, clock: Clock = time.thread_time
    ) -> None:
        self.seeds, self.seconds, self.clock = tuple(seeds), seconds, clock
        self.plants = [plant_of(name, seed) for seed in seeds]
        self.starts = [dispatch(plant, RULES["atcs"]) for plant in self.plants]
        self.usual = [self.cost(place, USUAL) for place in range(len(seeds))]

    def cost(self, place: int, params: SearchParams) -> float:
        """What a plant costs after a search with the parameters."""
        plant = self.plants[place]
        found: Schedule = search(
            plant, self.starts[place], self.seconds, seed=place, clock=self.clock, params=params
        ).schedule
        return evaluate(plant, found).cost.total

    def ratio(self, place: int, params: SearchParams) -> float:
        """Cost over that of the usual parameters."""
        return self.cost(place, params) / max(self.usual[place], 1e-9)


def plant_of(name: str, seed: int) -> Plant:
    """A plant of the class."""
    size, stage, load = name.split("-")
    lines, items, orders = SIZES[size]
    loads = LOADS[load]
    return generate(
        lines, items, orders, DAYS[size], loads[seed % len(loads)], seed, stages=STAGES[stage]
    )


def train(
    name: str,
    trials: int,
    seconds: float,
    plants: int,
    seed: int = 0,
    storage: Path | None = None,
    clock: Clock = time.thread_time,
    report: Callable[[str], None] | None = None,
) -> Trained:
    """The parameters that are cheapest over a class's training plants.

    Parameters
    ----------
    seconds
        Of processor time that each search has on each plant.
    storage
        A file that keeps the study, so that a later call goes on with it; None: it is not kept.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    course = Course(name, TRAINING_SEEDS[:plants], seconds, clock)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(storage))) if storage else InMemoryStorage(),
        study_name=f"{name}, {seconds:g} s, {plants} plants",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True, n_startup_trials=8),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=1),
    )
    if not study.trials:
        study.enqueue_trial(_drawn(USUAL))

    def objective(trial: optuna.Trial) -> float:
        params = suggested(trial)
        ratios: list[float] = []
        for place in range(plants):
            ratios.append(course.ratio(place, params))
            trial.report(float(np.mean(ratios)), place)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(ratios))

    def told(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if report:
            done = [one for one in study.trials if one.state.name == "COMPLETE"]
            best = f"best {study.best_value:.4f}" if done else ""
            report(f"{name}: trial {trial.number}, {trial.value or math.nan:.4f}, {best}")

    study.optimize(objective, n_trials=trials, callbacks=[told])
    params = suggested(optuna.trial.FixedTrial(study.best_params))
    return Trained(params, study.best_value, course.seeds, len(study.trials))


def measure(
    name: str,
    params: SearchParams,
    seconds: float,
    plants: int,
    clock: Clock = time.thread_time,
) -> Outcome:
    """How the parameters do on a class's test plants."""
    course = Course(name, TEST_SEEDS[:plants], seconds, clock)
    ratios = [course.ratio(place, params) for place in range(plants)]
    error = float(np.std(ratios, ddof=1) / math.sqrt(plants)) if plants > 1 else math.inf
    return Outcome(tuple(ratios), float(np.mean(ratios)), error, course.seeds)


def suggested(trial: optuna.Trial | optuna.trial.FixedTrial) -> SearchParams:
    """Parameters that a trial draws: turns of the usual shares, and the two temperatures."""
    turned = [
        share * 2.0 ** trial.suggest_float(kind, -MOST_TURN, MOST_TURN)
        for kind, share in zip(KINDS, USUAL.shares, strict=True)
    ]
    shares = tuple((np.array(turned) / sum(turned)).tolist())
    hot = trial.suggest_float("hot", *HOT_RANGE, log=True)
    return SearchParams(shares, hot, trial.suggest_float("cold", *COLD_RANGE, log=True))


def _drawn(params: SearchParams) -> dict[str, float]:
    """What a trial draws where it suggests these parameters."""
    turns = np.log2(np.divide(params.shares, USUAL.shares)).tolist()
    return dict(zip(KINDS, turns, strict=True)) | {"hot": params.hot, "cold": params.cold}


def note(
    name: str, trained: Trained, tested: Outcome, seconds: float, command: str, file: Path = TUNED
) -> dict[str, Any]:
    """Write what was found for a class into the file; what stands there now."""
    found = {
        "params": {
            "shares": _rounded(trained.params.shares),
            "hot": round(trained.params.hot, 5),
            "cold": round(trained.params.cold, 6),
        },
        "is_default": tested.pays,
        "seconds": seconds,
        "trials": trained.trials,
        "training": {"mean": round(trained.ratio, 5), "seeds": list(trained.seeds)},
        "test": {
            "mean": round(tested.mean, 5),
            "error": round(tested.error, 5),
            "ratios": [round(ratio, 4) for ratio in tested.ratios],
            "seeds": list(tested.seeds),
        },
        "command": command,
    }
    classes = read_tuned(file) | {name: found}
    document = json.dumps(dict(sorted(classes.items())), indent=2)
    file.write_text(f"{document}\n", encoding="utf-8")
    return found


def _rounded(shares: Sequence[float]) -> list[float]:
    """The shares to four digits, the largest such that they still add up to 1."""
    rounded = [round(share, 4) for share in shares]
    largest = rounded.index(max(rounded))
    rest = sum(share for place, share in enumerate(rounded) if place != largest)
    rounded[largest] = round(1.0 - rest, 4)
    return rounded


def main() -> None:
    """Tune a class, test what was found, note it."""
    parser = argparse.ArgumentParser(
        prog="python -m models.optimize.search.tune", description=__doc__
    )
    parser.add_argument("--class", dest="name", choices=CLASSES, required=True)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a search on a plant")
    parser.add_argument("--plants", type=int, default=4, help="training plants")
    parser.add_argument("--tests", type=int, default=8, help="test plants")
    parser.add_argument("--seed", type=int, default=0, help="of Optuna's sampler")
    parser.add_argument("--storage", type=Path, help="file that keeps the study")
    parser.add_argument("--out", type=Path, default=TUNED)
    options = parser.parse_args()
    said = vars(options) | {"class": options.name}
    kept = ("class", "trials", "seconds", "plants", "tests", "seed")
    command = " ".join([parser.prog, *(f"--{key} {said[key]}" for key in kept)])

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    trained = train(
        options.name, options.trials, options.seconds, options.plants, options.seed,
        options.storage, report=say,
    )  # fmt: skip
    tested = measure(options.name, trained.params, options.seconds, options.tests)
    found = note(options.name, trained, tested, options.seconds, command, options.out)
    sys.stdout.write(f"{json.dumps({options.name: found} | {'was': asdict(USUAL)})}\n")


if __name__ == "__main__":
    main()
