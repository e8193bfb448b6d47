"""Retraining: the models that drift decided about are fitted anew, and meet their champions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pipelines.context import Context

# Of each model that drift may have fitted anew, the function that does: it takes the context and why.
# Late risk and line rates are not among them: the steps `foresee` and `forecast` challenge them where
# enough orders or runs are new.
FITS: Mapping[str, str] = {"demand": "pipelines.forecast:forecast"}


class RetrainingError(ValueError):
    """The model asked for cannot be fitted anew."""


@dataclass(frozen=True, slots=True)
class Retrained:
    """One model: whether it was fitted, why or why not, and what the contest said."""

    model: str
    fitted: bool
    reason: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class RetrainingResult:
    """What was fitted anew and what was left."""

    models: tuple[Retrained, ...]


def retrain(
    context: Context, model: str | None = None, reason: str | None = None
) -> RetrainingResult:
    """Return what came of every model that is due, or of the one named.

    Parameters
    ----------
    model
        A name out of `FITS`; None: all.
    reason
        Fit it whatever drift decided, for this reason.

    Raises
    ------
    RetrainingError
        Where there is no such model.
    Exception
        Whatever the fit raises; what was decided stays open then.
    """
    if model is not None and model not in FITS:
        raise RetrainingError(f"model: expected one of {', '.join(FITS)}, found {model!r}")
    asked = [model] if model is not None else list(FITS)
    found = []
    for name in asked:
        why = reason or _due(context, name)
        if why is None:
            found.append(Retrained(name, False, "nothing is due"))
            continue
        context.report(f"{name}: fitted anew, {why}")
        outcome = _told(_fit_of(name)(context, why))
        _close(context, name, outcome)
        found.append(Retrained(name, True, why, outcome))
    return RetrainingResult(tuple(found))


def _due(context: Context, model: str) -> str | None:
    from pipelines.storage import open_database, reading
    from pipelines.storage.repositories.retrainings import due_retraining

    engine = open_database(context.settings.database_url)
    try:
        with reading(engine) as session:
            due = due_retraining(session, model)
    finally:
        engine.dispose()
    return f"drift, {due.at:%F}: {due.reason}" if due else None


def _close(context: Context, model: str, outcome: str) -> None:
    from pipelines.storage import open_database, writing
    from pipelines.storage.repositories.retrainings import close_retrainings

    engine = open_database(context.settings.database_url)
    try:
        with writing(engine) as session:
            close_retrainings(session, model, context.clock(), outcome)
    finally:
        engine.dispose()


def _fit_of(model: str) -> Callable[[Context, str], Any]:
    module, _, function = FITS[model].partition(":")
    fit: Callable[[Context, str], Any] = getattr(import_module(module), function)
    return fit


def _told(result: Any) -> str:
    return f"{result.verdict}: {result.reason}"
