"""The loop and its steps: run, ingest, forecast, train, plan, publish, foresee, drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.errors import FAILED, INPUT_ERRORS, CommandError
from pipelines.commands.options import Json, epilog
from pipelines.commands.output import print_json, print_table, say
from pipelines.commands.service import serve_dashboard

if TYPE_CHECKING:
    from pipelines.context import Context

CODES = "0 done, 2 wrong setting or parameter, 3 the step failed"
STEPS = {
    "ingest": "Read the history, check every row, store bronze, silver and quarantine.",
    "forecast": "Forecast demand with quantiles, and make the plant's snapshot of orders.",
    "train": "Train the policy that drafts schedules, on from its last checkpoint.",
    "plan": "Draft a schedule by rule and policy, refine the best, prove it feasible.",
    "publish": "Publish the planned schedule as a new immutable version.",
    "foresee": "Say which published orders will be late, and where stock runs out.",
    "drift": "Report on drift of inputs, forecast error and adherence.",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    example = epilog("takt run", "takt run --serve --port 8001", "takt run --json", codes=CODES)
    app.command("run", epilog=example)(run_command)
    for step, about in STEPS.items():
        if step == "forecast":  # a group: the step, and any file
            continue
        command = step_command(step, about)
        app.command(step, epilog=epilog(f"takt {step}", codes=CODES))(command)


def run_command(
    as_json: Json = False,
    is_served: Annotated[
        bool, typer.Option("--serve/--no-serve", help="End by serving the dashboard.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve it on.")] = 8000,
) -> None:
    """Run the whole loop, ingest to drift, as the Airflow DAG in the foreground."""
    from pipelines.run import run
    from pipelines.run_result import show_result

    if as_json:
        print_json(run(say))
    else:
        from pipelines.commands.output import console

        show_result(run(), console())
    if is_served:
        serve_dashboard(port)


def step_command(step: str, about: str) -> Any:
    """The command that does one step."""

    def command(as_json: Json = False) -> None:
        from pipelines.context import load_context
        from pipelines.steps import find_step

        result = _perform(step, find_step(step), load_context(say))
        if as_json:
            print_json(result)
        else:
            _show(step, result)

    command.__doc__ = about
    return command


def _perform(step: str, function: Any, context: Context) -> Any:
    try:
        return function(context)
    except CommandError:
        raise
    except Exception as error:
        names = {f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__}
        name = "" if _says_itself(error) or names & INPUT_ERRORS else f"{type(error).__name__}: "
        raise CommandError(f"step {step}: {name}{error}", FAILED) from error


def _says_itself(error: Exception) -> bool:
    """Whether the error is one of ours, whose text is meant for the user."""
    return type(error).__module__.partition(".")[0] in ("plant", "envs", "models", "pipelines")


def _show(step: str, result: Any) -> None:
    from dataclasses import fields, is_dataclass

    if not is_dataclass(result):
        return
    values = ((field.name, getattr(result, field.name)) for field in fields(result))
    plain = [(n, v) for n, v in values if isinstance(v, str | int | float) or v is None]
    print_table(step, ["", ""], plain)
