"""How good chances are: ranking, precision, Brier score, and what was said against what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.late_risk.schema import Floats

BINS = 10


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of chances on orders with known ends.

    auc: area under the ROC curve; precision: average precision; brier: mean squared error of the
    chance; constant: the Brier score of always saying the mean; said, came: mean chance and share late.
    """

    orders: int
    auc: float
    precision: float
    brier: float
    constant: float
    said: float
    came: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Orders with chances alike: how many, what was said of them on average, what share was late."""

    orders: int
    said: float
    came: float


def score(chance: Floats, late: Floats) -> Scores:
    """Return the scores; auc and precision are nan where all orders ended alike."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    both = 0 < late.sum() < len(late)
    return Scores(
        len(late),
        float(roc_auc_score(late, chance)) if both else float("nan"),
        float(average_precision_score(late, chance)) if both else float("nan"),
        float(np.mean((chance - late) ** 2)),
        float(late.mean() * (1 - late.mean())),
        float(chance.mean()),
        float(late.mean()),
    )


def reliability(chance: Floats, late: Floats, bins: int = BINS) -> tuple[Bin, ...]:
    """Return bins of as many orders each, from the least chance to the greatest."""
    parts = np.array_split(np.argsort(chance, kind="stable"), min(bins, len(chance)))
    return tuple(
        Bin(len(part), float(chance[part].mean()), float(late[part].mean())) for part in parts
    )
