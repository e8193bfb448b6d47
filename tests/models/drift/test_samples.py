"""Which days and units are compared."""

from __future__ import annotations

import pandas as pd
import pytest

from models.drift import (
    compared,
    demonstrated_share,
    executed_adherence,
    forecast_samples,
    input_samples,
    output_samples,
    prediction_samples,
    realised_windows,
)

DAYS = pd.date_range("2023-06-01", periods=10)


def _units(product: str, values: list[float], start: int = 0) -> pd.DataFrame:
    days = DAYS[start : start + len(values)]
    return pd.DataFrame({"unique_id": product, "ds": days, "units": values})


def _daily() -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {
                "unique_id": product,
                "ds": DAYS,
                "ordered_units": [float(day) for day in range(10)],
                "produced_units": 2.0,
                "issued_units": 0.0,
                "delivered_units": 1.0,
            }
        )
        for product in ("A", "B")
    ]
    return pd.concat(frames)


def test_inputs_are_daily_totals_and_each_products_orders_of_the_last_days() -> None:
    samples = {one.column: one for one in input_samples(_daily(), 5, 3)}
    assert set(samples) == {
        "total ordered_units",
        "total produced_units",
        "total issued_units",
        "total delivered_units",
        "ordered A",
        "ordered B",
    }
    assert samples["total ordered_units"].current.tolist() == [14.0, 16.0, 18.0]
    assert samples["total ordered_units"].reference.tolist() == [4.0, 6.0, 8.0, 10.0, 12.0]
    assert samples["ordered A"].current.tolist() == [7.0, 8.0, 9.0]


def _windows() -> pd.DataFrame:
    return pd.DataFrame(
        {"origin": DAYS[[0, 3, 6, 8]], "wape": [0.1, 0.2, 0.3, 0.4], "bias": [0.0, 0.1, 0.0, -0.1]}
    )


def test_forecast_errors_are_split_by_the_first_day_of_their_window() -> None:
    error, bias = forecast_samples(_windows(), DAYS[-1], 4)
    assert (error.reference.tolist(), error.current.tolist()) == ([0.1, 0.2], [0.3, 0.4])
    assert bias.current.tolist() == [0.0, -0.1]


def test_a_sample_with_an_empty_side_is_not_compared() -> None:
    assert len(compared(forecast_samples(_windows(), DAYS[-1], 4))) == 2
    assert compared(forecast_samples(_windows(), DAYS[-1], 100)) == ()
    assert compared(forecast_samples(_windows(), DAYS[-1], 1)) == ()


def test_adherence_counts_each_product_and_day_up_to_what_was_planned() -> None:
    planned = pd.concat([_units("A", [10.0, 10.0]), _units("B", [5.0, 5.0])])
    produced = pd.concat([_units("A", [30.0, 4.0]), _units("B", [5.0, 0.0])])
    assert executed_adherence(planned, produced) == pytest.approx((10 + 4 + 5 + 0) / 30)


def test_a_plan_of_days_to_come_has_no_adherence_yet() -> None:
    assert executed_adherence(_units("A", [1.0], start=5), _units("A", [1.0] * 5)) is None


def test_past_output_backs_no_more_than_its_best_days_on_end() -> None:
    planned = pd.concat([_units("A", [8.0, 8.0], start=8), _units("B", [4.0], start=8)])
    produced = pd.concat([_units("A", [1.0, 5.0, 6.0, 0.0]), _units("B", [9.0])])
    assert demonstrated_share(planned, produced) == pytest.approx((11 + 4) / 20)
    assert demonstrated_share(planned, _units("C", [9.0])) == 0.0
    assert demonstrated_share(planned.assign(units=0.0), produced) == 1.0


def test_output_is_summed_over_products_by_day() -> None:
    planned = pd.concat([_units("A", [1.0, 2.0]), _units("B", [3.0])])
    (sample,) = output_samples(planned, _units("A", [7.0]))
    assert (sample.reference.tolist(), sample.current.tolist()) == ([7.0], [4.0, 2.0])


def test_forecasts_are_compared_by_their_daily_totals_from_earlier_origins() -> None:
    earlier = pd.concat(
        [_units("A", [1.0, 2.0]).assign(origin=1), _units("B", [10.0, 20.0]).assign(origin=1),
         _units("A", [3.0]).assign(origin=2)]
    )  # fmt: skip
    (sample,) = prediction_samples(earlier, _units("A", [5.0, 6.0]))
    assert (sample.reference.tolist(), sample.current.tolist()) == ([11.0, 22.0, 3.0], [5.0, 6.0])


def test_what_was_forecast_is_held_against_the_days_that_have_come() -> None:
    made = [
        pd.DataFrame({"origin": DAYS[0], "unique_id": "A", "ds": DAYS[:4], "mean": 10.0}),
        pd.DataFrame({"origin": DAYS[8], "unique_id": "A", "ds": DAYS[8:], "mean": 10.0}),
        pd.DataFrame({"origin": DAYS[9], "unique_id": "B", "ds": DAYS[9:], "mean": 1.0}),
    ]
    came = pd.DataFrame({"unique_id": "A", "ds": DAYS, "ordered_units": 8.0})
    found = realised_windows(pd.concat(made), came, least_days=3)
    assert found["origin"].tolist() == [DAYS[0]]
    assert found["wape"].tolist() == pytest.approx([0.25])
    assert found["bias"].tolist() == pytest.approx([0.25])
