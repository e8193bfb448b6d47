"""Documents in and out: import, export, schema."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.errors import CommandError
from pipelines.commands.options import Json, Output, Version, epilog
from pipelines.commands.output import print_json, say

if TYPE_CHECKING:
    from plant import Plant, Schedule


class Times(StrEnum):
    """How times are written in tables."""

    minutes = "minutes"
    instants = "instants"


class Format(StrEnum):
    """What a plant or schedule is exported as."""

    csv = "csv"
    excel = "excel"
    ical = "ical"
    json = "json"


class Document(StrEnum):
    """The documents that have a JSON Schema."""

    plant = "plant"
    schedule = "schedule"
    edit = "edit"


ENDINGS = {".xlsx": Format.excel, ".ics": Format.ical, ".json": Format.json, "": Format.csv}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "import",
        epilog=epilog(
            "takt import plant.xlsx -o plant.json",
            "takt import tables/ -o plant.json --schedule schedule.json",
            "takt import runs.csv --plant plant.json --schedule schedule.json",
        ),
    )(import_command)
    app.command(
        "export",
        epilog=epilog(
            "takt export plant.json schedule.json -o plan.xlsx",
            "takt export --version latest -o shopfloor.ics",
        ),
    )(export_command)
    app.command("schema", epilog=epilog("takt schema plant -o plant.schema.json"))(schema_command)


def import_command(
    source: Annotated[Path, typer.Argument(help="CSV folder, .xlsx workbook, runs.csv or JSON.")],
    output: Output = None,
    schedule: Annotated[
        Path | None, typer.Option(help="Where to write the schedule's JSON.")
    ] = None,
    plant: Annotated[Path | None, typer.Option(help="Plant that a table of runs is for.")] = None,
    as_json: Json = False,
) -> None:
    """Check tables of a plant or schedule, every error at once, and write them as JSON.

    Without -o and --schedule it only checks.
    """
    from plant.io import save_plant, save_schedule

    found, runs = _read(source, plant)
    if schedule is not None and runs is None:
        raise CommandError(f"{source}: expected a table of runs for --schedule, found none")
    if runs is not None:
        _check_lines_and_items(found, runs)
    if output is not None:
        save_plant(found, output)
    if schedule is not None and runs is not None:
        save_schedule(runs, schedule)
    told: dict[str, Any] = {
        "plant": str(output) if output else None,
        "schedule": str(schedule) if schedule else None,
        "lines": len(found.lines),
        "items": len(found.items),
        "orders": len(found.orders),
        "runs": len(runs.runs) if runs else None,
    }
    if as_json:
        print_json(told)
    else:
        counts = ", ".join(f"{n} {name}" for name, n in told.items() if isinstance(n, int))
        written = [str(path) for path in (output, schedule) if path]
        say(f"{source}: {counts}; {'written: ' + ', '.join(written) if written else 'no errors'}")


def export_command(
    plant: Annotated[
        Path | None, typer.Argument(help="Plant: JSON file, CSV folder or .xlsx.")
    ] = None,
    schedule: Annotated[
        Path | None, typer.Argument(help="Schedule: JSON, runs.csv or .xlsx.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder (CSV), .xlsx, .ics or .json to write.")
    ] = Path("export"),
    version: Version = None,
    kind: Annotated[
        Format | None, typer.Option("--format", help="If the ending does not say.")
    ] = None,
    times: Annotated[Times, typer.Option(help="How tables write times.")] = Times.minutes,
    as_json: Json = False,
) -> None:
    """Write a plant and its schedule as CSV folder, Excel workbook, iCalendar or JSON."""
    from pipelines.commands.documents import read_pair, read_plant

    found: Plant
    runs: Schedule | None
    if plant is not None and schedule is None and version is None:
        found, runs = read_plant(plant), None
    else:
        found, runs, _ = read_pair(plant, schedule, version)
    chosen = kind or ENDINGS.get(output.suffix.casefold())
    if chosen is None:
        expected = "a folder, .xlsx, .ics, .json or --format"
        raise CommandError(f"{output}: expected {expected}, found {output.suffix}")
    _export(chosen, output, found, runs, instants=times is Times.instants)
    if as_json:
        print_json(
            {
                "output": str(output),
                "format": chosen.value,
                "runs": len(runs.runs) if runs else None,
            }
        )
    else:
        say(f"{output}: written as {chosen.value}")


def schema_command(
    document: Annotated[Document, typer.Argument(help="Which document.")],
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Print the JSON Schema of the plant, schedule or edit document."""
    import json

    from plant.io.atomic import write_whole
    from plant.io.schema import json_schema

    text = json.dumps(json_schema(document.value), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    write_whole(output, text.encode())
    if as_json:
        print_json({"output": str(output)})


def _read(source: Path, plant: Path | None) -> tuple[Plant, Schedule | None]:
    from pipelines.commands.documents import read_plant, read_schedule
    from plant.io.tables import load_tables

    if plant is not None:
        found = read_plant(plant)
        return found, read_schedule(source, found)
    if source.suffix.casefold() == ".json":
        return read_plant(source), None
    return load_tables(source)


def _check_lines_and_items(plant: Plant, schedule: Schedule) -> None:
    """Raise ReferencesError where a run names what the plant has not."""
    from plant import violations

    violations(plant, schedule)


def _export(
    kind: Format, output: Path, plant: Plant, schedule: Schedule | None, *, instants: bool
) -> None:
    from pipelines.settings import utc_now
    from plant.io import save_plant, save_schedule
    from plant.io.calendars import save_ical
    from plant.io.csv_files import save_folder
    from plant.io.excel import save_workbook
    from plant.io.tables import plant_tables

    if kind is Format.ical:
        if schedule is None:
            raise CommandError("iCalendar holds runs: expected a schedule, found none")
        save_ical(plant, schedule, output, utc_now())
    elif kind is Format.json:
        if schedule is None:
            save_plant(plant, output)
        else:
            save_schedule(schedule, output)
    else:
        tables = plant_tables(plant, schedule, instants=instants)
        (save_workbook if kind is Format.excel else save_folder)(output, tables)
