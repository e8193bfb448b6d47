"""Ingest: the history from its source files through bronze, checks and silver into the database.

Every row is accounted for: it is in silver, or in quarantine with its reasons. Then the plant's master
data are built from what is good.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.context import Context
from pipelines.json_file import store_json
from pipelines.platform.datasets import DatasetUnavailableError, locate_dataset
from pipelines.source_tables import TABLES
from pipelines.sources import SourceFile, open_source
from pipelines.stamp import digest_of, is_current, store_stamp

if TYPE_CHECKING:
    from pipelines.refine import Refined
    from plant import Plant

MASTER_NAME = "master"
RULES = "1"  # counts up where the code below makes other rows of the same files


@dataclass(frozen=True, slots=True)
class TableCounts:
    """Where the rows of one table went, and how many expectations each was held to."""

    bronze: int
    silver: int
    quarantined: int
    expectations: int


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What came in. `kept` says that nothing was done, the same input having been ingested before."""

    data_set: str
    simulated: bool
    batch: str
    tables: dict[str, TableCounts]
    lines: int
    items: int
    firm_orders: int
    kept: bool = False


@dataclass(frozen=True, slots=True)
class _Input:
    """Where the files of this run are, and whether they are real."""

    data_set: str
    simulated: bool
    files: tuple[SourceFile, ...]


def ingest(context: Context) -> IngestResult:
    """Return what came in, after storing bronze, silver, quarantine, master data and the database.

    Raises
    ------
    pipelines.sources.SourceError
        Where a source file is missing or broken, or lacks a column.
    pipelines.refine.TableRefusedError
        Where more rows of a table fail their checks than `ingest.max_quarantined` allows.
    """
    settings, params = context.settings, context.params
    read = _find_input(context)
    batch = digest_of([file.path for file in read.files], params.ingest, RULES)[:16]
    whole = digest_of([], params.ingest, params.recipe, params.seed, batch, _code_digest())
    layers = [settings.bronze, settings.silver, settings.quarantine]
    outputs = [*layers, settings.master_file, _metrics_file(context)]
    stamp = settings.data / "stamps" / "ingest.json"
    if is_current(stamp, whole, outputs) and _is_loaded(context, batch):
        context.report(f"ingest: input unchanged (batch {batch}), kept")
        return replace(_load_result(_metrics_file(context)), kept=True)
    refined = _refine(context, read, batch)
    plant = _build_master(context, refined)
    _load_database(context, read, batch, refined, plant)
    result = IngestResult(
        data_set=read.data_set,
        simulated=read.simulated,
        batch=batch,
        tables={name: _counts(table) for name, table in refined.items()},
        lines=len(plant.lines),
        items=len(plant.items),
        firm_orders=len(plant.orders),
    )
    _store_result(_metrics_file(context), result)
    store_stamp(stamp, whole, outputs)
    return result


def _find_input(context: Context) -> _Input:
    """The data set's files; where there is none to be had, those of a simulated history."""
    from pipelines.simulated import write_simulated

    name = context.params.ingest.dataset
    try:
        located = locate_dataset(name, context.settings, context.report)
    except DatasetUnavailableError as error:
        context.report(f"SIMULATED INPUT: {error}")
        context.report(
            f"SIMULATED INPUT: running on a made-up history, seed {context.params.seed}, its figures "
            "set from those measured on the real one"
        )
        folder = context.settings.data / "datasets" / "simulated"
        write_simulated(folder, context.params.seed)
        return _Input("simulated", True, _open(folder))
    context.report(f"{name}: read from {located.folder}")
    return _Input(name, False, _open(located.folder))


def _open(folder: Path) -> tuple[SourceFile, ...]:
    return tuple(open_source(folder, table) for table in TABLES)


def _refine(context: Context, read: _Input, batch: str) -> dict[str, Refined]:
    from pipelines.platform.spark import spark_session
    from pipelines.refine import Refinery

    today, limit = context.clock().date(), context.params.ingest.max_quarantined
    with spark_session(context.settings) as spark:
        refinery = Refinery(spark, context.settings, batch, today, limit, context.report)
        return refinery.refine(read.files)


def _build_master(context: Context, refined: Mapping[str, Refined]) -> Plant:
    from envs.fmcg import Recipe, build_master
    from plant.io import save_plant

    plant = build_master(
        refined["daily"].silver,
        refined["product"].silver,
        refined["product_plant"].silver,
        Recipe(**context.params.recipe.model_dump()),
        context.params.seed,
    )
    save_plant(plant, context.settings.master_file)
    context.report(
        f"master data: {len(plant.lines)} lines, {len(plant.items)} items, "
        f"{len(plant.capabilities)} capabilities, {len(plant.orders)} firm orders"
    )
    return plant


def _load_database(
    context: Context, read: _Input, batch: str, refined: Mapping[str, Refined], plant: Plant
) -> None:
    """Brings the database to the same state, in one transaction, changing only rows that differ."""
    from pipelines.storage import open_database, repositories, writing

    now = context.clock()
    stored = repositories.Batch(
        digest=batch,
        data_set=read.data_set,
        simulated=read.simulated,
        files={file.path.name: digest_of([file.path]) for file in read.files},
        rows={name: asdict(_counts(table)) for name, table in refined.items()},
        loaded_at=now,
    )
    engine = open_database(context.settings.database_url)
    with writing(engine) as session:
        repositories.add_batch(session, stored)
        changes = {
            "products": repositories.sync_products(session, refined["product"].silver, batch),
            "product_plants": repositories.sync_product_plants(
                session, refined["product_plant"].silver, batch
            ),
            "daily_facts": repositories.sync_daily(session, refined["daily"].silver, batch),
        }
        rows = [row for table in refined.values() for row in table.quarantine]
        repositories.add_quarantine(session, rows, batch)
        repositories.store_plant(session, MASTER_NAME, plant, now)
    engine.dispose()
    told = ", ".join(
        f"{name} +{c.inserted} ~{c.updated} -{c.deleted}" for name, c in changes.items()
    )
    context.report(f"database: {told}")


def _is_loaded(context: Context, batch: str) -> bool:
    """Whether the database, which can be another one than last time, holds this batch."""
    from pipelines.storage import open_database, reading, repositories

    engine = open_database(context.settings.database_url)
    with reading(engine) as session:
        found = repositories.find_batch(session, batch) is not None
        found = found and repositories.find_snapshot(session, MASTER_NAME) is not None
    engine.dispose()
    return found


def _counts(table: Refined) -> TableCounts:
    bad = {row.row for row in table.quarantine}
    return TableCounts(table.bronze_rows, len(table.silver), len(bad), table.expectations)


def _code_digest() -> str:
    """The recipe's own text: another recipe makes another plant of the same history."""
    from envs import shifts
    from envs.fmcg import lines, master, measured

    return digest_of([Path(str(module.__file__)) for module in (master, lines, measured, shifts)])


def _metrics_file(context: Context) -> Path:
    return context.settings.metrics / "ingest.json"


def _store_result(path: Path, result: IngestResult) -> None:
    store_json(path, {name: value for name, value in asdict(result).items() if name != "kept"})


def _load_result(path: Path) -> IngestResult:
    document = json.loads(path.read_text("utf-8"))
    tables = {name: TableCounts(**counts) for name, counts in document.pop("tables").items()}
    return IngestResult(**document, tables=tables)
