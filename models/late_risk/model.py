"""The late-risk model: fitted on orders whose end is known, it says how likely others will be late.

Fitted on any table of orders (`Schema`); every figure that rests on labels uses those known at the
time that the score is asked for. It is known to fail where lateness has a new cause: what it has
learnt of a vendor or a site holds until their labels say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from models.late_risk.calibration import Calibration, Slice, best_weights, calibrate, telling
from models.late_risk.config import MEMBERS, USUAL, LateRiskConfig
from models.late_risk.errors import LateRiskError
from models.late_risk.features import Memory, features, remember, standing
from models.late_risk.members import Fitted, fit_member
from models.late_risk.schema import Floats, Schema, check_cases, days_of, known_days

LEAST_CASES = 60
# The part of the history that later slices are cut from; what is before is always for fitting.
SLICED_SHARE = 0.4

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LateRiskModel:
    """Members with their weights and calibration, and the history that features are counted from."""

    schema: Schema
    config: LateRiskConfig
    memory: Memory
    members: tuple[Fitted, ...]
    weights: tuple[float, ...]
    calibration: Calibration
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """Chances of being late, and what they rest on.

    chance [N]; log_odds [N] before calibration; matrix [N, F]: the features; index: the table's.
    """

    chance: Floats
    log_odds: Floats
    matrix: pd.DataFrame


def fit(
    table: pd.DataFrame,
    schema: Schema,
    config: LateRiskConfig,
    report: Report = lambda _: None,
) -> LateRiskModel:
    """Return the model fitted on the labelled orders of the table.

    Raises
    ------
    models.late_risk.errors.LateRiskError
        Where there are too few orders, or all or none were late.
    """
    cases = check_cases(table, schema, labelled=True)
    _refuse_too_few(cases, schema)
    slices = telling(later_slices(cases, schema, config, report))
    usual = tuple(USUAL[name] / sum(USUAL.values()) for name in MEMBERS)
    weights = best_weights(slices, usual) if slices else usual
    calibration = calibrate(slices, weights)
    model = fit_members(cases, schema, config, weights)
    report(f"late risk: weights {_told(weights)}, slope {calibration.slope:.2f}")
    return replace(model, calibration=calibration)


def fit_members(
    cases: pd.DataFrame,
    schema: Schema,
    config: LateRiskConfig,
    weights: tuple[float, ...] | None = None,
) -> LateRiskModel:
    """Return the members fitted on checked cases, not calibrated; those of weight 0 are left out."""
    memory = remember(cases, schema)
    matrix, late, weight = _training(cases, schema, memory, config)
    used = [
        name for name, share in zip(MEMBERS, weights or (1,) * len(MEMBERS), strict=True) if share
    ]
    members = tuple(fit_member(name, matrix, late, weight, config) for name in used)
    shares = tuple(share for share in weights or () if share) or (1 / len(members),) * len(members)
    return LateRiskModel(
        schema, config, memory, members, shares, Calibration(), tuple(matrix.columns)
    )


def later_slices(
    cases: pd.DataFrame, schema: Schema, config: LateRiskConfig, report: Report
) -> list[Slice]:
    """Return what members fitted before each slice of time say of it, labels as old as they then are."""
    due, known = days_of(cases[schema.due]), known_days(cases, schema)
    late = cases[schema.late].to_numpy(np.float64)
    edges = np.quantile(due, np.linspace(1 - SLICED_SHARE, 1, config.folds + 1))
    found = []
    for number, (first, last) in enumerate(pairwise(edges), start=1):
        before = (known < first) & (due < first)
        inside = (due >= first) & ((due < last) | (number == config.folds))
        if before.sum() < LEAST_CASES or len(set(late[before])) < 2 or not inside.any():
            continue
        report(f"late risk: slice {number} of {config.folds}")
        model = fit_members(cases[before], schema, config)
        asked = np.full(int(inside.sum()), first)
        if schema.asked:
            asked = np.minimum(days_of(cases.loc[inside, schema.asked]), due[inside])
        matrix = _asked(model, cases[inside], asked)
        odds = np.array([member.log_odds(matrix) for member in model.members])
        found.append(Slice(odds, late[inside]))
    return found


def predict(model: LateRiskModel, table: pd.DataFrame, asked: Floats | None = None) -> Scored:
    """Return the chance of each order, in the table's order.

    Parameters
    ----------
    asked
        Shape (orders,), days since 1970 at which the scores are asked for; by default as late as
        possible: at the due date, or when the model's last label was known, whichever is earlier.
    """
    cases = check_cases(table.reset_index(drop=True), model.schema, labelled=False)
    order = cases.index.to_numpy()
    due = days_of(cases[model.schema.due])
    latest = np.minimum(due, model.memory.last_known + 1.0)
    if asked is not None:
        latest = np.minimum(asked[order], latest)
    elif model.schema.asked is not None:
        latest = np.minimum(days_of(cases[model.schema.asked]), latest)
    matrix = _asked(model, cases, latest)
    odds = np.array(model.weights) @ np.array([one.log_odds(matrix) for one in model.members])
    back = np.argsort(order)
    scored = matrix.iloc[back].set_axis(table.index)
    return Scored(model.calibration.chance(odds)[back], odds[back], scored)


def refreshed(model: LateRiskModel, table: pd.DataFrame) -> LateRiskModel:
    """Return the model as it was fitted, its features counted from the labelled orders of the table.

    Who was late since then counts; what that means stays as it was learnt.
    """
    memory = remember(check_cases(table, model.schema, labelled=True), model.schema)
    return replace(model, memory=replace(memory, names=model.memory.names))


def answer(model: LateRiskModel, table: pd.DataFrame) -> pd.DataFrame:
    """Return the chance of each order as a table with the one column `chance`."""
    return pd.DataFrame({"chance": predict(model, table).chance})


def _asked(model: LateRiskModel, cases: pd.DataFrame, asked: Floats) -> pd.DataFrame:
    context = pd.concat([model.memory.cases[list(model.schema.inputs)], cases])
    figures = standing(cases, model.schema, context)
    return features(cases, model.schema, model.memory, asked, figures)


def _training(
    cases: pd.DataFrame, schema: Schema, memory: Memory, config: LateRiskConfig
) -> tuple[pd.DataFrame, Floats, Floats]:
    """Features, labels and weights of the cases, each looked at several times with labels of some age."""
    rng = np.random.default_rng(config.seed)
    due = days_of(cases[schema.due])
    figures, rows = standing(cases, schema, cases), []
    copies = 1 if schema.asked else config.copies
    for _ in range(copies):
        drawn = due - rng.uniform(0.0, config.horizon_days, len(cases))
        asked = days_of(cases[schema.asked]) if schema.asked else drawn
        rows.append(features(cases, schema, memory, asked, figures))
    late = np.tile(cases[schema.late].to_numpy(np.float64), copies)
    faded = np.exp2((due - due.max()) / config.half_life_days) / copies
    return pd.concat(rows, ignore_index=True), late, np.tile(faded, copies)


def _refuse_too_few(cases: pd.DataFrame, schema: Schema) -> None:
    late = int(cases[schema.late].sum())
    if len(cases) < LEAST_CASES or late in (0, len(cases)):
        raise LateRiskError(
            f"orders: expected at least {LEAST_CASES} whose end is known, some late and some not; "
            f"found {len(cases)}, {late} of them late; wait for more history"
        )


def _told(weights: tuple[float, ...]) -> str:
    return ", ".join(f"{name} {share:.2f}" for name, share in zip(MEMBERS, weights, strict=True))
