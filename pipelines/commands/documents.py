"""The plants and schedules that commands are given, whatever form they come in."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.commands.errors import CommandError

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.storage.repositories.versions import StoredVersion
    from plant import Evaluation, Plant, Schedule, Weights, Zones


def read_plant(path: Path) -> Plant:
    """The plant of a JSON file, CSV folder or workbook."""
    from plant.io import load_plant
    from plant.io.tables import load_tables

    return load_plant(path) if _is_json(path) else load_tables(path)[0]


def read_schedule(path: Path, plant: Plant) -> Schedule:
    """The schedule of a JSON file, runs.csv, CSV folder or workbook, for a plant."""
    from plant.io import load_schedule
    from plant.io.tables import load_runs

    return load_schedule(path) if _is_json(path) else load_runs(path, plant)


def read_pair(
    plant: Path | None, schedule: Path | None, version: str | None
) -> tuple[Plant, Schedule, str]:
    """A plant, its schedule and what to call them.

    Two files, or a published version, or without either what the last run left in the data folder.
    """
    if version is not None:
        if plant or schedule:
            raise CommandError("expected either files or --version, found both")
        stored = read_version(version)
        return stored.plant, stored.schedule, f"version {stored.meta.number}"
    if plant is None:
        settings = _settings()
        plant, schedule = settings.plant_file, settings.schedule_file
        if not plant.exists():
            raise CommandError(f"{plant}: not there; name a plant and a schedule, or do `takt run`")
    if schedule is None:
        raise CommandError("expected a schedule after the plant, found none")
    found = read_plant(plant)
    return found, read_schedule(schedule, found), schedule.name


def read_version(text: str) -> StoredVersion:
    """A published version by its number, or the latest."""
    from pipelines.storage import open_database, reading
    from pipelines.storage.repositories.versions import latest_published, load_version

    engine = open_database(_settings().database_url)
    try:
        with reading(engine) as session:
            if text == "latest":
                meta = latest_published(session)
                if meta is None:
                    raise CommandError("no version is published yet; `takt run` makes one")
                return load_version(session, meta.number)
            if not text.isdecimal():
                raise CommandError(f"--version: expected a number or latest, found {text!r}")
            return load_version(session, int(text))
    finally:
        engine.dispose()


def weights_of(given: list[str] | None, usual: Weights | None = None) -> Weights:
    """The usual weights, those of params.yaml, with what is given as NAME=VALUE in their place."""
    from plant import Weights

    found = asdict(usual) if usual else _params_weights()
    names = [field.name for field in fields(Weights)]
    for text in given or ():
        name, _, value = text.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if name not in names or not 0 <= number < float("inf"):
            expected = f"one of {', '.join(names)}, then = and a number of at least 0"
            raise CommandError(f"--weight {text}: expected {expected}")
        found[name] = number
    return Weights(**found)


def zones_of() -> Zones:
    """The frozen and slush zones of params.yaml."""
    from pipelines.params import load_params

    return load_params(_settings().params_file).zones.for_plant()


def judged(
    plant: Plant, schedule: Schedule, base: Schedule | None = None, weight: list[str] | None = None
) -> Evaluation:
    """What the referee says under the weights and zones in force."""
    from plant import evaluate

    return evaluate(plant, schedule, base, weights_of(weight), zones_of())


def judged_version(version: str, weight: list[str] | None = None) -> tuple[Plant, Evaluation, str]:
    """The plant of a published version, what the referee says of it, and what to call it."""
    from plant import Weights, Zones, evaluate

    stored = read_version(version)
    meta = stored.meta
    base = in_minutes_of(read_version(str(meta.base)), stored.plant) if meta.base else None
    weights = weights_of(weight, Weights(**meta.weights))
    evaluation = evaluate(stored.plant, stored.schedule, base, weights, Zones(**meta.zones))
    return stored.plant, evaluation, f"version {meta.number}"


def in_minutes_of(stored: StoredVersion, plant: Plant) -> Schedule:
    """The schedule of a version in the minutes of a plant that starts at the same instant or later.

    Raises
    ------
    CommandError
        Where it starts earlier, or not whole minutes later.
    """
    from pipelines.plan_base import rebased
    from plant.io.times import minute_at

    later = minute_at(stored.plant.starts_at, plant.starts_at)
    if later == 0:
        return stored.schedule
    if later is None or later < 0:
        found = f"{stored.plant.starts_at.isoformat()} against {plant.starts_at.isoformat()}"
        raise CommandError(f"expected the older of two versions first, found starts {found}")
    return rebased(stored.schedule, later, plant)


def _params_weights() -> dict[str, float]:
    from pipelines.params import load_params

    found: dict[str, float] = load_params(_settings().params_file).weights.model_dump()
    return found


def _settings() -> Settings:
    from pipelines.settings import load_settings

    return load_settings()


def _is_json(path: Path) -> bool:
    return not path.is_dir() and path.suffix.casefold() not in (".xlsx", ".xlsm", ".xls", ".csv")
