from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from pipelines.output.rates.line_runs import (
    beliefs_of,
    fit_rates,
    fitted_or_why,
    line_runs,
    rated_plant,
)
from plant import Capability, Item, Line, Plant

PLANT = Plant(
    "KRW",
    datetime(2026, 1, 12, tzinfo=UTC),
    1440,
    (Line("L1"), Line("L2")),
    (Item("a", "A"), Item("b", "B")),
    (
        Capability("L1", "a", 120.0, 0.9),
        Capability("L1", "b", 60.0),
        Capability("L2", "a", 120.0),
        Capability("L2", "b", 60.0),
    ),
)


def _counts(days: int = 7) -> pd.DataFrame:
    """L1 makes 80 % of the planned rate, with 5 % scrap; L2 makes a as planned and never b."""
    rng = np.random.default_rng(1)
    rows = []
    for day in range(days):
        for line, item, hour, rate in (
            ("L1", "a", 6, 96.0), ("L1", "b", 10, 48.0), ("L1", "a", 14, 96.0),
            ("L2", "a", 6, 120.0), ("L2", "a", 12, 120.0),
        ):  # fmt: skip
            start = datetime(2026, 1, 5 + day, hour, tzinfo=UTC)
            good = rng.poisson(rate / 60, 180)
            scrap = rng.binomial(good, 0.05 if line == "L1" else 0.0)
            rows += [
                (line, pd.Timestamp(start) + pd.Timedelta(minutes=m), item, float(g), float(s))
                for m, (g, s) in enumerate(zip(good, scrap, strict=True))
                if g
            ]
    return pd.DataFrame(rows, columns=["line", "minute", "item", "good", "scrap"])


def test_counts_become_runs_with_their_rates() -> None:
    runs = line_runs(_counts(1), PLANT)
    assert len(runs) == 5
    first = runs[(runs["line"] == "L1") & (runs["item"] == "b")].iloc[0]
    assert first["minutes"] == pytest.approx(180, abs=6)
    assert first["share"] == pytest.approx(0.8, abs=0.12)
    again = runs[runs["line"] == "L2"]
    assert again["since_changeover"].tolist() == pytest.approx([0.0, 360.0], abs=5)


def test_measured_rates_take_the_place_of_master_data_where_runs_back_them() -> None:
    found = fit_rates(line_runs(_counts(), PLANT), 3, 1)
    plant, uses = rated_plant(PLANT, found)
    rate = {(one.line, one.item): one for one in plant.capabilities}
    assert rate["L1", "a"].rate == pytest.approx(96, rel=0.06)
    assert rate["L1", "a"].yield_ == pytest.approx(1 / 1.05, abs=0.02)
    assert rate["L2", "a"].rate == pytest.approx(120, rel=0.06)
    assert rate["L2", "b"] == PLANT.capabilities[3]
    sources = {(one.line, one.item): (one.source, one.reason) for one in uses}
    assert sources["L1", "b"] == ("measured", "7 runs")
    assert sources["L2", "b"] == ("master", "0 runs are known, 5 are needed")
    assert set(beliefs_of(uses)) == {("L1", "a"), ("L1", "b"), ("L2", "a")}
    low, middle, high = beliefs_of(uses)["L1", "a"].speed
    assert low < 1.02
    assert low <= middle <= high


def test_without_runs_master_data_stay_and_the_reason_is_said() -> None:
    for counts in (_counts().iloc[:0], _counts(1)):
        runs = line_runs(counts, PLANT) if len(counts) else counts
        found, why = fitted_or_why(runs, 3, 1)
        plant, uses = rated_plant(PLANT, found, why)
        assert plant == PLANT
        assert {one.source for one in uses} == {"master"}
        assert "expected at least 30 rows" in why or "counted" in why


def test_a_rate_far_from_master_data_is_told_not_used() -> None:
    counts = _counts()
    counts["good"] *= 3
    plant, uses = rated_plant(PLANT, fit_rates(line_runs(counts, PLANT), 3, 1))
    assert {one.rate for one in plant.capabilities} == {120.0, 60.0}
    assert any("correct the master data" in one.reason for one in uses)
