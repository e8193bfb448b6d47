from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.demand import ForecastConfig, TableError, read_table
from models.demand.hierarchy import fit_hierarchy, reconcile, with_sums

FAMILIES = {"S0": "a", "S1": "a", "S2": "b", "S3": "b"}


def _table(days: int = 90) -> pd.DataFrame:
    generator = np.random.default_rng(5)
    times = pd.date_range("2023-01-02", periods=days)
    week = 1 + 0.4 * np.sin(2 * np.pi * np.arange(days) / 7)
    return pd.concat(
        pd.DataFrame(
            {"series": name, "time": times, "value": 50 * week * generator.normal(1, 0.1, days)}
        )
        for name in FAMILIES
    )


def test_sums_stand_before_their_parts() -> None:
    nodes, summing = with_sums(read_table(_table())[0], FAMILIES)
    assert nodes.names[:3] == ("total", "family a", "family b")
    assert np.allclose(nodes.of(0), sum(nodes.of(number) for number in range(3, 7)))
    assert np.allclose(nodes.of(2), nodes.of(5) + nodes.of(6))
    assert summing.shape == (7, 4)


def test_forecasts_of_parts_add_up_to_those_of_their_sums() -> None:
    config = ForecastConfig(7, members=("seasonal_mean:7", "theta:7"), families=FAMILIES)
    found = fit_hierarchy(_table(), config).predict()
    mean = found.pivot(index="time", columns="series", values="mean")
    assert np.allclose(mean["total"], mean["family a"] + mean["family b"])
    assert np.allclose(mean["family b"], mean["S2"] + mean["S3"])
    assert (found["q10"] <= found["q90"]).all()


def test_the_node_that_errs_least_moves_least() -> None:
    summing = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    generator = np.random.default_rng(1)
    errors = generator.normal(size=(3, 200)) * np.array([[0.1], [5.0], [5.0]])
    found = reconcile(np.array([[10.0], [3.0], [3.0]]), summing, errors)
    assert found[0, 0] == pytest.approx(10, abs=0.1)
    assert found[1, 0] == pytest.approx(5, abs=0.5)


def test_counted_steps_cannot_be_added_up() -> None:
    table = pd.DataFrame({"series": ["A", "B"], "time": [1, 1], "value": [1.0, 2.0]})
    with pytest.raises(TableError, match="counted steps"):
        with_sums(read_table(table)[0], {})
