"""Late risk on the public delivery history, on time splits: ranking, precision, Brier score.

    python -m benchmarks.late_risk --train FILE
    python -m benchmarks.late_risk --train FILE --test FEATURES --labels FILE --out predictions.parquet

Without --test, models are fitted at origins inside FILE and scored on what was due after each. Two
questions are asked of the same orders: what is known when an order is placed (`ordered`), and what
is known once its shipping note is written (`shipped`). A note's number tells when it was written,
and what is late is noted late: that is known in time to warn a customer, but not to plan by.

The peer in the same splits is XGBoost as it comes (300 trees of depth 6, rate 0.05) on the same columns:
names and document numbers as codes, numbers, days between dates, month and weekday.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.given_files import GivenFileError, dates_of, labels_of, read_table, write_table
from benchmarks.report import arguments, progress, show
from models.late_risk import (
    LateRiskConfig,
    LateRiskError,
    Schema,
    Scores,
    backtest,
    fit,
    predict,
    score,
)

ORIGINS = ("2012-07-01", "2013-01-01", "2013-07-01", "2013-12-01")
ID = "ID"
MEASURED = ("Weight (Kilograms)", "Freight Cost (USD)")

ORDERED = Schema(
    due="scheduled_delivery",
    late="late",
    entities=(
        "Country", "Vendor", "Manufacturing Site", "Fulfill Via", "Shipment Mode",
        "Vendor INCO Term", "Project Code", "Item Description", "Molecule/Test Type", "Brand",
        "Dosage Form", "Product Group", "Sub Classification", "First Line Designation",
    ),
    pairs=(
        ("Country", "Fulfill Via"), ("Fulfill Via", "Shipment Mode"),
        ("Fulfill Via", "Manufacturing Site"), ("Country", "Vendor"),
        ("Country", "Shipment Mode"), ("Country", "Manufacturing Site"),
    ),
    numbers=(
        "Line Item Quantity", "Line Item Value", "Pack Price", "Unit Price",
        "Unit of Measure (Per Pack)",
    ),
    dates=("PQ First Sent to Client Date", "PO Sent to Vendor Date"),
    groups=("PO / SO #", "PQ #"),
    sequences=("PO / SO #", "PQ #"),
)  # fmt: skip
SHIPPED = replace(
    ORDERED,
    numbers=(*ORDERED.numbers, *MEASURED, "Line Item Insurance (USD)"),
    groups=(*ORDERED.groups, "ASN/DN #"),
    sequences=(*ORDERED.sequences, "ASN/DN #"),
)
QUESTIONS = {"ordered": ORDERED, "shipped": SHIPPED}


def read(path: Path) -> pd.DataFrame:
    """Return the shipments; texts in columns of measures ("see ASN-93") become nothing."""
    table = read_table(path, (ID, *MEASURED, ORDERED.due))
    table[ORDERED.due] = dates_of(path, table, ORDERED.due)
    for name in MEASURED:
        table[name] = pd.to_numeric(table[name], errors="coerce")
    return table


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--out", type=Path, help="Parquet or CSV: ID, chances by each question")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.test is None and (asked.labels or asked.out):
        parser.error("--labels and --out go with --test")
    begun = time.process_time()
    try:
        rows, figures = _measured(asked)
    except (GivenFileError, LateRiskError) as error:
        raise SystemExit(f"late_risk: {error}") from error
    figures |= {"processor_seconds": round(time.process_time() - begun, 1)}
    columns = ("known when", "origin", "orders", "AUC", "average precision", "Brier", "constant")
    show("Late risk, time splits", columns, rows, figures, asked.json)


def _measured(asked: argparse.Namespace) -> tuple[list[list[object]], dict[str, object]]:
    table = read(asked.train)
    config = LateRiskConfig(seed=asked.seed, rounds=80 if asked.quick else 250)
    if asked.test is None:
        return _inside(table, config, ORIGINS[-1:] if asked.quick else ORIGINS)
    return _held(table, config, asked.test, asked.labels, asked.out)


def _inside(
    table: pd.DataFrame, config: LateRiskConfig, origins: tuple[str, ...]
) -> tuple[list[list[object]], dict[str, object]]:
    rows: list[list[object]] = []
    figures: dict[str, object] = {}
    starts = [pd.Timestamp(one) for one in origins]
    last = pd.to_datetime(table[ORDERED.due]).max()
    config = replace(config, horizon_days=float((last - starts[0]).days) / max(len(starts), 1))
    for name, schema in QUESTIONS.items():
        trials = backtest(table, schema, config, starts, partial(_progress, name))
        rows += [_row(name, f"{one.origin:%Y-%m-%d}", one.scores) for one in trials]
        chance = np.concatenate([one.chance for one in trials])
        pooled = score(chance, np.concatenate([one.late for one in trials]))
        rows.append(_row(name, "all", pooled))
        figures[name] = _figures(pooled)
    peer, late = _plain_trials(table, starts, rows)
    figures["plain xgboost"] = _figures(score(peer, late))
    return rows, figures


def _progress(name: str, text: str) -> None:
    progress(f"{name}: {text}")


def _plain_trials(
    table: pd.DataFrame, starts: list[pd.Timestamp], rows: list[list[object]]
) -> tuple[np.ndarray, np.ndarray]:
    """The peer at the same origins, with all that is known when the note is written."""
    due = pd.to_datetime(table[SHIPPED.due])
    chances, ends = [], []
    for origin, end in zip(starts, [*starts[1:], pd.Timestamp.max], strict=True):
        known = table[due + pd.Timedelta(days=1) <= origin]
        ahead = table[(due >= origin) & (due < end)]
        chances.append(_plain(known, ahead))
        ends.append(ahead[SHIPPED.late].to_numpy(np.float64))
        rows.append(_row("plain XGBoost", f"{origin:%Y-%m-%d}", score(chances[-1], ends[-1])))
    rows.append(_row("plain XGBoost", "all", score(np.concatenate(chances), np.concatenate(ends))))
    return np.concatenate(chances), np.concatenate(ends)


def _plain(known: pd.DataFrame, ahead: pd.DataFrame) -> np.ndarray:
    """The peer's chances for the orders ahead."""
    import xgboost

    both = _plain_figures(pd.concat([known, ahead]))
    model = xgboost.XGBClassifier(
        n_estimators=300, learning_rate=0.05, max_depth=6, n_jobs=1, random_state=0
    )
    model.fit(both.iloc[: len(known)], known[SHIPPED.late])
    return np.asarray(model.predict_proba(both.iloc[len(known) :])[:, 1], dtype=np.float64)


def _plain_figures(table: pd.DataFrame) -> pd.DataFrame:
    due = pd.to_datetime(table[SHIPPED.due])
    found = {name: table[name].astype("category").cat.codes for name in SHIPPED.entities}
    found |= {name: pd.to_numeric(table[name], errors="coerce") for name in SHIPPED.numbers}
    for name in SHIPPED.sequences:
        found[name] = table[name].astype(str).str.extract(r"(\d+)$")[0].astype(float)
    for name in SHIPPED.dates:
        found[name] = (due - pd.to_datetime(table[name], errors="coerce", format="mixed")).dt.days
    return pd.DataFrame(found).assign(month=due.dt.month, weekday=due.dt.dayofweek)


def _held(
    table: pd.DataFrame,
    config: LateRiskConfig,
    test: Path,
    labels: Path | None,
    out: Path | None,
) -> tuple[list[list[object]], dict[str, object]]:
    given = read(test)
    late = _labels(labels, test, given)
    found = pd.DataFrame({ID: given[ID]})
    rows: list[list[object]] = []
    figures: dict[str, object] = {}
    # How far ahead scores are asked for is known from their due dates; nothing else of them is used.
    ahead = pd.to_datetime(given[ORDERED.due]).max() - pd.to_datetime(table[ORDERED.due]).max()
    config = replace(config, horizon_days=float(max(ahead.days, 30)))
    for name, schema in QUESTIONS.items():
        model = fit(table, schema, config, partial(_progress, name))
        found[name] = predict(model, given).chance
    found["plain xgboost"] = _plain(table, given)
    if late is not None:
        for name in found.columns.drop(ID):
            scores = score(found[name].to_numpy(np.float64), late)
            rows.append(_row(name, "test", scores))
            figures[name] = _figures(scores)
    if out is not None:
        write_table(found, out)
        figures["out"] = f"{out.name}: {', '.join(found.columns)}, {len(found)} rows"
    return rows, figures


def _labels(labels: Path | None, test: Path, given: pd.DataFrame) -> np.ndarray | None:
    """What came of the given rows: from the file of labels, else from the test's own, if it has any."""
    if labels is None and ORDERED.late not in given.columns:
        return None
    return labels_of(labels or test, given, ID, ORDERED.late)


def _row(question: str, origin: str, scores: Scores) -> list[object]:
    return [
        question, origin, scores.orders, f"{scores.auc:.4f}", f"{scores.precision:.4f}",
        f"{scores.brier:.4f}", f"{scores.constant:.4f}",
    ]  # fmt: skip


def _figures(scores: Scores) -> dict[str, float]:
    return {
        "auc": round(scores.auc, 4),
        "average_precision": round(scores.precision, 4),
        "brier": round(scores.brier, 4),
        "said": round(scores.said, 4),
        "came": round(scores.came, 4),
    }


if __name__ == "__main__":
    main()
