"""Bronze and silver: what came in as it came, and what of it is good, typed. Parquet, by Spark."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from pipelines.source_tables import TEXT, UNREAD, Column, SourceTable
from pipelines.sources import FIRST_ROW, SourceFile

PROVENANCE = ("source_file", "source_row", "ingest_batch")
DAY = r"^\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?$"
WHOLE = r"^(\d+)\.0+$"


def write_bronze(spark: SparkSession, source: SourceFile, batch: str, folder: Path) -> DataFrame:
    """Return the table as it came, with source file, row number and batch, after storing it so.

    Raises
    ------
    RuntimeError
        Where Spark finds another number of rows than the file was proven to have.
    """
    target = str(folder / source.table.name)
    read = _read_csv if source.format == "csv" else _read_parquet
    marked = read(spark, source).select(
        "*",
        fn.lit(source.path.name).alias("source_file"),
        fn.lit(batch).alias("ingest_batch"),
    )
    marked.coalesce(1).write.mode("overwrite").parquet(target)
    bronze = spark.read.parquet(target)
    if (found := bronze.count()) != source.rows:
        raise RuntimeError(f"{source.path.name}: has {source.rows} rows, Spark read {found}")
    return bronze


def typed(bronze: DataFrame, source: SourceFile) -> DataFrame:
    """Return each column of the table typed, beside it as text, and what of it has no such type."""
    columns = [fn.col(name) for name in PROVENANCE]
    for column in source.table.columns:
        raw = fn.trim(fn.col(f"`{source.columns[column.name]}`").cast("string"))
        text = fn.when(raw != "", raw)
        value = _value(column, text)
        columns += [
            value.alias(column.name),
            text.alias(TEXT.format(column.name)),
            fn.when(value.isNull(), text).alias(UNREAD.format(column.name)),
        ]
    return bronze.select(*columns)


def rename(candidates: DataFrame, names: Mapping[int, str]) -> DataFrame:
    """Return the candidates with the products of those rows called by those names."""
    for column in ("unique_id", TEXT.format("unique_id")):
        renamed = fn.col(column)
        for row, name in names.items():
            renamed = fn.when(fn.col("source_row") == row, name).otherwise(renamed)
        candidates = candidates.withColumn(column, renamed)
    return candidates


def write_silver(
    candidates: DataFrame, table: SourceTable, bad_rows: Collection[int], folder: Path
) -> int:
    """Return how many good rows silver holds now: the candidates but for the bad ones, by key."""
    spark = candidates.sparkSession
    target = str(folder / table.name)
    good = candidates
    if bad_rows:
        bad = spark.createDataFrame([(row,) for row in sorted(bad_rows)], "source_row long")
        good = candidates.join(fn.broadcast(bad), "source_row", "left_anti")
    columns = [_stored(column) for column in table.columns]
    ordered = good.select(*columns, "source_row", "ingest_batch").coalesce(1)
    ordered.sortWithinPartitions(*table.key).write.mode("overwrite").parquet(target)
    return spark.read.parquet(target).count()


def originals(bronze: DataFrame, rows: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return the source rows of those numbers, each as its fields were read."""
    if not rows:
        return {}
    wanted = bronze.sparkSession.createDataFrame([(row,) for row in rows], "source_row long")
    fields = [f"`{name}`" for name in bronze.columns if name not in PROVENANCE]
    document = fn.to_json(fn.struct(*fields), {"ignoreNullFields": "false"})
    found = bronze.join(fn.broadcast(wanted), "source_row").select("source_row", document)
    return {row[0]: json.loads(row[1]) for row in found.collect()}


def collect(candidates: DataFrame) -> pd.DataFrame:
    """Return the candidates as a pandas frame in the order of their rows."""
    frame: pd.DataFrame = candidates.toPandas()
    return frame.sort_values("source_row", ignore_index=True)


def _read_csv(spark: SparkSession, source: SourceFile) -> DataFrame:
    """All fields as text. `multiLine` keeps a file in one piece, so that rows can be counted."""
    frame = spark.read.csv(
        str(source.path),
        header=True,
        multiLine=True,
        mode="FAILFAST",
        escape='"',
        encoding="UTF-8",
    )
    row = fn.monotonically_increasing_id() + FIRST_ROW["csv"]
    return frame.withColumn("source_row", row)


def _read_parquet(spark: SparkSession, source: SourceFile) -> DataFrame:
    spark.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")  # else Spark refuses the file
    frame = spark.read.parquet(str(source.path))
    row = fn.col("_metadata.row_index") + FIRST_ROW["parquet"]
    instants = {
        name: fn.timestamp_micros((fn.col(f"`{name}`") / 1000).cast("long"))
        for name in source.nanoseconds
    }
    return frame.select("*", row.alias("source_row")).withColumns(instants)


def _value(column: Column, text: SparkColumn) -> SparkColumn:
    if column.kind == "number":
        number = text.try_cast("double")
        return fn.when(~fn.isnan(number) & (fn.abs(number) != float("inf")), number)
    if column.kind == "day":
        return fn.when(text.rlike(DAY), text.substr(1, 10).try_cast("date"))
    if column.kind == "code":
        return fn.regexp_replace(text, WHOLE, "$1")
    return text


def _stored(column: Column) -> SparkColumn:
    # Without zone: with one, pandas would read the day as an instant in UTC.
    return (
        fn.col(column.name).cast("timestamp_ntz") if column.kind == "day" else fn.col(column.name)
    )
