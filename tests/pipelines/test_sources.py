from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.source_tables import DAILY, PRODUCT, PRODUCT_PLANT
from pipelines.sources import SourceError, open_source
from tests.pipelines.source_samples import daily_frame, write_sources

GROUPS = "product_groups.csv"


def says(folder: Path, table: object = PRODUCT) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(folder, table)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sources(tmp_path)


def test_a_good_file_is_counted_and_its_columns_found(folder: Path) -> None:
    source = open_source(folder, PRODUCT)
    assert (source.format, source.rows) == ("csv", 3)
    assert source.columns == {"unique_id": "Node", "group": "Group", "sub_group": "Sub-Group"}
    assert open_source(folder, DAILY).rows == 60
    assert open_source(folder, PRODUCT_PLANT).rows == 4


def test_columns_may_come_under_their_silver_names_too(folder: Path) -> None:
    (folder / GROUPS).write_text("sub_group,unique_id,group\nCO,A,C\n")
    assert open_source(folder, PRODUCT).columns["unique_id"] == "unique_id"


def test_a_byte_order_mark_and_blank_lines_at_the_end_do_not_matter(folder: Path) -> None:
    (folder / GROUPS).write_bytes(b"\xef\xbb\xbfNode,Group,Sub-Group\r\nA,C,CO\r\n\r\n\r\n")
    assert open_source(folder, PRODUCT).rows == 1


def test_a_quoted_field_may_hold_commas_and_line_breaks(folder: Path) -> None:
    (folder / GROUPS).write_text('Node,Group,Sub-Group\n"A\n,b",C,CO\nB,C,CO\n')
    assert open_source(folder, PRODUCT).rows == 2


def test_a_missing_file_is_named_with_what_is_there(folder: Path) -> None:
    (folder / "daily.parquet").rename(folder / "dayly.parquet")
    message = says(folder, DAILY)
    assert message.startswith("daily: expected daily.parquet or daily.csv in ")
    assert "dayly.parquet" in message


def test_two_files_of_one_table_are_refused(folder: Path) -> None:
    daily_frame().to_csv(folder / "daily.csv", index=False)
    assert "daily.parquet and daily.csv are both in" in says(folder, DAILY)


def test_a_missing_column_is_named_with_what_is_there(folder: Path) -> None:
    daily_frame().drop(columns="ordered_units").to_parquet(folder / "daily.parquet")
    message = says(folder, DAILY)
    assert message.startswith("daily.parquet: schema: column ordered_units is missing; found ")
    assert "'produced_units'" in message
    assert "meant" not in message


def test_a_renamed_column_is_recognised(folder: Path) -> None:
    renamed = daily_frame().rename(columns={"ordered_units": "order_units"})
    renamed.to_parquet(folder / "daily.parquet")
    assert "is 'order_units' meant?" in says(folder, DAILY)


def test_a_column_that_stands_there_twice_is_refused(folder: Path) -> None:
    (folder / GROUPS).write_text("Node,Group,Sub-Group,Node\nA,C,CO,B\n")
    assert "column Node or unique_id stands there twice" in says(folder)


@pytest.mark.parametrize("keep", [0, 3, 100, 3000])
def test_a_truncated_parquet_file_is_named(folder: Path, keep: int) -> None:
    file = folder / "daily.parquet"
    file.write_bytes(file.read_bytes()[:keep])
    assert says(folder, DAILY).startswith(
        f"daily.parquet: not a whole Parquet file ({keep} bytes):"
    )


def test_a_file_that_only_calls_itself_parquet_is_named(folder: Path) -> None:
    (folder / "daily.parquet").write_text("unique_id,ds\n" * 50)
    assert says(folder, DAILY).startswith("daily.parquet: not a whole Parquet file")


def test_a_broken_page_is_named_with_its_column_and_rows(folder: Path) -> None:
    import pyarrow.parquet as pq

    file = folder / "daily.parquet"
    daily_frame(400).to_parquet(file, index=False)
    metadata = pq.ParquetFile(file).metadata.row_group(0)
    column = next(
        metadata.column(i)
        for i in range(metadata.num_columns)
        if metadata.column(i).path_in_schema == "ordered_units"
    )
    content = bytearray(file.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    file.write_bytes(content)
    assert says(folder, DAILY).startswith(
        "daily.parquet: column ordered_units, rows 1 to 1200: broken:"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "row 1: empty; expected a header"),
        (b"Node,Group,Sub-Group\n", "row 2: no data rows"),
        (b"Node,Group,Sub-Group\nA,C,CO\n\nB,C,CO\n", "row 3: empty, with rows below it"),
        (
            b"Node,Group,Sub-Group\nA,C\n",
            "row 2: expected 3 fields, found 2, the last in column Group: 'C'",
        ),
        (
            b"Node,Group,Sub-Group\nA,C,CO\nB,C,CO,CO\n",
            "row 3: expected 3 fields, found 4, the last in column Sub-Group: 'CO'",
        ),
        (
            b'Node,Group,Sub-Group\nA,C,CO\nB,"C,CO\nC,C,CO\n',
            "row 3, column Group: broken quoting: a quote opens that is never closed",
        ),
        (b'Node,Group,Sub-Group\nA,"C"x,CO\n', "row 2, column Group: broken quoting: "),
        (
            b"Node,Group,Sub-Group\nA,C,CO\nB,\xe9t\xe9,CO\n",
            "row 3, column Group: byte 0xe9 is not UTF-8",
        ),
        (b"PAR1\0\x15Node,Group", "row 1: expected text, found binary content"),
        (b"Node;Group;Sub-Group\nA;C;CO\n", "columns must be separated by commas"),
    ],
)
def test_a_broken_csv_file_is_named_with_row_and_column(
    folder: Path, content: bytes, expected: str
) -> None:
    (folder / GROUPS).write_bytes(content)
    message = says(folder)
    assert message.startswith("product_groups.csv: ")
    assert expected in message
