"""Plans to choose from: pareto."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.errors import NO
from pipelines.commands.options import Json, PlantArgument, Weight, epilog
from pipelines.commands.output import print_json, print_table, say

if TYPE_CHECKING:
    from models.optimize.pareto.front import Front

FIGURES = ("on_time_in_full", "orders_late", "changeovers", "moves", "changed_runs")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=epilog(
            "takt pareto plant.json --start schedule.json --seconds 20 -o alternatives",
            codes="0 plans found, 1 none feasible, 2 bad input",
        )
    )(pareto)


def pareto(
    plant: PlantArgument,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time to search.")] = 20.0,
    workers: Annotated[int, typer.Option(min=1, help="Threads at work.")] = 2,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write.")] = None,
    start: Annotated[Path | None, typer.Option(help="Schedule to find alternatives to.")] = None,
    base: Annotated[
        Path | None, typer.Option(help="Schedule it follows: its locks hold, its moves cost.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the search's choices.")] = 0,
    weight: Weight = None,
    as_json: Json = False,
) -> None:
    """Find plans that trade tardiness, production cost, inventory and line efficiency.

    None is worse than another in everything. The cheapest, the most on time, the leanest and the
    calmest are named.
    """
    from models.optimize.pareto.alternatives import pareto as find
    from pipelines.alternatives import front_document, save_front
    from pipelines.commands.documents import read_plant, read_schedule, weights_of, zones_of

    found = read_plant(plant)
    front = find(
        found,
        read_schedule(start, found) if start else None,
        seconds,
        workers,
        weights_of(weight),
        read_schedule(base, found) if base else None,
        zones_of(),
        seed,
        report=say,
    )
    for note in front.notes:
        say(f"note: {note}")
    if output is not None:
        save_front(front, found.currency, output)
        say(f"{output}: {len(front.plans)} schedules, front.csv, front.json, front.png")
    if as_json:
        print_json(front_document(front, found.currency))
    else:
        show_front(front, found.currency)
    if not front.plans:
        raise typer.Exit(NO)


def show_front(front: Front, currency: str) -> None:
    """Print the plans that have a name beside each other, with the range of all plans."""
    from pipelines.alternatives import front_rows

    rows = front_rows(front)
    title = f"{len(rows)} plans; hypervolume {front.hypervolume:.3g} (the incumbent alone: 1)"
    if not rows:
        print_table(title, [], [])
        return
    chosen = [rows[place] for place in front.picks.values()]
    names = ["total", *front.objectives, *FIGURES]
    print_table(
        title,
        ["", *(name.replace("_", " ") for name in front.picks), "least", "most"],
        [
            ("plan", *(row["file"].removesuffix(".json") for row in chosen), "", ""),
            *(
                (
                    f"{name}, {currency}" if name == "total" else name.replace("_", " "),
                    *(_told(name, row[name]) for row in chosen),
                    _told(name, min(row[name] for row in rows)),
                    _told(name, max(row[name] for row in rows)),
                )
                for name in names
            ),
        ],
    )


def _told(name: str, value: float) -> str:
    return f"{value:.1%}" if name == "on_time_in_full" else f"{value:,.0f}"
