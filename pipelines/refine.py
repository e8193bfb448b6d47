"""From source files to bronze, quarantine and silver: each table in turn, through its gate."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from pipelines import lake
from pipelines.checks import Verdict, check_table
from pipelines.settings import Settings
from pipelines.sources import SourceFile
from pipelines.storage.repositories import Quarantined

QUARANTINE_COLUMNS = (
    "table_name",
    "source_file",
    "row_number",
    "column_name",
    "reason",
    "original",
    "ingest_batch",
)


@dataclass(frozen=True, slots=True)
class Refined:
    """A table after its gate: its good rows, and each reason why another row is not among them."""

    bronze_rows: int
    silver: pd.DataFrame
    quarantine: tuple[Quarantined, ...]
    expectations: int


@dataclass(frozen=True, slots=True)
class Gate:
    """A table at its gate: its file, what came in, that typed, and that collected."""

    file: SourceFile
    bronze: DataFrame
    candidates: DataFrame
    frame: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Refinery:
    """Takes the tables of one batch through bronze, checks, quarantine and silver."""

    spark: SparkSession
    settings: Settings
    batch: str
    today: date
    report: Callable[[str], None]

    def refine(self, files: Sequence[SourceFile]) -> dict[str, Refined]:
        """Return each table refined; the files stand in an order in which references go back."""
        bronze, candidates, frames = {}, {}, {}
        for file in files:
            name = file.table.name
            bronze[name] = lake.write_bronze(self.spark, file, self.batch, self.settings.bronze)
            candidates[name] = lake.typed(bronze[name], file)
            frames[name] = lake.collect(candidates[name])
        repeats = number_repeats(frames["product"], set(frames["daily"]["unique_id"].dropna()))
        if repeats:
            candidates["product"] = lake.rename(candidates["product"], repeats)
            frames["product"] = lake.collect(candidates["product"])
        for row, product in repeats.items():
            self.report(f"product: row {row} repeats a name and is read as {product}, as in daily")
        refined: dict[str, Refined] = {}
        known: dict[str, frozenset[str]] = {}
        for file in files:
            name = file.table.name
            gate = Gate(file, bronze[name], candidates[name], frames[name])
            refined[name] = self._pass(gate, known)
            known[name] = frozenset(refined[name].silver[file.table.key[0]])
        return refined

    def _pass(self, gate: Gate, known: Mapping[str, frozenset[str]]) -> Refined:
        table, name = gate.file.table, gate.file.table.name
        verdict = check_table(gate.frame, table, known, self.today)
        originals = lake.originals(gate.bronze, verdict.bad_rows)
        kept_out = _quarantined(gate.file, verdict, originals)
        self._store_quarantine(name, kept_out)
        stored = lake.write_silver(gate.candidates, table, verdict.bad_rows, self.settings.silver)
        silver = pd.read_parquet(self.settings.silver / name)
        if stored != len(silver):
            raise RuntimeError(f"{name}: Spark stored {stored} rows, {len(silver)} are there")
        self.report(
            f"{name}: {gate.file.rows} rows of {gate.file.path.name}, {len(silver)} good, "
            f"{len(verdict.bad_rows)} in quarantine, held to {verdict.expectations} expectations"
        )
        return Refined(gate.file.rows, silver, kept_out, verdict.expectations)

    def _store_quarantine(self, name: str, rows: Sequence[Quarantined]) -> None:
        folder = self.settings.quarantine / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        values = [
            (
                row.table,
                row.source_file,
                row.row,
                row.column,
                row.reason,
                json.dumps(row.original, ensure_ascii=False),
                self.batch,
            )
            for row in rows
        ]
        types = dict.fromkeys(QUARANTINE_COLUMNS, "string") | {"row_number": "int64"}
        frame = pd.DataFrame(values, columns=list(QUARANTINE_COLUMNS)).astype(types)
        frame.to_parquet(Path(folder) / "part-0.parquet", index=False)


def number_repeats(products: pd.DataFrame, daily: Collection[str]) -> dict[int, str]:
    """Return the names of rows that repeat a product, where the daily table knows them numbered.

    The original's wide files repeat one product's name in their header, and what reads them numbers
    the second column `name.1`: the daily table then has a product that the product table only repeats.
    """
    wanted = set(daily) - set(products["unique_id"])
    times = products.groupby("unique_id").cumcount()
    numbered = products["unique_id"] + "." + times.astype(str)
    found = products["source_row"][(times > 0) & numbered.isin(wanted)]
    return {int(row): str(numbered[index]) for index, row in found.items()}


def _quarantined(
    file: SourceFile, verdict: Verdict, originals: Mapping[int, Mapping[str, object]]
) -> tuple[Quarantined, ...]:
    return tuple(
        Quarantined(
            table=file.table.name,
            source_file=file.path.name,
            row=failure.row,
            column=failure.column,
            reason=failure.reason,
            original=originals[failure.row],
        )
        for failure in verdict.failures
    )
