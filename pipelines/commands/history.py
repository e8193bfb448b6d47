"""What was published, and what changed: versions, diff."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.errors import NO, CommandError
from pipelines.commands.options import Json, Weight, epilog
from pipelines.commands.output import print_json, print_table

if TYPE_CHECKING:
    from plant import Plant, Run, Schedule
    from plant.diff import Difference


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=epilog("takt versions", "takt versions 3 --json"))(versions)
    app.command(
        epilog=epilog(
            "takt diff plant.json before.json after.json",
            "takt diff --versions 3 4 --json",
            codes="0 the same runs, 1 they differ, 2 bad input",
        )
    )(diff)


def versions(
    number: Annotated[str | None, typer.Argument(help="One version: number or latest.")] = None,
    as_json: Json = False,
) -> None:
    """List the published versions, newest first, or show one with its figures."""
    if number is not None:
        _show_version(number, as_json=as_json)
        return
    from pipelines.settings import load_settings
    from pipelines.storage import open_database, reading
    from pipelines.storage.repositories.versions import list_versions

    engine = open_database(load_settings().database_url)
    try:
        with reading(engine) as session:
            found = list_versions(session)
    finally:
        engine.dispose()
    if as_json:
        print_json([_meta(version) for version in found])
        return
    rows = [
        (
            str(version.number),
            version.status,
            version.plant_name,
            version.method,
            version.total_cost,
            _time(version.published_at),
            version.author,
            version.note,
        )
        for version in found
    ]
    print_table(
        f"{len(found)} versions" if found else "no versions yet; `takt run` publishes one",
        ["version", "status", "plant", "method", "cost", "published (UTC)", "by", "note"],
        rows,
    )


def diff(
    plant: Annotated[Path | None, typer.Argument(help="Plant of both schedules.")] = None,
    before: Annotated[Path | None, typer.Argument(help="Schedule before.")] = None,
    after: Annotated[Path | None, typer.Argument(help="Schedule after.")] = None,
    pair: Annotated[
        tuple[str, str] | None,
        typer.Option("--versions", metavar="BEFORE AFTER", help="Two published versions."),
    ] = None,
    weight: Weight = None,
    as_json: Json = False,
) -> None:
    """Say what changed from one schedule to another: runs, cost, figures, late orders."""
    from pipelines.commands.documents import weights_of
    from plant.diff import diff as compare
    from plant.io import difference_to_document

    found, old, new = _both(plant, before, after, pair)
    difference = compare(found, old, new, weights_of(weight))
    if as_json:
        print_json(difference_to_document(difference))
    else:
        _show_difference(found, difference)
    if not difference.is_empty:
        raise typer.Exit(NO)


def _both(
    plant: Path | None, before: Path | None, after: Path | None, pair: tuple[str, str] | None
) -> tuple[Plant, Schedule, Schedule]:
    from pipelines.commands.documents import (
        in_minutes_of,
        read_plant,
        read_schedule,
        read_version,
    )

    if pair is not None:
        if plant is not None:
            raise CommandError("expected either files or --versions, found both")
        old, new = read_version(pair[0]), read_version(pair[1])
        return new.plant, in_minutes_of(old, new.plant), new.schedule
    if plant is None or before is None or after is None:
        raise CommandError("expected a plant and two schedules, or --versions BEFORE AFTER")
    found = read_plant(plant)
    return found, read_schedule(before, found), read_schedule(after, found)


def _show_difference(plant: Plant, difference: Difference) -> None:
    from pipelines.commands.output import told
    from plant.io.times import instant_at

    def place(run: Run | None) -> str:
        if run is None:
            return ""
        when = instant_at(plant.starts_at, run.start)
        return f"{run.line} {when:%a %m-%d %H:%M} {run.item} {run.quantity:g}"

    rows = [
        (one.id, ", ".join(one.changes), place(one.before), place(one.after))
        for one in difference.runs
    ]
    title = f"{len(rows)} runs differ, {difference.unchanged} are the same"
    print_table(title, ["run", "what", "before", "after"], rows)
    figures = [
        (name.replace("_", " "), told(delta.before), told(delta.after), f"{delta.change:+,.6g}")
        for name, delta in {**difference.cost, **difference.kpis}.items()
        if delta.change
    ]
    print_table(
        f"figures that changed (cost in {plant.currency})",
        ["", "before", "after", "change"],
        figures,
    )
    for name, orders in (
        ("late now", difference.orders_late),
        ("no longer late", difference.orders_saved),
    ):
        if orders:
            typer.echo(f"{name}: {', '.join(orders)}")


def _show_version(number: str, *, as_json: bool) -> None:
    from pipelines.commands.documents import read_version

    stored = read_version(number)
    if as_json:
        told = {**_meta(stored.meta), "runs": len(stored.schedule.runs)}
        print_json({**told, "cost": dict(stored.cost), "kpis": dict(stored.kpis)})
        return
    rows = [
        (key, str(value)) for key, value in _meta(stored.meta).items() if value not in (None, "")
    ]
    rows.append(("runs", str(len(stored.schedule.runs))))
    figures = [*stored.cost.items(), *stored.kpis.items()]
    print_table(f"version {stored.meta.number}", ["", ""], rows)
    print_table("figures", ["", ""], [(name, value) for name, value in figures])


def _meta(version: Any) -> dict[str, Any]:
    from dataclasses import fields

    found = {field.name: getattr(version, field.name) for field in fields(version)}
    return {key: dict(value) if hasattr(value, "items") else value for key, value in found.items()}


def _time(instant: Any) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else ""
