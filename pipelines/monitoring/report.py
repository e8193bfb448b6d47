"""The Evidently report of drift: columns compared by Evidently, kept as one HTML file."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.drift import P_VALUE, Comparison, Kind, Sample

METHOD = "ks"


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What Evidently found of each column, by kind, and its own document."""

    columns: dict[Kind, tuple[Comparison, ...]]
    snapshot: Any

    def save(self, path: Path) -> None:
        """Write the report as one HTML file that needs nothing else."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.snapshot.save_html(str(path))


def compare(samples: Sequence[Sample]) -> DriftReport:
    """Return Evidently's comparison of every sample, each with values on both sides.

    Columns may be of different lengths: they are padded, and Evidently leaves out what is not
    there, column by column.
    """
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    names = [sample.column for sample in samples]
    definition = DataDefinition(numerical_columns=names)
    current, reference = (
        Dataset.from_pandas(_frame(samples, side), data_definition=definition)
        for side in ("current", "reference")
    )
    tests = [ValueDrift(column=name, method=METHOD, threshold=P_VALUE) for name in names]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of constant columns, whose p-value is 1
        snapshot = Report(tests).run(current, reference)
    found = {
        metric["config"]["column"]: float(metric["value"]) for metric in snapshot.dict()["metrics"]
    }
    columns: dict[Kind, tuple[Comparison, ...]] = {}
    for sample in samples:
        columns[sample.kind] = (*columns.get(sample.kind, ()), _comparison(sample, found))
    return DriftReport(columns, snapshot)


def _comparison(sample: Sample, found: dict[str, float]) -> Comparison:
    return Comparison(
        sample.column,
        found[sample.column],
        float(sample.reference.mean()),
        float(sample.current.mean()),
    )


def _frame(samples: Sequence[Sample], side: str) -> Any:
    import pandas as pd

    columns = {sample.column: getattr(sample, side) for sample in samples}
    length = max((len(values) for values in columns.values()), default=0)
    return pd.DataFrame(
        {
            name: np.concatenate([values, np.full(length - len(values), np.nan)])
            for name, values in columns.items()
        }
    )
