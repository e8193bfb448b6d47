from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.forecasting.history import DemandHistory, HistoryError, load_history

UNTIL = date(2023, 1, 22)


def _silver(folder: Path, spoil: list[int] | None = None) -> Path:
    days = pd.date_range("2023-01-01", periods=25)
    frame = pd.DataFrame(
        [(name, day, float(10 * n + day.day)) for n, name in enumerate("AB") for day in days],
        columns=["unique_id", "ds", "ordered_units"],
    ).drop(index=spoil or [])
    (folder / "daily").mkdir(parents=True)
    frame.sample(frac=1, random_state=1).to_parquet(folder / "daily" / "part-0.parquet")
    return folder


def _load(folder: Path) -> tuple[DemandHistory, list[str]]:
    told: list[str] = []
    return load_history(folder, UNTIL, told.append), told


def test_the_history_ends_before_the_plants_start_and_that_is_said(tmp_path: Path) -> None:
    history, told = _load(_silver(tmp_path))
    assert len(history.table) == 2 * 21
    assert history.table["time"].max() == pd.Timestamp("2023-01-21")
    assert history.filled == 0
    assert told == ["history: 8 rows from 2023-01-22 on are after the plant's start, unused"]


def test_days_missing_from_silver_take_their_weekdays_value_before_and_it_is_said(
    tmp_path: Path,
) -> None:
    # Rows 0 and 14 are A's 1st and 15th, rows 26 and 33 B's 2nd and 9th.
    history, told = _load(_silver(tmp_path, [0, 14, 26, 33]))
    values = history.table.set_index(["series", "time"])["value"]
    assert values["A", pd.Timestamp("2023-01-01")] == 8.0
    assert values["A", pd.Timestamp("2023-01-15")] == 8.0
    assert values["B", pd.Timestamp("2023-01-02")] == 26.0
    assert history.filled == 4
    assert "4 product days are not in silver (first A on 2023-01-01)" in told[1]


def test_the_digest_depends_on_the_rows_and_not_on_their_order(tmp_path: Path) -> None:
    history, _ = _load(_silver(tmp_path / "a"))
    again, _ = _load(_silver(tmp_path / "b"))
    other, _ = _load(_silver(tmp_path / "c", [3]))
    assert history.digest == again.digest != other.digest


def test_a_history_that_cannot_be_used_names_folder_and_column(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"daily: not there, run `takt ingest` first"):
        _load(tmp_path)
    folder = _silver(tmp_path)
    with pytest.raises(HistoryError, match=r"expected days before 2020-01-01, found none"):
        load_history(folder, date(2020, 1, 1), lambda line: None)
    twice = pd.DataFrame({"unique_id": ["A", "A"], "ds": "2023-01-03", "ordered_units": 1.0})
    twice.to_parquet(folder / "daily" / "part-1.parquet")
    with pytest.raises(HistoryError, match="found 2 more, first A on 2023-01-03"):
        _load(folder)
    (folder / "daily" / "part-1.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(HistoryError, match=r"daily: cannot be read as Parquet: .*ingest` again"):
        _load(folder)
    (folder / "daily" / "part-1.parquet").unlink()
    pd.DataFrame({"unique_id": ["A"]}).to_parquet(folder / "daily" / "part-0.parquet")
    with pytest.raises(HistoryError, match="found no ds, ordered_units"):
        _load(folder)
