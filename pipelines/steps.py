"""The steps of the main loop, in order, and how a scheduler performs one of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from pipelines.context import Context, load_context
from pipelines.progress import Event, Kind, append, progress_file

STEPS = ("ingest", "forecast", "train", "plan", "publish", "foresee", "drift")


def perform(step: str) -> None:
    """Do one step under the environment's context, telling its progress to who follows the run.

    Raises
    ------
    Exception
        Whatever the step raises, after its message was told.
    """
    context = load_context()
    told = progress_file(context.settings)

    def tell(kind: Kind, text: str = "") -> None:
        append(told, Event(context.clock(), step, kind, text))

    def report(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - the scheduler keeps it as the task's log
        tell("line", line)

    tell("started")
    try:
        find_step(step)(Context(context.settings, context.params, context.clock, report))
    except Exception as error:
        tell("failed", _told(error))
        raise
    tell("finished")


def _told(error: Exception) -> str:
    """The error's message; of a library's error, which may not say what it is, its kind too."""
    ours = type(error).__module__.partition(".")[0] in ("plant", "envs", "models", "pipelines")
    return str(error) if ours else f"{type(error).__name__}: {error}"


def find_step(step: str) -> Callable[[Context], Any]:
    """Return the function of a step: the one of its module's own name."""
    if step not in STEPS:
        raise ValueError(f"step: expected one of {', '.join(STEPS)}, found {step!r}")
    function: Callable[[Context], Any] = getattr(import_module(f"pipelines.{step}"), step)
    return function
