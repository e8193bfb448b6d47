"""takt forecast FILE on files as people have them, right and wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.cli import run
from pipelines.commands.errors import BAD_INPUT, FAILED
from pipelines.forecasting.table_file import Asked, read_table_file, with_future

QUICK = ("--budget", "1")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def _frame(days: int = 84) -> pd.DataFrame:
    dates = pd.date_range("2023-01-02", periods=days)
    week = np.array([8.0, 9, 10, 12, 6, 4, 14])[dates.dayofweek]
    noise = np.random.default_rng(1).gamma(50.0, 1 / 50, (2, days))
    rows = [
        pd.DataFrame({"shop": shop, "sku": "007", "date": dates, "qty": week * size * factor})
        for shop, size, factor in (("N", 1.0, noise[0]), ("S", 10.0, noise[1]))
    ]
    return pd.concat(rows, ignore_index=True)


def _write(folder: Path, frame: pd.DataFrame, name: str = "sales.csv") -> Path:
    path = folder / name
    frame.to_csv(path, index=False)
    return path


def _asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any, str]:
    code = run([str(one) for one in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_alone_it_is_the_loops_step(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("forecast", "--json"), ("forecast", "step", "--json")):
        code, out, _ = _asked(capsys, *words)
        assert code == FAILED
        assert json.loads(out)["error"]["message"].startswith("step forecast: ")


def test_its_help_shows_the_step_a_file_and_a_backtest(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _asked(capsys, "forecast", "--help")
    assert code == 0
    assert "takt forecast sales.csv --horizon 28" in out
    assert all(word in out for word in ("step", "file", "backtest"))


def test_a_file_never_seen_is_forecast_with_quantiles(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = _write(data, _frame()), data / "made" / "forecast.parquet"
    code, told, err = _asked(capsys, "forecast", path, "--horizon", 7, "--out", out, *QUICK)
    assert code == 0, err
    assert "columns: a series is named by shop, sku together" in err
    assert "time 'date', value 'qty', series shop and sku" in told
    assert "seasonal_" in told
    assert re.search(r"left out for want of time: .*trees", err)
    assert "forecast of the largest series, a step on average" in told
    found = pd.read_parquet(out)
    assert list(found.columns[:5]) == ["shop", "sku", "unique_id", "ds", "mean"]
    assert found["unique_id"].unique().tolist() == ["N / 007", "S / 007"]
    assert found["ds"].min() == pd.Timestamp("2023-03-27")
    assert len(found) == 14
    assert (found["q10"] <= found["q50"]).all()
    assert (found["q50"] <= found["q90"]).all()
    # The season is there and the bigger shop is: days and shops within a tenth of what they are.
    week = np.tile([8.0, 9, 10, 12, 6, 4, 14], 2) * np.repeat([1.0, 10.0], 7)
    assert np.abs(found["mean"] / week - 1).mean() < 0.1


def test_its_json_is_one_document_with_the_forecast_in_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = _asked(
        capsys, "forecast", _write(data, _frame()), "--horizon", 7, "--json", *QUICK
    )
    document = json.loads(out)
    assert code == 0
    assert document["about"]["seasons"] == [7]
    assert document["about"]["frequency"] == "D"
    assert document["accuracy"][0]["wape"] < 0.2
    assert len(document["forecast"]) == 14
    assert document["forecast"][0]["ds"] == "2023-03-27"
    shares = next(iter(document["members"].values()))
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-3)


def test_a_backtest_scores_what_is_fitted_anew_before_each_origin(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = _write(data, _frame()), data / "backtest.csv"
    words = ("--horizon", 7, "--origins", 2, "--out", out, "--json", *QUICK)
    code, told, err = _asked(capsys, "forecast", "backtest", path, *words)
    assert code == 0, err
    document = json.loads(told)
    assert list(document["origins"]) == ["14", "7"]
    overall = document["accuracy"][0]
    found = pd.read_csv(out)
    assert len(found) == 2 * 14
    error = (found["mean"] - found["actual"]).abs().sum() / found["actual"].sum()
    assert overall["wape"] == pytest.approx(error, rel=1e-4)
    inside = (found["actual"] >= found["q10"]) & (found["actual"] <= found["q90"])
    assert overall["covered"] == pytest.approx(inside.mean())


def test_what_comes_after_an_origin_changes_no_forecast_from_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = _frame()
    later = frame.assign(
        qty=frame["qty"].where(frame["date"] < "2023-03-20", frame["qty"] * 7 + 100)
    )
    found = []
    for number, one in enumerate((frame, later)):
        out = data / f"{number}.csv"
        words = ("--horizon", 7, "--origins", 2, "--out", out, *QUICK)
        assert _asked(capsys, "forecast", "backtest", _write(data, one), *words)[0] == 0
        table = pd.read_csv(out)
        found.append(table[table["steps_before_end"] == 14].drop(columns="actual"))
    pd.testing.assert_frame_equal(*found)


def _spoilt(**change: Any) -> pd.DataFrame:
    frame = _frame().astype({"qty": object, "date": str})
    frame.loc[10, list(change)] = list(change.values())
    return frame


@pytest.mark.parametrize(
    ("frame", "words", "said"),
    [
        (_spoilt(qty="many"), (), "row 12 (series N / 007, 2023-01-12): 'many'"),
        (_spoilt(qty=-3.0), (), "expected at least 0"),
        (_spoilt(date="someday"), (), "found time in 1 rows: row 12"),
        (_spoilt(date="2023-01-11"), (), "expected one row per series and time"),
        (_spoilt(date="2023-01-12 07:30:00"), (), "found time off that grid in 1 rows: row 12"),
        (_spoilt(qty=""), ("--gaps", "refuse"), "expected every step of every series"),
        (_frame(), ("--time", "dte"), "found 'dte'; is 'date' meant?"),
        (_frame(), ("--gaps", "none"), "'none' is not one of"),
        (_frame(), ("--out", "f.doc"), "--out f.doc: expected a name that ends in .csv"),
    ],
)
def test_bad_input_names_file_row_and_what_was_expected(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    frame: pd.DataFrame,
    words: tuple[str, ...],
    said: str,
) -> None:
    path = _write(data, frame)
    code, out, err = _asked(capsys, "forecast", path, "--horizon", 7, *QUICK, *words)
    assert (code, out) == (BAD_INPUT, "")
    assert said in err
    assert "Traceback" not in err


def test_a_name_that_is_no_file_and_no_command_is_answered_as_a_file(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(data, _frame())
    code, _, err = _asked(capsys, "forecast", data / "sale.csv", "--horizon", 7)
    assert code == BAD_INPUT
    assert "not there; is 'sales.csv' meant?" in err


@pytest.mark.parametrize(
    ("frame", "words", "told"),
    [
        (_spoilt(qty=""), (), "gap: 1 row"),
        (_spoilt(qty=-3.0), ("--negatives", "zero"), "negative value: 1 row"),
        (_spoilt(date="2023-01-11"), ("--duplicates", "sum"), "duplicate: 1 row"),
    ],
)
def test_what_can_be_put_right_is_and_is_said(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    frame: pd.DataFrame,
    words: tuple[str, ...],
    told: str,
) -> None:
    path = _write(data, frame)
    code, out, _ = _asked(capsys, "forecast", path, "--horizon", 7, "--json", *QUICK, *words)
    assert code == 0
    assert any(one.startswith(told) for one in json.loads(out)["about"]["repairs"])


def test_series_of_one_value_are_forecast_by_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = _write(data, _frame(1)), data / "f.csv"
    code, _, err = _asked(capsys, "forecast", path, "--horizon", 3, "--out", out, *QUICK)
    assert code == 0, err
    found = pd.read_csv(out)
    assert found["mean"].tolist() == pytest.approx(np.repeat(_frame(1)["qty"], 3).tolist(), 0.01)
    code, _, err = _asked(capsys, "forecast", "backtest", path, "--horizon", 3, *QUICK)
    assert code == BAD_INPUT
    assert "expected at least 15 steps for 3 origins of 3, found 1 in the longest series" in err


def test_hours_of_a_zone_with_daylight_saving_are_even(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hours = pd.date_range("2023-03-20", periods=24 * 14, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame({"time": hours.astype(str), "load": np.arange(len(hours)) % 24 + 1.0})
    path = _write(data, frame)
    code, out, err = _asked(capsys, "forecast", path, "--horizon", 24, "--json", *QUICK)
    assert code == 0, err
    about = json.loads(out)["about"]
    assert about["frequency"] == "h"
    assert about["values"] == len(hours)
    assert any("UTC" in one for one in about["repairs"])
    naive = frame.assign(time=hours.tz_localize(None).astype(str))
    words = ("--horizon", 24, "--time-zone", "Europe/Berlin", "--json", *QUICK)
    code, out, err = _asked(capsys, "forecast", _write(data, naive), *words)
    assert code == 0, err
    assert json.loads(out)["about"]["values"] == len(hours)


def _with_price(days: int = 84, ahead: int = 7) -> pd.DataFrame:
    frame = _frame(days + ahead)
    promo = np.random.default_rng(2).random(len(frame)) < 0.25
    frame["qty"] = frame["qty"] * np.where(promo, 2.0, 1.0)
    frame["price"] = np.where(promo, 8.0, 10.0)
    frame["promo"] = np.where(promo, "yes", "no")
    frame.loc[frame["date"] >= frame["date"].min() + pd.Timedelta(days=days), "qty"] = np.nan
    return frame


def test_columns_known_ahead_are_read_from_the_files_last_rows_or_another_file(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = _with_price()
    to_come = frame["qty"].isna()
    known = ("price", "promo")
    whole = read_table_file(_write(data, frame, "whole.csv"), Asked(known=known))
    past = read_table_file(_write(data, frame[~to_come], "past.csv"), Asked(known=known))
    later = _write(data, frame[to_come].drop(columns="qty"), "later.csv")
    both = with_future(past, later, Asked(known=known))
    order = ["series", "time"]
    pd.testing.assert_frame_equal(
        both.table.sort_values(order, ignore_index=True),
        whole.table.sort_values(order, ignore_index=True),
    )
    asked = ("--horizon", 7, "--known", "price", "--known", "promo", "--country", "KR", *QUICK)
    files = (data / "past.csv", *asked, "--future", later, "--out", data / "made.csv")
    code, told, err = _asked(capsys, "forecast", *files)
    assert code == 0, err
    assert "known ahead" in told
    assert pd.read_csv(data / "made.csv")["ds"].min() == "2023-03-27"


def test_what_is_wrong_with_columns_known_ahead_is_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = _with_price()
    path = _write(data, frame)
    later = _write(data, frame[frame["qty"].isna()].drop(columns=["qty", "price"]), "later.csv")
    known = ("--horizon", 7, "--known", "price", "--known", "promo", *QUICK)
    wrong: list[tuple[tuple[object, ...], str]] = [
        ((path, "--horizon", 7, "--known", "prise"), "--known: expected a column of the table"),
        ((path, *known, "--horizon", 9), "of 9 steps after the end of series"),
        (
            (path, *known, "--future", later),
            "later.csv: expected columns shop, sku, date, price, promo, found no price",
        ),
        ((path, *known, "--future", data / "none.csv"), "none.csv"),
        ((path, "--horizon", 7, "--future", later), "--future: expected --known beside it"),
        ((path, *known, "--country", "XX"), "country: expected an ISO 3166 code"),
    ]
    for arguments, expected in wrong:
        code, _, err = _asked(capsys, "forecast", *arguments)
        assert code == BAD_INPUT, err
        assert expected in " ".join(err.split())


def test_a_backtest_sees_what_was_known_ahead(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _write(data, _with_price())
    options = ("--horizon", 7, "--origins", 2, "--known", "promo", "--budget", 2)
    code, out, err = _asked(capsys, "forecast", "backtest", path, *options, "--json")
    assert code == 0, err
    assert set(json.loads(out)["origins"]) == {"7", "14"}


def test_columns_that_no_chosen_member_reads_are_said_to_change_nothing(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _write(data, _with_price().drop(columns="promo"))
    options = ("--horizon", 7, "--known", "price", "--budget", 1)
    code, out, err = _asked(capsys, "forecast", path, *options, "--json")
    assert code == 0, err
    told = json.loads(out)
    members = [name.split(":") for used in told["members"].values() for name in used]
    reads = any({"trees", "xgboost", "known"} & {*parts} for parts in members)
    assert bool(told["about"]["notes"]) is not reads
