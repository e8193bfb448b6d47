"""Bad input: every kind has a named error or a repair that is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.demand import TableError
from models.demand.history.table import TableRules, read_table


def _daily(name: str = "A", days: int = 10, first: str = "2023-05-01") -> pd.DataFrame:
    times = pd.date_range(first, periods=days)
    return pd.DataFrame({"series": name, "time": times, "value": np.arange(1.0, days + 1)})


def test_series_of_different_lengths_come_out_sorted_by_name_and_time() -> None:
    table = pd.concat([_daily("B", 3), _daily("A", 2, "2023-05-02")]).sample(frac=1, random_state=1)
    histories, repairs = read_table(table)
    assert histories.names == ("A", "B")
    assert histories.values.tolist() == [1, 2, 1, 2, 3]
    assert histories.frequency == "D"
    assert repairs == ()
    assert [str(day)[:10] for day in histories.ahead(0, 2)] == ["2023-05-04", "2023-05-05"]


def test_counted_time_gives_each_series_its_own_clock() -> None:
    table = pd.DataFrame({"unique_id": ["A"] * 3 + ["B"], "ds": [1, 2, 3, 1], "y": [1, 2, 3, 4]})
    histories, repairs = read_table(table)
    assert histories.lengths.tolist() == [3, 1]
    assert histories.ahead(1, 2).tolist() == [2, 3]
    assert repairs == ()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(TableError, match="found series, time: value missing"):
        read_table(_daily()[["series", "time"]])


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(TableError, match="expected rows, found none"):
        read_table(_daily().iloc[:0])


@pytest.mark.parametrize(("value", "shown"), [("many", "'many'"), (np.inf, "inf"), (-2.0, "-2.0")])
def test_a_value_that_is_none_or_negative_is_named_with_its_row(value: object, shown: str) -> None:
    table = _daily().astype({"value": object})
    table.loc[4, "value"] = value
    with pytest.raises(TableError, match=rf"row 4 \(series A, 2023-05-05.*{shown}"):
        read_table(table)


def test_negative_values_are_counted_as_zero_or_kept_where_the_rules_say_so() -> None:
    table = _daily()
    table.loc[4, "value"] = -2.0
    zeroed, repairs = read_table(table, TableRules(negatives="zero"))
    assert zeroed.values[4] == 0
    assert [(repair.kind, repair.rows) for repair in repairs] == [("negative value", 1)]
    kept, _ = read_table(table, TableRules(negatives="keep"))
    assert kept.values[4] == -2


def test_a_time_that_is_none_is_named() -> None:
    table = _daily().astype({"time": str})
    table.loc[2, "time"] = "soon"
    with pytest.raises(TableError, match=r"row 2 .*'soon'"):
        read_table(table)


def test_a_second_row_of_a_series_and_day_is_named_or_merged() -> None:
    table = pd.concat([_daily(), _daily().iloc[3:4].assign(value=6.0)])
    with pytest.raises(TableError, match=r"row 10 \(series A, 2023-05-04"):
        read_table(table)
    summed, repairs = read_table(table, TableRules(duplicates="sum"))
    assert summed.values[3] == 10
    assert repairs[0].kind == "duplicate"


def test_a_gap_is_interpolated_or_zero_where_the_series_has_zeros() -> None:
    smooth = _daily().drop(index=[4, 5])
    histories, repairs = read_table(smooth)
    assert histories.values.tolist() == list(range(1, 11))
    assert [(repair.kind, repair.rows) for repair in repairs] == [("gap", 2)]
    assert "2023-05-05" in repairs[0].first
    smooth.loc[0, "value"] = 0.0
    assert read_table(smooth)[0].values[4:6].tolist() == [0, 0]
    with pytest.raises(TableError, match="2 missing: first series A at 2023-05-05"):
        read_table(smooth, TableRules(gaps="refuse"))


def test_an_empty_value_is_a_gap() -> None:
    table = _daily()
    table.loc[4, "value"] = np.nan
    histories, repairs = read_table(table)
    assert histories.values[4] == 5
    assert repairs[0].kind == "gap"


def test_a_dated_series_that_ends_early_is_filled_to_the_tables_end() -> None:
    histories, repairs = read_table(pd.concat([_daily("A", 6), _daily("B", 10)]))
    assert histories.lengths.tolist() == [10, 10]
    assert histories.values[:10].tolist() == [1, 2, 3, 4, 5, 6, 6, 6, 6, 6]
    assert [(repair.kind, repair.rows) for repair in repairs] == [("ended early", 4)]


def test_a_series_with_another_step_is_named() -> None:
    weekly = pd.DataFrame(
        {"series": "W", "time": pd.date_range("2023-05-01", periods=6, freq="7D"), "value": 1.0}
    )
    with pytest.raises(TableError, match=r"found 7 days.* in series W"):
        read_table(pd.concat([_daily(days=40), weekly]))


def test_a_time_off_the_grid_is_named() -> None:
    table = _daily()
    table.loc[3, "time"] = pd.Timestamp("2023-05-04 10:00")
    with pytest.raises(TableError, match=r"row 3 \(series A, 2023-05-04 10:00"):
        read_table(table)


def test_a_wrong_year_is_not_taken_for_a_gap_of_decades() -> None:
    table = _daily()
    table.loc[0, "time"] = pd.Timestamp("1970-01-01")
    with pytest.raises(TableError, match="series A has 10 values over 19"):
        read_table(table)


@pytest.mark.parametrize(
    ("frequency", "found"),
    [("MS", "MS"), ("ME", "ME"), ("QS", "3MS"), ("W-SUN", "W-SUN"), ("h", "h"), ("15min", "15min")],
)
def test_the_step_is_read_from_the_times(frequency: str, found: str) -> None:
    times = pd.date_range("2021-01-01", periods=40, freq=frequency)
    table = pd.DataFrame({"series": "A", "time": times[:-2], "value": 1.0})
    histories, repairs = read_table(table)
    assert histories.frequency == found
    assert histories.ahead(0, 2).tolist() == times[-2:].to_numpy().tolist()
    assert repairs == ()


def test_working_days_are_their_own_step() -> None:
    times = pd.bdate_range("2023-01-02", periods=30)
    histories, repairs = read_table(pd.DataFrame({"series": "A", "time": times, "value": 1.0}))
    assert histories.frequency == "B"
    assert repairs == ()
    assert str(histories.ahead(0, 1)[0])[:10] == "2023-02-13"


def test_hours_across_daylight_saving_are_even_in_utc() -> None:
    local = pd.date_range("2023-10-28", "2023-10-30", freq="h", tz="Europe/Berlin")
    with_zone = pd.DataFrame({"series": "A", "time": local, "value": np.arange(float(len(local)))})
    histories, repairs = read_table(with_zone)
    assert histories.lengths.tolist() == [50]
    assert histories.frequency == "h"
    assert [repair.kind for repair in repairs] == ["time zone"]
    naive = with_zone.assign(time=local.tz_localize(None))
    with pytest.raises(TableError, match="one row per series and time"):
        read_table(naive)
    told_apart, _ = read_table(naive, TableRules(timezone="Europe/Berlin"))
    assert told_apart.values.tolist() == histories.values.tolist()


def test_offsets_that_differ_from_row_to_row_are_one_clock() -> None:
    texts = ["2023-10-29T01:00:00+02:00", "2023-10-29T02:00:00+02:00", "2023-10-29T02:00:00+01:00"]
    histories, _ = read_table(pd.DataFrame({"series": "A", "time": texts, "value": [1.0, 2, 3]}))
    assert histories.values.tolist() == [1, 2, 3]


def test_days_whose_offsets_differ_are_the_clocks_own() -> None:
    days = pd.date_range("2023-03-20", periods=14, freq="D", tz="Europe/Berlin")
    texts = [day.isoformat() for day in days]
    assert len({text[-6:] for text in texts}) == 2
    for times in (texts, list(days.to_pydatetime())):
        table = pd.DataFrame({"series": "A", "time": pd.Series(times, dtype=object), "value": 1.0})
        histories, repairs = read_table(table)
        assert histories.frequency == "D"
        assert str(histories.lasts[0])[:10] == "2023-04-02"
        assert [repair.done for repair in repairs] == ["days taken by the local date"]


def test_a_time_without_an_offset_beside_others_with_one_is_named() -> None:
    texts = ["2023-10-29T01:00:00+02:00", "2023-10-29T02:00:00", "2023-10-29T03:00:00+01:00"]
    table = pd.DataFrame({"series": "A", "time": texts, "value": [1.0, 2, 3]})
    with pytest.raises(TableError, match=r"expected an offset or Z, as other times have.*row 1"):
        read_table(table)


def test_days_with_a_zone_are_local_days() -> None:
    local = pd.date_range("2023-03-20", periods=14, freq="D", tz="Europe/Berlin")
    histories, _ = read_table(pd.DataFrame({"series": "A", "time": local, "value": 1.0}))
    assert histories.frequency == "D"
    assert histories.lengths.tolist() == [14]


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(TableError, match="time zone Mars/Olympus"):
        read_table(_daily(), TableRules(timezone="Mars/Olympus"))


def test_one_point_is_a_series() -> None:
    histories, _ = read_table(_daily(days=1))
    assert histories.lengths.tolist() == [1]


def test_a_million_rows_of_thirty_thousand_series_are_read() -> None:
    series, steps = 30_000, 34
    table = pd.DataFrame(
        {
            "series": np.repeat([f"S{number:05}" for number in range(series)], steps),
            "time": np.tile(pd.date_range("2020-01-01", periods=steps, freq="MS"), series),
            "value": 1.0,
        }
    )
    histories, repairs = read_table(table)
    assert len(histories) == series
    assert len(histories.values) == series * steps
    assert repairs == ()
