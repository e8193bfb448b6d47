from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.late_risk import (
    CasesError,
    LateRiskConfig,
    LateRiskError,
    LateRiskModel,
    Schema,
    backtest,
    check_cases,
    fit,
    load,
    predict,
    reasons,
    reliability,
    save,
    score,
    shares,
)
from models.late_risk.features import learnable, standing

SCHEMA = Schema(
    due="due",
    entities=("vendor", "site"),
    pairs=(("vendor", "site"),),
    numbers=("size",),
    dates=("ordered",),
    groups=("parcel",),
    sequences=("note",),
    labels={"vendor": ("supplier", "공급처")},
)
QUICK = LateRiskConfig(rounds=25, folds=2, horizon_days=30.0, least_rows=20)


def _orders(count: int = 900, seed: int = 1) -> pd.DataFrame:
    """Vendor C is late half of the time, others one time in twelve; long lead times help."""
    rng = np.random.default_rng(seed)
    due = np.sort(rng.integers(0, 700, count))
    vendor = rng.choice(["A", "B", "C"], count)
    lead = rng.integers(3, 30, count)
    risk = np.where(vendor == "C", 0.5, 0.08) * np.where(lead > 15, 0.5, 1.3)
    start = pd.Timestamp("2021-01-01")
    return pd.DataFrame(
        {
            "due": start + pd.to_timedelta(due, unit="D"),
            "ordered": start + pd.to_timedelta(due - lead, unit="D"),
            "vendor": vendor,
            "site": rng.choice(["n", "s"], count),
            "size": rng.lognormal(3, 1, count),
            "parcel": [f"P{number // 3}" for number in range(count)],
            "note": [f"N-{number:05d}" for number in range(count)],
            "late": (rng.random(count) < risk).astype(int),
        }
    )


@pytest.fixture(scope="module")
def model() -> LateRiskModel:
    return fit(_orders(), SCHEMA, QUICK)


def test_who_is_often_late_is_scored_higher_later_on(model: LateRiskModel) -> None:
    later = _orders(300, seed=2).assign(due=lambda t: t["due"] + pd.Timedelta(days=700))
    later["ordered"] += pd.Timedelta(days=700)
    chance = predict(model, later).chance
    found = score(chance, later["late"].to_numpy(float))
    assert found.auc > 0.7
    assert found.brier < found.constant
    assert abs(found.said - found.came) < 0.06
    assert chance[later["vendor"] == "C"].mean() > 2 * chance[later["vendor"] == "A"].mean()


def test_scores_come_in_the_order_of_the_table(model: LateRiskModel) -> None:
    table = _orders(60, seed=3)
    mixed = table.sample(frac=1.0, random_state=0)
    straight, other = predict(model, table), predict(model, mixed)
    assert other.chance == pytest.approx(straight.chance[mixed.index])
    assert list(other.matrix.index) == list(mixed.index)


def test_labels_known_later_than_asked_change_no_score() -> None:
    table = _orders(600)
    asked = 18628.0 + 400  # 2021-01-01 is day 18,628
    before = table["due"] < pd.Timestamp("2021-01-01") + pd.Timedelta(days=399)
    turned = table.assign(late=table["late"].where(before, 1 - table["late"]))
    ahead = table[~before]
    from dataclasses import replace

    from models.late_risk.features import remember

    one = fit(table[before], SCHEMA, QUICK)
    other = replace(one, memory=remember(check_cases(turned, SCHEMA, True), SCHEMA))
    whole = replace(one, memory=remember(check_cases(table, SCHEMA, True), SCHEMA))
    then = np.full(len(ahead), asked)
    assert predict(whole, ahead, then).chance == pytest.approx(predict(other, ahead, then).chance)


def test_a_backtest_reads_nothing_after_its_origin() -> None:
    table = _orders(700)
    origin = pd.Timestamp("2022-04-01")
    spoilt = table.copy()
    after = spoilt["due"] >= origin
    spoilt.loc[after, "late"] = 1 - spoilt.loc[after, "late"]
    (one,), (other,) = (backtest(data, SCHEMA, QUICK, [origin]) for data in (table, spoilt))
    assert one.chance == pytest.approx(other.chance)
    assert one.late.tolist() == (1 - other.late).tolist()


def test_reasons_add_up_to_the_log_odds_and_are_told_in_both_languages(
    model: LateRiskModel,
) -> None:
    table = _orders(40, seed=4)
    scored = predict(model, table)
    assert shares(model, scored.matrix).sum(axis=1) == pytest.approx(scored.log_odds, abs=1e-4)
    risky = int(np.argmax(scored.chance))
    told = reasons(model, scored)[risky]
    assert len(told) == 3
    assert len({one.column for one in told}) == 3
    assert abs(told[0].share) >= abs(told[1].share) >= abs(told[2].share)
    words = [one.text("en", SCHEMA) for one in told] + [one.text("ko", SCHEMA) for one in told]
    assert any("supplier" in text and "C" in text for text in words[:3])
    assert any("공급처" in text and "C" in text for text in words[3:])


def test_names_of_which_there_are_many_count_by_their_rates_alone() -> None:
    rng = np.random.default_rng(8)
    table = _orders(900)
    table["vendor"] = table["vendor"] + rng.integers(0, 6, len(table)).astype(str)  # 18 of them
    model = fit(table, SCHEMA, QUICK)
    scored = predict(model, table.head(40))
    assert "name:vendor" not in learnable(scored.matrix)
    assert {"name:site", "rate:vendor"} <= set(learnable(scored.matrix))
    parts = shares(model, scored.matrix)
    assert (parts[:, scored.matrix.columns.get_loc("name:vendor")] == 0).all()
    assert parts.sum(axis=1) == pytest.approx(scored.log_odds, abs=1e-4)
    other = scored.matrix.assign(**{"name:vendor": scored.matrix["name:vendor"].iloc[::-1].array})
    odds = [one.log_odds(other) - one.log_odds(scored.matrix) for one in model.members]
    assert np.abs(odds).max() == 0
    told = [one for own in reasons(model, scored) for one in own if one.column == "vendor"]
    assert told
    assert all(one.name[0] in "ABC" for one in told)


def test_a_note_is_compared_with_those_of_its_like_due_about_then() -> None:
    """Site s hands its notes out 20 days later from some day on: what is near then tells."""
    count = 400
    due = np.arange(count) * 2.0
    late_by = np.where((np.arange(count) % 2 == 1) & (due > 500), 20, 0)
    issued = np.argsort(np.argsort(due + late_by, kind="stable"), kind="stable")
    start = pd.Timestamp("2021-01-01")
    table = pd.DataFrame(
        {
            "due": start + pd.to_timedelta(due, unit="D"),
            "vendor": "A",
            "site": np.where(np.arange(count) % 2, "s", "n"),
            "note": [f"N-{number:05d}" for number in issued],
        }
    )
    schema = Schema(
        due="due", entities=("vendor", "site"), pairs=(("vendor", "site"),), sequences=("note",)
    )
    found = standing(check_cases(table, schema, labelled=False), schema, table)
    settled = (due > 570) & (due < 750)
    assert np.abs(found["near:note:vendor | site"][settled]).median() < 2
    assert found.loc[settled & (table["site"] == "s"), "ahead:note:vendor | site"].median() < -5


def test_a_saved_model_scores_the_same(model: LateRiskModel, tmp_path: Path) -> None:
    save(model, tmp_path)
    table = _orders(50, seed=5)
    assert predict(load(tmp_path), table).chance == pytest.approx(predict(model, table).chance)
    assert not list(tmp_path.glob("*.pkl"))


def test_a_damaged_model_is_refused(model: LateRiskModel, tmp_path: Path) -> None:
    save(model, tmp_path)
    (tmp_path / "model.json").write_text("{}", "utf-8")
    with pytest.raises(LateRiskError, match=r"model\.json: not a saved late-risk model"):
        load(tmp_path)
    with pytest.raises(LateRiskError, match="cannot be read"):
        load(tmp_path / "nowhere")


def test_names_never_seen_and_empty_values_are_scored(model: LateRiskModel) -> None:
    table = _orders(5).assign(vendor="new", size=np.nan, ordered=pd.NaT, note="?", parcel=None)
    chance = predict(model, table).chance
    assert ((chance > 0) & (chance < 1)).all()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"late": 2}, r"column late: expected 0 or 1, .* row 0: 2"),
        ({"due": "never"}, r"column due: expected a date, .* row 0: 'never'"),
        ({"size": "big"}, r"column size: expected a number or nothing, .* row 0: 'big'"),
    ],
)
def test_what_cannot_be_read_is_named(change: dict[str, object], expected: str) -> None:
    table = _orders(80).assign(**change)
    with pytest.raises(CasesError, match=expected):
        fit(table, SCHEMA, QUICK)


def test_a_missing_column_no_rows_and_one_outcome_are_refused() -> None:
    with pytest.raises(CasesError, match="vendor missing"):
        fit(_orders(80).drop(columns="vendor"), SCHEMA, QUICK)
    with pytest.raises(CasesError, match="found none"):
        fit(_orders(80).iloc[:0], SCHEMA, QUICK)
    with pytest.raises(LateRiskError, match="found 80, 0 of them late"):
        fit(_orders(80).assign(late=0), SCHEMA, QUICK)


def test_bins_hold_all_orders_from_safe_to_risky() -> None:
    chance = np.linspace(0, 1, 101)
    bins = reliability(chance, (chance > 0.5).astype(float))
    assert sum(one.orders for one in bins) == 101
    assert [one.said for one in bins] == sorted(one.said for one in bins)
    assert (bins[0].came, bins[-1].came) == (0.0, 1.0)
