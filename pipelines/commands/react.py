"""The reaction to what happens on the floor."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.options import Json, epilog
from pipelines.commands.output import print_json, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    told = epilog(
        "takt react",
        "takt react --seconds 600 --metrics-port 9465",
        codes="0 done, 2 wrong setting, 3 the database does not answer or another one reacts",
    )
    app.command("react", epilog=told)(react_command)


def react_command(
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so long; else at Ctrl-C.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="Serve Prometheus metrics here; else TAKT_METRICS_PORT.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Answer breakdowns, late material and rush orders with recommended versions of the plan."""
    from pipelines.context import load_context
    from pipelines.reaction.run import run_reaction

    made = run_reaction(load_context(say), seconds, metrics_port)
    if as_json:
        print_json({"recommended": made})
    else:
        say(f"reaction: stopped; {made} versions recommended")
