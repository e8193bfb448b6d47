from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.settings import Settings
from pipelines.source_tables import TABLES
from pipelines.sources import open_source
from tests.pipelines.source_samples import daily_frame, write_sources

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # PySpark leaves its own
]

TODAY = date(2023, 7, 1)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pipelines.platform.spark import spark_session

    with spark_session(Settings(data=tmp_path_factory.mktemp("spark"))) as session:
        yield session


@pytest.fixture
def refine(spark: Any, tmp_path: Path) -> Callable[[Path], Any]:
    from pipelines.refine import Refinery

    def call(folder: Path) -> Any:
        refinery = Refinery(
            spark, Settings(data=tmp_path / "data"), "batch", TODAY, 0.5, lines.append
        )
        return refinery.refine([open_source(folder, table) for table in TABLES])

    lines: list[str] = []
    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sources(tmp_path / "sources")


def test_good_rows_reach_silver_typed(folder: Path, refine: Callable[[Path], Any]) -> None:
    refined = refine(folder)
    daily = refined["daily"].silver
    expected = daily_frame().sort_values(["unique_id", "ds"], ignore_index=True)
    pd.testing.assert_frame_equal(daily[expected.columns], expected, check_dtype=False)
    pairs = refined["product_plant"].silver
    assert pairs["storage"].fillna("none").tolist() == ["2030", "none", "2030", "9"]
    assert all(table.quarantine == () for table in refined.values())


def test_csv_gives_the_same_silver_as_parquet(
    tmp_path: Path, folder: Path, refine: Callable[[Path], Any]
) -> None:
    parquet = refine(folder)["daily"].silver
    csv = refine(write_sources(tmp_path / "as csv", csv=True))["daily"].silver
    columns = daily_frame().columns
    pd.testing.assert_frame_equal(csv[columns], parquet[columns])


def test_bronze_holds_the_file_as_it_came(
    tmp_path: Path, folder: Path, refine: Callable[[Path], Any]
) -> None:
    (folder / "product_groups.csv").write_text(
        'Node,Group,Sub-Group,Remark\nCOLA1,C,CO," x "\nCOLA2,C,CO,\nSALT1,,SA,"a\nb"\n'
    )
    refine(folder)
    bronze = pd.read_parquet(tmp_path / "data" / "bronze" / "product")
    assert bronze["source_row"].tolist() == [2, 3, 4]
    assert bronze["Remark"].tolist() == [" x ", None, "a\nb"]
    assert set(bronze["source_file"]) == {"product_groups.csv"}
    assert set(bronze["ingest_batch"]) == {"batch"}


def test_bad_rows_go_to_quarantine_as_they_were_and_the_others_go_on(
    tmp_path: Path, refine: Callable[[Path], Any]
) -> None:
    folder = write_sources(tmp_path / "sources", csv=True)
    lines = (folder / "daily.csv").read_text().splitlines()
    head = lines[0].split(",")

    def spoil(row: int, column: str, text: str) -> None:
        fields = lines[row - 1].split(",")
        fields[head.index(column)] = text
        lines[row - 1] = ",".join(fields)

    spoil(4, "ordered_units", "-7")
    spoil(9, "produced_units", "many")
    spoil(12, "ds", "2023-02-30")
    spoil(15, "unique_id", "")
    spoil(18, "unique_id", "COLA9")
    spoil(21, "issued_tonnes", "NaN")
    lines.append(lines[29])
    (folder / "daily.csv").write_text("\n".join(lines) + "\n")
    daily = refine(folder)["daily"]
    told = {(one.row, one.column): one.reason for one in daily.quarantine}
    assert told == {
        (4, "ordered_units"): "expected a number from 0 to 1e+09, found -7",
        (9, "produced_units"): "expected a number, found 'many'",
        (12, "ds"): "expected a day like 2023-06-30, found '2023-02-30'",
        (15, "unique_id"): "is missing",
        (18, "unique_id"): "expected a product that table product has, found 'COLA9'",
        (21, "issued_tonnes"): "expected a number, found 'NaN'",
        (62, "unique_id, ds"): "repeats row 30",
    }
    assert daily.bronze_rows == 61
    assert len(daily.silver) == 61 - 7
    stored = pd.read_parquet(tmp_path / "data" / "quarantine" / "daily")
    assert stored["row_number"].tolist() == [4, 9, 12, 15, 18, 21, 62]
    assert json.loads(stored["original"][1])["produced_units"] == "many"
    assert stored["source_file"].unique().tolist() == ["daily.csv"]


def test_a_repeated_product_is_numbered_only_where_daily_knows_the_number(
    folder: Path, refine: Callable[[Path], Any]
) -> None:
    with (folder / "product_groups.csv").open("a") as file:
        file.write("COLA1,D,DO\nSALT1,S,SA\n")
    daily = daily_frame()
    more = daily[daily["unique_id"] == "COLA1"].assign(unique_id="COLA1.1")
    pd.concat([daily, more]).to_parquet(folder / "daily.parquet", index=False)
    refined = refine(folder)
    products = refined["product"].silver.set_index("unique_id")
    assert products["group"].to_dict() == {"COLA1": "C", "COLA1.1": "D", "COLA2": "C", "SALT1": "S"}
    assert [one.reason for one in refined["product"].quarantine] == ["repeats row 4"]
    assert refined["daily"].quarantine == ()


def test_a_product_that_is_kept_out_takes_its_facts_along(
    folder: Path, refine: Callable[[Path], Any]
) -> None:
    groups = folder / "product_groups.csv"
    groups.write_text(groups.read_text().replace("SALT1,S,SA", "SALT1,,SA"))
    refined = refine(folder)
    assert len(refined["daily"].silver) == 40
    assert {one.original["unique_id"] for one in refined["daily"].quarantine} == {"SALT1"}


def test_nanosecond_instants_are_read_as_the_days_they_are(
    folder: Path, refine: Callable[[Path], Any]
) -> None:
    fine = daily_frame().astype({"ds": "datetime64[ns]"})
    fine.to_parquet(folder / "daily.parquet", index=False)
    assert refine(folder)["daily"].silver["ds"].max() == pd.Timestamp(2023, 6, 30)


def test_a_table_that_is_mostly_bad_is_refused_and_silver_stays(
    tmp_path: Path, folder: Path, refine: Callable[[Path], Any]
) -> None:
    from pipelines.refine import TableRefusedError

    refine(folder)
    spoilt = daily_frame()
    spoilt.loc[:34, "ordered_units"] = -1.0
    spoilt.to_parquet(folder / "daily.parquet", index=False)
    with pytest.raises(TableRefusedError) as caught:
        refine(folder)
    assert str(caught.value).startswith(
        "daily: 35 of 60 rows (58%) fail their checks, more than ingest.max_quarantined (50%); most "
        "often: ordered_units expected a number from 0 to 1e+09, found -1; first: daily.parquet, "
        "row 1, column ordered_units: expected"
    )
    assert len(pd.read_parquet(tmp_path / "data" / "silver" / "daily")) == 60
    assert len(pd.read_parquet(tmp_path / "data" / "quarantine" / "daily")) == 35
