"""Files that the benchmarks of late risk and line rates are given: read, refused, labels joined."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.given_files import (
    GivenFileError,
    dates_of,
    labels_of,
    read_table,
    write_table,
)

GIVEN = pd.DataFrame({"ID": [7, 3, 5], "due": ["2014-05-02", "2014-05-03", "2014-05-04"]})


def _stored(table: pd.DataFrame, path: Path) -> Path:
    write_table(table, path)
    return path


@pytest.mark.parametrize("name", ["labels.csv", "labels.parquet"])
def test_labels_come_in_the_order_of_the_given_rows(name: str, tmp_path: Path) -> None:
    labels = pd.DataFrame({"ID": [3, 5, 7, 9], "late": [0, 1, 1, 0]})
    found = labels_of(_stored(labels, tmp_path / name), GIVEN, "ID", "late")
    assert found.tolist() == [1.0, 0.0, 1.0]


def test_labels_without_ids_come_row_by_row(tmp_path: Path) -> None:
    file = _stored(pd.DataFrame({"late": [1, 0, 0]}), tmp_path / "late.csv")
    assert labels_of(file, GIVEN, "ID", "late").tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"ID": [3, 5], "late": [0, 1]}, r"one label for each ID; no label for 1: 7"),
        ({"ID": [3, 5, 7, 7], "late": [0, 1, 0, 0]}, r"more than one label for 1: 7"),
        (
            {"ID": [3, 5, 7], "late": ["no", "yes", "0"]},
            r"column late: expected numbers, .* 2 rows",
        ),
        ({"late": [1, 0]}, r"expected a column ID, or 3 labels in the rows' order; found 2"),
        ({"ID": [3, 5, 7]}, r"expected columns late; late missing among ID"),
    ],
)
def test_labels_that_do_not_fit_are_named(
    labels: dict[str, list[object]], expected: str, tmp_path: Path
) -> None:
    file = _stored(pd.DataFrame(labels), tmp_path / "labels.csv")
    with pytest.raises(GivenFileError, match=expected):
        labels_of(file, GIVEN, "ID", "late")


def test_files_that_are_absent_empty_or_of_another_kind_are_named(tmp_path: Path) -> None:
    with pytest.raises(GivenFileError, match=r"no\.parquet: expected a Parquet or CSV file"):
        read_table(tmp_path / "no.parquet", ())
    with pytest.raises(GivenFileError, match="expected rows, found none"):
        read_table(_stored(GIVEN.iloc[:0], tmp_path / "empty.csv"), ("ID",))
    (tmp_path / "text.parquet").write_text("ID,late\n1,0\n", "utf-8")
    with pytest.raises(
        GivenFileError, match=r"text\.parquet: expected Parquet, or CSV named \.csv"
    ):
        read_table(tmp_path / "text.parquet", ("ID",))


def test_dates_that_cannot_be_read_are_named_by_row() -> None:
    wrong = GIVEN.assign(due=["2014-05-02", "soon", None])
    with pytest.raises(
        GivenFileError, match=r"expected dates, found otherwise in 2 rows: row 1: 'soon'"
    ):
        dates_of(Path("given.csv"), wrong, "due")
    assert dates_of(Path("given.csv"), GIVEN, "due").iloc[1] == pd.Timestamp("2014-05-03")
