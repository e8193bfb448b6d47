"""Plants and their schedules: generate, solve, evaluate."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.errors import NO, CommandError
from pipelines.commands.options import Json, Output, PlantArgument, Version, Weight, epilog
from pipelines.commands.output import console, print_json, print_table, say

if TYPE_CHECKING:
    from models.optimize import Solution
    from models.optimize.obstacles.explain import Obstacle
    from plant import Evaluation, Plant

MOST_OBSTACLES = 20

Base = Annotated[
    Path | None,
    typer.Option("--base", help="Schedule it follows: its locks hold, moves of its runs cost."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=epilog(
            "takt generate --lines 50 --items 200 --orders 600 --days 14 --load 0.9 --seed 1 "
            "-o plant.json"
        )
    )(generate)
    app.command(
        epilog=epilog(
            "takt solve plant.json --seconds 10 --workers 2 -o schedule.json --json",
            codes="0 feasible, 1 none found, 2 bad input",
        )
    )(solve)
    app.command(
        epilog=epilog(
            "takt evaluate plant.json schedule.json --json",
            "takt evaluate --version latest",
            codes="0 feasible, 1 not feasible, 2 bad input",
        )
    )(evaluate)


def generate(
    lines: Annotated[int, typer.Option(help="Lines.")] = 50,
    items: Annotated[int, typer.Option(help="Items that lines make, and raw ones.")] = 200,
    orders: Annotated[int, typer.Option(help="Orders.")] = 600,
    days: Annotated[int, typer.Option(help="Days of the horizon.")] = 14,
    load: Annotated[float, typer.Option(help="Work over shift time; 1 is full.")] = 0.9,
    seed: Annotated[int, typer.Option(help="The same seed gives the same plant.")] = 1,
    families: Annotated[
        int | None, typer.Option(help="Families; as many as fit if left out.")
    ] = None,
    stages: Annotated[int, typer.Option(help="Stages from raw material to product.")] = 1,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Make up a plant, the same for the same seed."""
    from envs.scenarios import generate as make
    from plant.io import plant_to_document, plant_to_json, save_plant

    plant = make(lines, items, orders, days, load, seed, families=families, stages=stages)
    if output is None:
        typer.echo(plant_to_json(plant), nl=False)
        return
    save_plant(plant, output)
    counts = {
        name: len(value)
        for name, value in plant_to_document(plant).items()
        if isinstance(value, list)
    }
    if as_json:
        print_json({"output": str(output), "seed": seed, "horizon": plant.horizon, **counts})
    else:
        say(f"{output}: " + ", ".join(f"{count} {name}" for name, count in counts.items() if count))


def evaluate(
    plant: Annotated[
        Path | None, typer.Argument(help="Plant: JSON file, CSV folder or .xlsx.")
    ] = None,
    schedule: Annotated[
        Path | None, typer.Argument(help="Schedule: JSON file, runs.csv or .xlsx.")
    ] = None,
    base: Base = None,
    version: Version = None,
    weight: Weight = None,
    as_json: Json = False,
) -> None:
    """Judge a schedule: every broken rule, the cost by component, the figures.

    A published version is judged against the version that it follows, under the weights and zones
    that it was published with.
    """
    from pipelines.commands.documents import judged, judged_version, read_plant, read_schedule
    from plant.io import evaluation_to_document

    if version is not None:
        if plant or schedule or base:
            raise CommandError("expected either files or --version, found both")
        found, evaluation, name = judged_version(version, weight)
    elif plant is None or schedule is None:
        raise CommandError("expected a plant and a schedule, or --version")
    else:
        found, name = read_plant(plant), schedule.name
        against = read_schedule(base, found) if base else None
        evaluation = judged(found, read_schedule(schedule, found), against, weight)
    if as_json:
        print_json(evaluation_to_document(evaluation))
    else:
        show_evaluation(found, evaluation, name)
    if not evaluation.feasible:
        raise typer.Exit(NO)


def solve(
    plant: PlantArgument,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time to search.")] = 10.0,
    workers: Annotated[int, typer.Option(min=1, help="Threads and processes at work.")] = 2,
    output: Output = None,
    start: Annotated[Path | None, typer.Option(help="Schedule to start from.")] = None,
    base: Base = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the search's choices.")] = 0,
    weight: Weight = None,
    as_json: Json = False,
) -> None:
    """Find the cheapest schedule of a plant that the time allows; what cannot be planned is said first.

    Ctrl-C ends the search at once; the best schedule so far is kept.
    """
    from models.optimize import solve as search
    from models.optimize.obstacles.explain import obstacles
    from pipelines.commands.documents import (
        judged,
        read_plant,
        read_schedule,
        weights_of,
        zones_of,
    )
    from plant.io import save_schedule

    found = read_plant(plant)
    first = read_schedule(start, found) if start else None
    against = read_schedule(base, found) if base else None
    hindered = obstacles(found, against, zones_of())
    _say_obstacles(hindered)
    with interruptions() as interrupted:
        solution = search(
            found,
            first,
            seconds,
            workers,
            weights_of(weight),
            against,
            zones_of(),
            report=say,
            seed=seed,
            stop=interrupted.is_set,
        )
    if interrupted.is_set():
        say("stopped; this is the best so far:")
    evaluation = judged(found, solution.schedule, against, weight)
    if output is not None:
        save_schedule(solution.schedule, output)
    for note in solution.notes:
        say(f"note: {note}")
    if as_json:
        print_json(_solution_document(solution, evaluation, hindered, output))
    else:
        show_evaluation(found, evaluation, str(output or "schedule, not written: give -o FILE"))
        known = solution.bound is not None and solution.gap is not None
        say(f"bound {solution.bound:,.0f}, gap {solution.gap:.1%}" if known else "bound not known")
    if not evaluation.feasible:
        raise typer.Exit(NO)


@contextmanager
def interruptions() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, instead of what it does otherwise."""
    interrupted = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _say_obstacles(hindered: Sequence[Obstacle]) -> None:
    """Say what cannot be planned, whatever is found."""
    for one in hindered[:MOST_OBSTACLES]:
        say(f"cannot be planned: {one.message}")
    if len(hindered) > MOST_OBSTACLES:
        say(f"and {len(hindered) - MOST_OBSTACLES} more; --json gives all")
    if hindered:
        say("everything else is planned:")


def _solution_document(
    solution: Solution,
    evaluation: Evaluation,
    hindered: Sequence[Obstacle],
    output: Path | None,
) -> dict[str, Any]:
    """The referee's verdict with the search's evidence, and the schedule where it is not in a file."""
    from dataclasses import asdict

    from plant.io import evaluation_to_document, schedule_to_document

    document = {
        **evaluation_to_document(evaluation),
        "bound": solution.bound,
        "gap": solution.gap,
        "runs": len(solution.schedule.runs),
        "found_by": solution.found_by,
        "notes": list(solution.notes),
        "obstacles": [asdict(one) for one in hindered],
        "output": str(output) if output else None,
    }
    if output is None:
        document["schedule"] = schedule_to_document(solution.schedule)
    return document


def show_evaluation(plant: Plant, evaluation: Evaluation, name: str) -> None:
    """Print a verdict: broken rules first, then cost and figures."""
    from dataclasses import asdict

    from plant import COMPONENTS

    rules = (
        "all rules kept" if evaluation.feasible else f"{len(evaluation.violations)} rules broken"
    )
    for violation in evaluation.violations[:20]:
        console().print(f"{violation.kind}: {violation.message}", markup=False, style="red")
    if len(evaluation.violations) > 20:
        console().print(
            f"and {len(evaluation.violations) - 20} more; --json gives all", style="red"
        )
    rows: list[tuple[str, object]] = [(f"cost, {plant.currency}", evaluation.cost.total)]
    for component in COMPONENTS:
        if money := getattr(evaluation.cost, component):
            rows.append((f"  {component}", money))
    for kpi, value in asdict(evaluation.kpis).items():
        share = kpi in ("on_time_in_full", "utilisation")
        rows.append((kpi.replace("_", " "), f"{value:.1%}" if share else value))
    print_table(f"{name}: {rules}", ["", ""], rows)
