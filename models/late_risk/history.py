"""How late those who have part in an order were before: counted in time order, never from later labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.late_risk.schema import Floats

Ints = NDArray[np.int64]

# Lateness of a year ago counts half, and an entity's own rate is drawn to the general one as if it had
# so many orders at that rate.
HALF_LIFE_DAYS = 365.0
PRIOR_ORDERS = 12.0
MOST_DAYS = 3650.0
SPAN = 1e6  # days; more than any history


@dataclass(frozen=True, slots=True)
class Ledger:
    """Labels of one key (an entity's, a pair's) in the order in which they became known.

    names: the key's values; slot [N]: code · SPAN + day known, ascending; cumulated [N + 1] sums of
    faded lateness, of faded orders and of orders; last_late [N]: the last day on which the value was
    known to be late, up to and with the row.
    """

    names: pd.Index
    first: Ints
    slot: Floats
    late: Floats
    weight: Floats
    last_late: Floats
    newest: float

    def rates(self, keys: pd.Series, asked: Floats, general: Floats) -> tuple[Floats, ...]:
        """Return of each key by then: its rate of lateness, its orders, and days since it was late."""
        code = self.names.get_indexer(keys)
        known = code >= 0
        code = np.where(known, code, 0)
        end = np.searchsorted(self.slot, code * SPAN + asked, side="left")
        begin = self.first[code]
        end = np.where(known, np.maximum(end, begin), begin)
        growth = np.exp2((self.newest - asked) / HALF_LIFE_DAYS)
        late = (self.late[end] - self.late[begin]) * growth
        orders = (self.weight[end] - self.weight[begin]) * growth
        rate = (late + PRIOR_ORDERS * general) / (orders + PRIOR_ORDERS)
        some = end > begin
        last = np.where(some, self.last_late[np.maximum(end - 1, 0)], -np.inf)
        since = np.minimum(asked - last, MOST_DAYS)
        return rate, (end - begin).astype(np.float64), since


def keep(keys: pd.Series, known: Floats, late: Floats) -> Ledger:
    """Return the ledger of keys whose labels became known on those days."""
    names = pd.Index(pd.unique(keys))
    code = names.get_indexer(keys)
    order = np.lexsort((known, code))
    code, known, late = code[order], known[order], late[order]
    newest = float(known.max()) if len(known) else 0.0
    fade = np.exp2((known - newest) / HALF_LIFE_DAYS)
    first = np.searchsorted(code, np.arange(len(names) + 1))[:-1]
    return Ledger(
        names,
        first.astype(np.int64),
        code * SPAN + known,
        np.concatenate([[0.0], np.cumsum(late * fade)]),
        np.concatenate([[0.0], np.cumsum(fade)]),
        _last_late(code, known, late),
        newest,
    )


def joined(cases: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return the key of each row: the column, or several side by side."""
    key = cases[columns[0]]
    for name in columns[1:]:
        key = key + " | " + cases[name]
    return key


def _last_late(code: Ints, known: Floats, late: Floats) -> Floats:
    day = pd.Series(np.where(late > 0, known, np.nan))
    found: Floats = day.groupby(code).ffill().fillna(-np.inf).to_numpy(np.float64)
    return found
