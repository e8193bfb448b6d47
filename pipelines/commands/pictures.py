"""Schedules to look at: show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Json, Version, epilog
from pipelines.commands.output import console, print_json, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=epilog(
            "takt show plant.json schedule.json --days 3",
            "takt show --version latest --html schedule.html",
        )
    )(show)


def show(
    plant: Annotated[Path | None, typer.Argument(help="Plant; the last run's if left out.")] = None,
    schedule: Annotated[
        Path | None, typer.Argument(help="Schedule; the last run's if left out.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write one HTML file instead.")
    ] = None,
    version: Version = None,
    first_day: Annotated[int, typer.Option("--from", min=0, help="First day to show, from 0.")] = 0,
    days: Annotated[float | None, typer.Option(min=0.05, help="Days to show.")] = None,
    line: Annotated[list[str] | None, typer.Option(help="Only this line; may be repeated.")] = None,
    title: Annotated[str | None, typer.Option(help="Title of the picture.")] = None,
    as_json: Json = False,
) -> None:
    """Draw a schedule: as a Gantt chart in the terminal, or as one HTML file that needs no network."""
    from pipelines.commands.documents import judged, read_pair
    from pipelines.show_data import show_data
    from pipelines.show_html import save_gantt
    from pipelines.show_text import Window, gantt_text

    found, runs, name = read_pair(plant, schedule, version)
    evaluation = judged(found, runs)
    heading = title or f"Takt: {name}"
    window = Window.of(found, first_day, days, line)
    if html is not None:
        save_gantt(html, found, runs, evaluation, heading)
        say(f"{html}: written, open it in a browser")
    if as_json:
        print_json({"output": str(html)} if html else show_data(found, runs, evaluation))
    elif html is None:
        console().print(gantt_text(found, runs, evaluation, heading, window, console().width))
