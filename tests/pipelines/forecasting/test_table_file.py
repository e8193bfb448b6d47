"""Files as people have them: what each column is told to mean, and errors with file and row."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from models.demand import TableError
from pipelines.forecasting.columns import ColumnError, tell_columns
from pipelines.forecasting.moments import MomentError, as_moments
from pipelines.forecasting.numbers import as_numbers
from pipelines.forecasting.raw_file import FileError
from pipelines.forecasting.table_file import Asked, TableFile, read_table_file


def _csv(folder: Path, text: str, name: str = "sales.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def _told(**columns: list[object]) -> tuple[str, str, tuple[str, ...]]:
    found = tell_columns(pd.DataFrame(columns))
    return found.time, found.value, found.series


def test_columns_are_told_by_their_names() -> None:
    assert _told(unique_id=["a"], ds=["2023-01-01"], y=[1.0]) == ("ds", "y", ("unique_id",))
    assert _told(
        store=[3], item=["x"], order_date=["2023-01-01"], unit_price=[9.5], quantity=[2]
    ) == ("order_date", "quantity", ("store", "item"))
    assert _told(품목=["가"], 일자=["2023-01-01"], 수량=[3]) == ("일자", "수량", ("품목",))


def test_columns_without_a_known_name_are_told_by_what_stands_in_them() -> None:
    assert _told(when=["2023-01-01"], how_much=[4.0], brand=["z"]) == (
        "when",
        "how_much",
        ("brand",),
    )
    found = tell_columns(pd.DataFrame({"when": ["2023-01-01"], "how_much": [4.0]}))
    assert found.series == ()
    assert "one series: no column names any" in found.notes
    assert "value is 'how_much': the only column of numbers" in found.notes


def test_a_name_spelled_nearly_so_is_taken_and_asked_about() -> None:
    found = tell_columns(
        pd.DataFrame({"dste": ["2023-01-01"], "quantitiy": [1.0], "cost": [2.0], "sku": ["a"]})
    )
    assert (found.time, found.value) == ("dste", "quantitiy")
    assert (
        "value is 'quantitiy', spelled nearly as 'quantity' (--value says another)" in found.notes
    )
    assert "not used: cost" in found.notes


def test_a_column_that_is_not_there_is_answered_with_the_one_that_may_be_meant() -> None:
    table = pd.DataFrame({"Date": ["2023-01-01"], "y": [1.0]})
    with pytest.raises(
        ColumnError, match=r"--time: .*found 'dat'; is 'Date' meant\? Columns: Date, y"
    ):
        tell_columns(table, time="dat")
    with pytest.raises(ColumnError, match=r"--series: .*found 'shop'"):
        tell_columns(table, series=["shop"])


def test_columns_that_could_each_be_it_are_listed() -> None:
    table = pd.DataFrame({"ds": ["2023-01-01"], "red": [1.0], "blue": [2.0]})
    with pytest.raises(ColumnError, match="red, blue could each be it; name it with --value"):
        tell_columns(table)
    assert tell_columns(table, value="blue").value == "blue"
    with pytest.raises(ColumnError, match="time: expected one column, found none that could be it"):
        tell_columns(pd.DataFrame({"red": [1.5], "name": ["x"]}))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["25/12/2022", "01/01/2023"], "2023-01-01"),
        (["12/25/2022", "1/1/2023"], "2023-01-01"),
        (["24.12.2022", "25.12.2022"], "2022-12-25"),
        (["2022Q4", "2023Q1"], "2023-01-01"),
        (["2022-W52", "2023-W01"], "2023-01-02"),
        (["202212", "202301"], "2023-01-01"),
        (["20221231", "20230101"], "2023-01-01"),
        (["2022", "2023"], "2023-01-01"),
        (["Dec 2022", "Jan 2023"], "2023-01-01"),
        # Neither place is over 12: read as days the steps are even, as months they are not.
        (["01/02/2023", "02/02/2023", "03/02/2023", "04/02/2023"], "2023-02-04"),
    ],
)
def test_times_are_read_as_people_write_them(written: list[str], read: str) -> None:
    assert as_moments(pd.Series(written)).iloc[-1] == pd.Timestamp(read)


def test_iso_times_counts_and_cells_that_are_none_stay_as_they_are() -> None:
    iso = pd.Series(["2023-03-26T01:00:00+01:00", "2023-03-26T02:00:00+01:00"])
    assert as_moments(iso) is iso
    counts = pd.Series([1, 2, 3])
    assert as_moments(counts) is counts
    assert as_moments(pd.Series(["1", "2", "13"])).tolist() == [1, 2, 13]
    spoilt = as_moments(pd.Series(["25/12/2022"] * 9 + ["soon"]))
    assert spoilt.iloc[-1] == "soon"
    assert spoilt.iloc[0] == pd.Timestamp("2022-12-25")


def test_dates_that_do_not_tell_day_from_month_are_asked_about() -> None:
    dates = pd.Series(["01/01/2023", "02/02/2023"])
    with pytest.raises(MomentError, match="--day-first or --month-first"):
        as_moments(dates)
    assert as_moments(pd.Series(["03/07/2023"]), day_first=True).iloc[0].month == 7
    with pytest.raises(MomentError, match="over 12 in both places"):
        as_moments(pd.Series(["13/01/2023", "01/13/2023"]))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["1,234.5", "2"], [1234.5, 2.0]),
        (["1.234,5", "2"], [1234.5, 2.0]),
        (["1,5", "22"], [1.5, 22.0]),
        (["1,234", "5,678"], [1234.0, 5678.0]),
        (["1 234", "5"], [1234.0, 5.0]),
        (["", "NA", "3"], [None, None, 3.0]),
    ],
)
def test_numbers_are_read_as_people_write_them(
    written: list[str], read: list[float | None]
) -> None:
    found = as_numbers(pd.Series(written))
    assert [None if pd.isna(one) else one for one in found] == read


def test_what_is_no_number_stays_for_the_tables_check_to_name() -> None:
    assert as_numbers(pd.Series(["1", "many", "3"])).tolist() == [1.0, "many", 3.0]


def test_a_semicolon_file_of_korea_is_read_with_its_codes_kept(tmp_path: Path) -> None:
    text = "품번;매장;일자;수량\n00123;서울;2023-01-01;1,5\n00123;부산;2023-01-01;2,5\n"
    found = read_table_file(_csv(tmp_path, text, encoding="cp949"))
    assert found.table["series"].tolist() == ["00123 / 서울", "00123 / 부산"]
    assert found.table["value"].tolist() == [1.5, 2.5]
    assert found.entities.loc["00123 / 부산"].tolist() == ["00123", "부산"]
    assert "a series is named by 품번, 매장 together" in found.columns.notes


def test_a_western_file_is_not_read_as_korean_and_the_user_may_say_which_it_is(
    tmp_path: Path,
) -> None:
    path = _csv(tmp_path, "sku,ds,y\nKäse,2023-01-01,1\n", encoding="cp1252")
    assert read_table_file(path).table["series"].tolist() == ["Käse"]
    path = _csv(tmp_path, "sku,ds,y\n똠방,2023-01-01,1\n", encoding="cp949")
    found = read_table_file(path, Asked(encoding="cp949"))
    assert found.table["series"].tolist() == ["똠방"]
    with pytest.raises(
        FileError, match="--encoding: expected one such as utf-8 or cp949, found 'klingon'"
    ):
        read_table_file(path, Asked(encoding="klingon"))
    with pytest.raises(FileError, match=r"expected text in utf-8, found another encoding"):
        read_table_file(path, Asked(encoding="utf-8"))


def test_a_column_with_the_right_name_and_the_wrong_cells_is_told_of() -> None:
    with pytest.raises(ColumnError, match="'qty' holds no numbers but cells such as '2 units'"):
        tell_columns(pd.DataFrame({"ds": ["2023-01-01"], "qty": ["2 units"]}))
    with pytest.raises(
        ColumnError, match=r"'qty' holds no numbers but empty cells; .* Columns: ds, qty"
    ):
        tell_columns(pd.DataFrame({"ds": ["2023-01-01"], "qty": [""]}))


def test_an_hour_that_comes_twice_in_autumn_is_answered_with_the_time_zone(tmp_path: Path) -> None:
    error = TableError(
        "history: expected one row per series and time (or duplicates='sum', duplicates='mean', "
        "duplicates='last'), found another in 1 rows: row 0 (series x, 2023-10-29 02:00); correct them"
    )
    told = str(_found(tmp_path).told(error))
    assert "(or --duplicates sum, --duplicates mean, --duplicates last)" in told
    assert "--time-zone tells apart the hours that daylight saving repeats" in told


@pytest.mark.parametrize("name", ["t.parquet", "t.xlsx", "t.csv.gz", "t.tsv"])
def test_every_kind_of_file_gives_the_same_table(tmp_path: Path, name: str) -> None:
    days = pd.date_range("2023-01-01", periods=3)
    frame = pd.DataFrame({"sku": ["a"] * 3, "date": days, "qty": [1.0, 2.0, 3.0]})
    path = tmp_path / name
    write = {
        "t.parquet": frame.to_parquet,
        "t.xlsx": frame.to_excel,
        "t.csv.gz": frame.to_csv,
        "t.tsv": lambda path, index: frame.to_csv(path, index=index, sep="\t"),
    }[name]
    write(path, index=False)
    found = read_table_file(path)
    assert found.table["series"].tolist() == ["a"] * 3
    assert pd.to_datetime(found.table["time"]).tolist() == days.tolist()
    assert found.table["value"].tolist() == [1.0, 2.0, 3.0]


def _found(tmp_path: Path) -> TableFile:
    text = "sku,date,qty\na,2023-01-01,1\n,,\na,2023-01-02,2\na,2023-01-03,many\n"
    return read_table_file(_csv(tmp_path, text))


def test_an_error_of_the_tables_check_is_told_with_the_files_own_row(tmp_path: Path) -> None:
    found = _found(tmp_path)
    assert len(found.table) == 3
    error = TableError(
        "history: expected a number, found value in 1 rows: row 2 (series a): 'many'"
    )
    assert str(found.told(error)) == (
        f"{tmp_path / 'sales.csv'}: expected a number, found value in 1 rows: row 5 (series a): 'many' "
        "(time is 'date', value 'qty')"
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sales.csv", "sku,date,qty\n", "expected rows under the header, found none"),
        ("sales.csv", "", "expected a header and rows, found an empty file"),
        ("sales.csv", 'a,b\n"x,1\n', "not a table: Error tokenizing"),
        ("sales.parquet", "PAR1 broken", "cannot be read as Parquet"),
        ("sales.xlsx", "PK broken", "cannot be read as Excel"),
        ("sales.doc", "x", "expected a file whose name ends in .csv"),
        ("sales.csv", "sku,date,qty\na,2023-01-01,1\n,2023-01-02,2\n", "row 3: sku: expected what"),
        ("sales.csv", "date,qty\n1/1/2023,1\n2/2/2023,2\n", "date: expected dates that tell day"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    path = _csv(tmp_path, content, name)
    with pytest.raises(FileError) as caught:
        read_table_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_answered_with_the_one_that_may_be_meant(
    tmp_path: Path,
) -> None:
    _csv(tmp_path, "x", "sales.csv")
    with pytest.raises(FileError, match=r"sale\.csv: not there; is 'sales\.csv' meant\?"):
        read_table_file(tmp_path / "sale.csv")
    with pytest.raises(FileNotFoundError):
        read_table_file(tmp_path / "nowhere" / "x.csv")


def test_what_the_user_says_of_the_columns_goes_before_any_guess(tmp_path: Path) -> None:
    text = "a,b,c,d\nx,2023-01-01,1,2\n"
    found = read_table_file(_csv(tmp_path, text), Asked("b", "d", ["a"]))
    assert (found.table["value"].tolist(), found.table["series"].tolist()) == ([2], ["x"])


def test_korean_dates_are_read_with_their_words_and_with_points(tmp_path: Path) -> None:
    text = "날짜,판매수량\n2024년 1월 5일,3\n2024년 01월 06일,4\n"
    found = read_table_file(_csv(tmp_path, text))
    assert found.table["time"].tolist() == [pd.Timestamp("2024-01-05"), pd.Timestamp("2024-01-06")]
    assert as_moments(pd.Series(["2024. 1. 5.", "2024. 12. 31."])).tolist() == [
        pd.Timestamp("2024-01-05"),
        pd.Timestamp("2024-12-31"),
    ]
    assert as_moments(pd.Series(["2024년 3월"])).tolist() == [pd.Timestamp("2024-03-01")]


def test_a_title_above_the_header_is_left_out_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    text = "Sales report\n\ndate;shop;units\n2024-01-01;a;3\n2024-01-02;;4\n"
    path = _csv(tmp_path, text)
    with pytest.raises(FileError, match="row 5: shop: expected what names the series"):
        read_table_file(path)
    book = tmp_path / "sales.xlsx"
    frame = pd.DataFrame(
        {"date": ["2024-01-01", "2024-01-02"], "shop": ["a", None], "units": [3, 4]}
    )
    with pd.ExcelWriter(book) as writer:
        frame.to_excel(writer, index=False, startrow=3)
        writer.sheets["Sheet1"].write(0, 0, "Sales report")
    with pytest.raises(FileError, match="row 6: shop: expected what names the series"):
        read_table_file(book)


def test_a_column_for_each_series_is_asked_about_and_read_where_it_is_said(tmp_path: Path) -> None:
    path = _csv(tmp_path, "date,north,south,note\n2024-01-01,1,5,x\n2024-01-02,2,-6,y\n")
    with pytest.raises(FileError, match=r"north, south could each be it; .* or say --wide"):
        read_table_file(path)
    found = read_table_file(path, Asked(wide=True))
    assert found.table.values.tolist() == [
        ["north", "2024-01-01", 1],
        ["north", "2024-01-02", 2],
        ["south", "2024-01-01", 5],
        ["south", "2024-01-02", -6],
    ]
    error = TableError("history: expected at least 0, found value in 1 rows: row 3 (series south)")
    assert "row 3 (series south)" in str(found.told(error))


def test_order_lines_are_added_up_by_day_week_and_month(tmp_path: Path) -> None:
    text = "at,sku,qty\n2024-01-01 09:30,007,3\n2024-01-01 17:00,007,-1\n2024-02-04 08:00,007,5\n"
    path = _csv(tmp_path, text)
    found = {
        every: read_table_file(path, Asked(every=every))  # type: ignore[arg-type]
        for every in ("day", "week", "month")
    }
    days = found["day"].table
    assert days["time"].tolist() == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-04")]
    assert days["value"].tolist() == [2, 5]
    assert found["week"].table["time"].tolist()[1] == pd.Timestamp("2024-01-29")
    assert found["month"].table["time"].tolist()[1] == pd.Timestamp("2024-02-01")
    assert found["day"].rows.tolist() == [2, 4]
    assert "3 rows added up by day to 2" in found["day"].columns.notes


def test_rows_cannot_be_added_up_without_dates(tmp_path: Path) -> None:
    path = _csv(tmp_path, "time,sku,qty\n1,a,3\n2,a,4\n")
    with pytest.raises(FileError, match="--every day: expected dates"):
        read_table_file(path, Asked(every="day"))
