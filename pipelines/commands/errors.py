"""What goes wrong in a command: one readable form on standard error, and an exit code to trust.

0  done; the answer is yes (feasible, the same, no drift asked about)
1  done; the answer is no (not feasible, schedules differ)
2  a wrong argument, document, setting or parameter: mend it and call again
3  a step or service failed
4  a fault of takt itself
130  stopped with Ctrl-C
"""

from __future__ import annotations

from typing import Any

from pipelines.commands.output import print_json, say

YES, NO, BAD_INPUT, FAILED, FAULT, INTERRUPTED = 0, 1, 2, 3, 4, 130
SHOWN = 50

# By name, so that telling them apart loads none of the packages that they live in.
INPUT_ERRORS = {
    "plant.errors.PlantError",
    "pipelines.settings.SettingsError",
    "pipelines.params.ParamsError",
    "pipelines.storage.repositories.sync.NotStoredError",
    "pipelines.factory.play.PlayError",
    "builtins.OSError",
}
FAILURES = {
    "pipelines.run.RunError",
    "pipelines.publication.PublishError",
    "pipelines.factory.sinks.NotDeliveredError",
    "pipelines.storage.repositories.cursors.CursorMovedError",
    "pipelines.storage.database.StorageError",
    "pipelines.platform.tracking.TrackingError",
    "pipelines.storage.repositories.versions.NotFeasibleError",
}


class CommandError(Exception):
    """A command cannot do what it was asked; the message says why and what to do."""

    def __init__(self, message: str, code: int = BAD_INPUT) -> None:
        self.code = code
        super().__init__(message)


def exit_code(error: BaseException) -> int:
    """The code that a command ends with after an error."""
    if isinstance(error, CommandError):
        return error.code
    names = {f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__}
    if names & INPUT_ERRORS:
        return BAD_INPUT
    return FAILED if names & FAILURES else FAULT


def tell(error: BaseException, *, as_json: bool) -> int:
    """Say what went wrong, one line a problem; returns the exit code."""
    code = exit_code(error)
    lines = _lines(error)
    if code == FAULT:
        lines.append("this is a fault of takt; --debug shows where it happened")
    say(f"error: {lines[0]}")
    for line in lines[1 : SHOWN + 1]:
        say(f"       {line}")
    if len(lines) > SHOWN + 1:
        say(f"       and {len(lines) - SHOWN - 1} more; --json gives all")
    if as_json:
        print_json({"error": {"code": code, "message": _message(error), "problems": _all(error)}})
    return code


def _lines(error: BaseException) -> list[str]:
    problems = getattr(error, "problems", ())
    if len(problems) > 1:
        return [f"{len(problems)} problems", *(str(problem) for problem in problems)]
    return _message(error).splitlines() or [type(error).__name__]


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    if exit_code(error) == FAULT:
        return f"{type(error).__name__}: {error}"
    return str(error)


def _all(error: BaseException) -> list[dict[str, Any]]:
    return [
        {
            "where": problem.where,
            "field": problem.field,
            "expected": problem.expected,
            "found": repr(problem.found),
            "message": str(problem),
        }
        for problem in getattr(error, "problems", ())
    ]
