"""From source files to bronze, quarantine and silver: each table in turn, through its gate."""

from __future__ import annotations

import json
import shutil
from collections import Counter
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


class TableRefusedError(ValueError):
    """Too much of a table is bad: then the fault is the table's, not the rows'. Says what is wrong."""


@dataclass(frozen=True, slots=True)
class _Gated:
    """A table that went through its gate: what came in, that typed, and what is to be kept out."""

    file: SourceFile
    candidates: DataFrame
    verdict: Verdict
    quarantine: tuple[Quarantined, ...]


@dataclass(frozen=True, slots=True)
class Refinery:
    """Takes the tables of one batch through bronze, checks, quarantine and silver.

    Parameters
    ----------
    today
        No day of the history lies after it.
    most_quarantined
        The share of a table's rows above which the table is refused.
    """

    spark: SparkSession
    settings: Settings
    batch: str
    today: date
    most_quarantined: float
    report: Callable[[str], None]

    def refine(self, files: Sequence[SourceFile]) -> dict[str, Refined]:
        """Return each table refined; the files stand in an order in which references go back.

        Raises
        ------
        TableRefusedError
            Where a table is refused. Silver then stays as it was.
        """
        gated = self._gate(files)
        for table in gated:
            self._refuse_if_bad(table)
        return {table.file.table.name: self._store(table) for table in gated}

    def _gate(self, files: Sequence[SourceFile]) -> list[_Gated]:
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
        known: dict[str, frozenset[str]] = {}
        gated = []
        for file in files:
            name = file.table.name
            verdict = check_table(frames[name], file.table, known, self.today)
            for notice in verdict.notices:
                self.report(f"{name}: {notice}")
            good = frames[name][~frames[name]["source_row"].isin(verdict.bad_rows)]
            known[name] = frozenset(good[file.table.key[0]])
            originals = lake.originals(bronze[name], verdict.bad_rows)
            kept_out = _quarantined(file, verdict, originals)
            self._store_quarantine(name, kept_out)
            gated.append(_Gated(file, candidates[name], verdict, kept_out))
        return gated

    def _refuse_if_bad(self, table: _Gated) -> None:
        bad, rows = len(table.verdict.bad_rows), table.file.rows
        if bad < rows and bad / rows <= self.most_quarantined:
            return
        name, first = table.file.table.name, table.quarantine[0]
        reasons = Counter(f"{one.column} {one.reason}" for one in table.quarantine)
        raise TableRefusedError(
            f"{name}: {bad} of {rows} rows ({bad / rows:.0%}) fail their checks, more than "
            f"ingest.max_quarantined ({self.most_quarantined:.0%}); most often: "
            f"{reasons.most_common(1)[0][0]}; first: {first.source_file}, row {first.row}, column "
            f"{first.column}: {first.reason}; all of them are in {self.settings.quarantine / name}"
        )

    def _store(self, table: _Gated) -> Refined:
        name, file, verdict = table.file.table.name, table.file, table.verdict
        stored = lake.write_silver(
            table.candidates, file.table, verdict.bad_rows, self.settings.silver
        )
        silver = pd.read_parquet(self.settings.silver / name)
        if not stored == len(silver) == file.rows - len(verdict.bad_rows):
            raise RuntimeError(
                f"{name}: {file.rows} rows in, {len(verdict.bad_rows)} of them in quarantine; "
                f"silver should hold the others, Spark stored {stored} and {len(silver)} are there"
            )
        self.report(
            f"{name}: {file.rows} rows of {file.path.name}, {len(silver)} good, "
            f"{len(verdict.bad_rows)} in quarantine, held to {verdict.expectations} expectations"
        )
        return Refined(file.rows, silver, table.quarantine, verdict.expectations)

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
    named = products[products["unique_id"].notna()]
    wanted = set(daily) - set(named["unique_id"])
    times = named.groupby("unique_id").cumcount()
    numbered = named["unique_id"] + "." + times.astype(str)
    found = named["source_row"][(times > 0) & numbered.isin(wanted)]
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
