"""The search for a better recipe: within a budget, its study kept, taken up again where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

Value = float | int | str


class SearchError(RuntimeError):
    """A search found nothing, or its study cannot be used."""


@dataclass(frozen=True, slots=True)
class Between:
    """A number between two bounds; whole where both are; by its logarithm where `by_ratio`."""

    low: float
    high: float
    by_ratio: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these values."""

    values: tuple[Value, ...]


Space = Mapping[str, Between | OneOf]


@dataclass(frozen=True, slots=True)
class Found:
    """The best recipe so far: what it is, its loss, and how many were tried before and now."""

    recipe: Mapping[str, Value]
    loss: float
    tried_before: int
    tried: int


def search(
    loss_of: Callable[[Mapping[str, Value]], float],
    space: Space,
    start: Mapping[str, Value],
    seconds: float,
    storage: Path,
    name: str,
    seed: int,
    report: Callable[[str], None],
) -> Found:
    """Return the recipe with the lowest loss in the study, after spending the seconds on more.

    The study is a SQLite file; under the same name it goes on from what was tried before. The first
    recipe of a new one is `start`, so that what is found is no worse than what was there. A recipe
    under way when the time is over is finished.

    Parameters
    ----------
    loss_of
        The loss of a recipe, lower is better; raises ValueError where the recipe cannot be used.
    name
        Of the study: another one for other data or another task.

    Raises
    ------
    SearchError
        Where no recipe could be used, or the study has other dimensions.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{storage}",
        study_name=name,
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(
            seed=seed, multivariate=True, warn_independent_sampling=False
        ),
    )
    before = len(_done(study))
    if not study.trials:
        study.enqueue_trial(dict(start))
    study.optimize(
        lambda trial: loss_of(_asked(trial, space)),
        timeout=seconds,
        catch=(ValueError,),
        callbacks=[lambda _, trial: _tell(trial, report)],
    )
    done = _done(study)
    if not done:
        raise SearchError(
            f"search {name}: expected a recipe that works, found none in {seconds:g} s"
        )
    best = min(done, key=lambda trial: trial.value)
    if set(best.params) != set(space):
        raise SearchError(
            f"{storage}: study {name}: expected the dimensions {', '.join(space)}, found "
            f"{', '.join(best.params)}; remove the file to begin anew"
        )
    return Found(best.params, float(best.value), before, len(done) - before)


def _asked(trial: optuna.Trial, space: Space) -> dict[str, Value]:
    return {name: _suggested(trial, name, of) for name, of in space.items()}


def _suggested(trial: optuna.Trial, name: str, of: Between | OneOf) -> Any:
    if isinstance(of, OneOf):
        return trial.suggest_categorical(name, of.values)
    if isinstance(of.low, int) and isinstance(of.high, int):
        return trial.suggest_int(name, of.low, of.high, log=of.by_ratio)
    return trial.suggest_float(name, of.low, of.high, log=of.by_ratio)


def _done(study: optuna.Study) -> list[Any]:
    import optuna

    return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))


def _tell(trial: optuna.trial.FrozenTrial, report: Callable[[str], None]) -> None:
    recipe = ", ".join(f"{name} {value}" for name, value in trial.params.items())
    loss = "cannot be used" if trial.value is None else f"loss {trial.value:.4f}"
    report(f"recipe {trial.number + 1}: {loss} ({recipe})")
