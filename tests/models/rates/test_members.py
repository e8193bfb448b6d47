"""Each fitted member: it learns, keeps its files, and is left out where the budget has no room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.rates import RateConfig, RateSchema, RowsError, fit, load, predict, save
from models.rates.config import FITTED, SLOW, Member
from models.rates.features import Looked, Memory, look, remember
from models.rates.members import Training, fit_member, load_member, suits
from models.rates.members.forest import Forest
from models.rates.schema import check_rows, days_of
from models.rates.windows import training_rows

SCHEMA = RateSchema(
    at="day", value="made", keys=("line",), reference="target", numbers=("workers",), kind="line"
)
CONFIG = RateConfig(horizon_days=7, copies=2, rounds=60, learning_rate=0.15, least_rows=10)


def _days(days: int = 90, seed: int = 1) -> pd.DataFrame:
    """Line A meets its target but for days with few workers; B makes a third less and rests on Sundays."""
    rng = np.random.default_rng(seed)
    day = pd.date_range("2024-01-01", periods=days)
    parts = []
    for line in ("A", "B"):
        workers = rng.integers(5, 15, days).astype(float)
        target = rng.choice([0.7, 0.8], days)
        made = target * np.where(workers < 8, 0.75, 1.0)
        if line == "B":
            made = made * 0.67 * rng.lognormal(0, 0.03, days) * (day.dayofweek < 6)
        parts.append(
            pd.DataFrame(
                {"day": day, "line": line, "made": made, "target": target, "workers": workers}
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def known() -> tuple[Training, Memory, Looked, np.ndarray]:
    """Eleven weeks to learn from, and the two after them as they look from their first day."""
    table = check_rows(_days(), SCHEMA, known=True)
    first = pd.Timestamp("2024-03-18")
    before, after = table[table["day"] < first], table[table["day"] >= first]
    memory = remember(before, SCHEMA)
    training = training_rows(before, SCHEMA, memory, CONFIG).before(np.inf)
    asked = np.full(len(after), days_of(pd.Series([first]))[0])
    looked = look(after.drop(columns="made"), SCHEMA, memory, asked)
    return training, memory, looked, after["made"].to_numpy(np.float64)


@pytest.mark.parametrize(
    "member",
    [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in FITTED],
)
def test_a_member_learns_and_says_the_same_from_its_files(
    member: Member, known: tuple[Training, Memory, Looked, np.ndarray], tmp_path: Path
) -> None:
    training, memory, looked, made = known
    assert suits(member, SCHEMA)
    one = fit_member(member, training, SCHEMA, memory, CONFIG)
    assert one.member == member
    said = one.predict(looked, memory)
    dull = np.abs(training.value.mean() - made).mean()
    assert np.abs(said - made).mean() < (0.95 if member == "prophet" else 0.6) * dull
    one.save(tmp_path)
    assert not list(tmp_path.glob("*.pkl"))
    assert load_member(member, tmp_path).predict(looked, memory) == pytest.approx(said, abs=1e-6)


def test_forests_share_leaves_as_scikit_learn_does(
    known: tuple[Training, Memory, Looked, np.ndarray],
) -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    from models.rates.members.forest import _arrays

    rng = np.random.default_rng(1)
    rows, target = rng.normal(size=(300, 4)), rng.normal(size=300)
    model = ExtraTreesRegressor(7, min_samples_leaf=5, random_state=0).fit(rows, target)
    trees = _arrays([one.tree_ for one in model.estimators_])
    fresh = rng.normal(size=(200, 4))
    assert (trees.leaves(fresh) == model.apply(fresh)).all()


def test_a_forest_answers_by_the_median_of_those_that_share_its_leaves() -> None:
    trees = np.zeros((1, 3), dtype=np.int32)
    leaves = np.array([[1], [1], [1], [2]], dtype=np.int32)
    forest = Forest("forest", trees, leaves, np.array([0.1, 0.2, 0.9, 5.0]))  # type: ignore[arg-type]
    assert forest._medians(np.array([[1], [2]], dtype=np.int32)).tolist() == [0.2, 5.0]


@pytest.mark.slow
def test_values_after_asked_are_not_read_by_the_network(
    known: tuple[Training, Memory, Looked, np.ndarray],
) -> None:
    training, memory, looked, _ = known
    one = fit_member("gru", training, SCHEMA, memory, CONFIG)
    rows = memory.rows
    early = float(np.floor(looked.asked[0])) - 20.0
    days = days_of(rows["day"])
    spoilt = remember(rows.assign(made=rows["made"].where(days < early, 99.0)), SCHEMA)
    asked = np.full(len(looked.asked), early)
    before = replace(looked, asked=asked)
    assert one.predict(before, spoilt) == pytest.approx(one.predict(before, memory))
    assert one.predict(looked, spoilt) != pytest.approx(one.predict(looked, memory))


@pytest.mark.slow
def test_slow_members_take_part_where_the_budget_has_room_for_them() -> None:
    table, told = _days(), list[str]()
    config = replace(CONFIG, folds=2, members=("median", "own", *SLOW))
    short = fit(table, SCHEMA, replace(config, seconds=0.0), told.append)
    assert set(short.left_out) == set(SLOW)
    assert all(seconds >= 0 for seconds in short.left_out.values())
    assert any("gru left out" in line for line in told)
    assert not fit(table, SCHEMA, replace(config, seconds=300.0)).left_out


def test_each_kind_has_weights_and_intervals_of_its_own(tmp_path: Path) -> None:
    table = pd.concat([_days(120), _days(120, seed=2)], ignore_index=True)
    both = fit(table, SCHEMA, replace(CONFIG, folds=7, members=("median", "own", "gap")))
    assert set(both.kinds) == {"A", "B"}
    ahead = _days(127).groupby("line").tail(7)
    found = predict(both, ahead.drop(columns="made"))
    inside = (found["q10"] <= ahead["made"] + 1e-9) & (ahead["made"] - 1e-9 <= found["q90"])
    assert (inside.groupby(ahead["line"]).mean() >= 0.6).all()
    planned = replace(both.kinds["A"], weights={"reference": 1.0})
    other = predict(replace(both, kinds={**both.kinds, "A": planned}), ahead)["mean"]
    is_first = ahead["line"] == "A"
    assert other[is_first].tolist() == ahead.loc[is_first, "target"].tolist()
    assert other[~is_first].tolist() == found.loc[~is_first, "mean"].tolist()
    save(both, tmp_path)
    pd.testing.assert_frame_equal(predict(load(tmp_path), ahead), found)


def test_a_table_without_a_reference_has_no_members_over_it() -> None:
    schema = replace(SCHEMA, reference=None)
    assert not suits("gap", schema)
    assert suits("forest", schema)
    one = fit(_days(), schema, replace(CONFIG, folds=2, members=("gap", "forest_gap", "own")))
    assert set(one.weights) <= {"own", "weekday_mean"}


def test_a_kind_that_is_no_key_is_refused() -> None:
    with pytest.raises(RowsError, match="kind: expected one of the keys or names, found 'shift'"):
        replace(SCHEMA, kind="shift")
