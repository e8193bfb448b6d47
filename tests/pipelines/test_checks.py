from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from pipelines.checks import Failure, check_table
from pipelines.source_tables import DAILY, PRODUCT, PRODUCT_PLANT, TEXT, UNREAD, SourceTable
from tests.pipelines.source_samples import PRODUCTS, daily_frame

pytestmark = pytest.mark.integration  # Great Expectations takes seconds to load

TODAY = date(2023, 7, 1)
KNOWN = {"product": frozenset(PRODUCTS)}


def candidates(
    frame: pd.DataFrame, unread: dict[tuple[int, str], str] | None = None
) -> pd.DataFrame:
    """A typed frame as the lake hands it over: `unread` are texts that have no such type."""
    frame = frame.copy()
    frame["source_row"] = range(1, len(frame) + 1)
    for name in [column for column in frame.columns if column != "source_row"]:
        frame[TEXT.format(name)] = frame[name].astype(object).where(frame[name].notna(), None)
        frame[TEXT.format(name)] = frame[TEXT.format(name)].map(
            lambda v: v if v is None else str(v)
        )
        frame[UNREAD.format(name)] = None
    for (row, name), text in (unread or {}).items():
        frame.loc[row - 1, [TEXT.format(name), UNREAD.format(name)]] = text
        frame.loc[row - 1, name] = None
    return frame


def failures(frame: pd.DataFrame, table: SourceTable = DAILY) -> tuple[Failure, ...]:
    return check_table(frame, table, KNOWN, TODAY).failures


def with_value(column: str, value: Any) -> pd.DataFrame:
    frame = daily_frame().astype({column: object})
    frame.loc[6, column] = value
    if column == "ds":
        frame["ds"] = pd.to_datetime(frame["ds"])
    return candidates(frame)


def test_good_rows_pass_every_expectation() -> None:
    verdict = check_table(candidates(daily_frame()), DAILY, KNOWN, TODAY)
    assert verdict.failures == ()
    assert verdict.notices == ()
    assert verdict.expectations == 41


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("ordered_units", -3.0, "expected a number from 0 to 1e+09, found -3"),
        ("ordered_units", 2e9, "expected a number from 0 to 1e+09, found 2000000000"),
        ("ordered_units", None, "is missing"),
        ("unique_id", None, "is missing"),
        ("unique_id", "COLA9", "expected a product that table product has, found 'COLA9'"),
        ("ds", None, "is missing"),
        (
            "ds",
            pd.Timestamp(2123, 6, 13),
            "expected a day from 2000-01-01 to 2023-07-01, found 2123-06-13",
        ),
        (
            "ds",
            pd.Timestamp(2022, 6, 13),
            "expected a day within 31 days of the table's others, found one 363 off",
        ),
    ],
)
def test_a_bad_value_fails_its_row_with_the_reason(column: str, value: Any, reason: str) -> None:
    found = failures(with_value(column, value))
    assert Failure(7, column, reason) in found
    assert {failure.row for failure in found} == {7}


def test_a_text_in_a_number_column_is_quoted() -> None:
    frame = candidates(daily_frame(), {(5, "issued_units"): "twelve", (6, "ds"): "2023-02-30"})
    assert failures(frame) == (
        Failure(5, "issued_units", "expected a number, found 'twelve'"),
        Failure(6, "ds", "expected a day like 2023-06-30, found '2023-02-30'"),
    )


def test_a_weight_that_does_not_belong_to_the_units_is_found() -> None:
    found = failures(with_value("issued_tonnes", 7.0))
    assert [(one.row, one.column) for one in found] == [(7, "issued_tonnes")]
    assert "at the product's usual weight, found a share of 0.969" in found[0].reason


def test_units_without_a_weight_are_noted_and_let_through() -> None:
    verdict = check_table(with_value("issued_tonnes", 0.0), DAILY, KNOWN, TODAY)
    assert verdict.failures == ()
    assert verdict.notices == (
        "issued_tonnes is 0 where issued_units are not in 1 rows, first in row 7: let through",
    )


def test_a_row_that_repeats_another_is_kept_out_and_the_first_is_not() -> None:
    frame = daily_frame()
    twice = candidates(pd.concat([frame, frame.iloc[[2]]], ignore_index=True))
    assert failures(twice) == (Failure(61, "unique_id, ds", "repeats row 3"),)


def test_rows_that_contradict_each_other_are_both_kept_out() -> None:
    frame = daily_frame()
    other = frame.iloc[[2]].assign(ordered_units=1.0, ordered_tonnes=0.025)
    found = failures(candidates(pd.concat([frame, other], ignore_index=True)))
    assert [failure.row for failure in found] == [3, 61]
    assert "others that say something else" in found[0].reason


def test_an_unknown_storage_is_allowed_but_not_twice() -> None:
    pairs = pd.DataFrame(
        {
            "unique_id": ["COLA1", "COLA1", "COLA1"],
            "plant": ["1", "1", "1"],
            "storage": ["9", None, None],
        }
    )
    assert failures(candidates(pairs), PRODUCT_PLANT) == (
        Failure(3, "unique_id, plant, storage", "repeats row 2"),
    )


def test_a_row_with_several_faults_is_told_all_of_them() -> None:
    frame = pd.DataFrame({"unique_id": ["A", None], "group": ["C", None], "sub_group": ["CO", "X"]})
    assert [failure.column for failure in failures(candidates(frame), PRODUCT)] == [
        "group",
        "unique_id",
    ]
