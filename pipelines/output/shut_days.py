"""Shut days: public holidays on which the lines rest, told from those on which they go on by their past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

# A holiday counts as shut where its days so far brought less than this share of the usual output.
SHUT_SHARE = 0.2
USUAL_DAYS = 28


def shut_days(made: pd.Series, country: str, last: date) -> frozenset[date]:
    """Return the shut days from the first day of the history to `last`.

    Holidays that begin with the same word are one kind (Eid al-Fitr, Eid al-Adha). A kind that has not
    been seen yet counts as worked.

    Parameters
    ----------
    made
        Units a day of everything, by day (a sorted index of days without gaps).
    country
        ISO 3166 code.
    """
    import holidays

    first = made.index[0].date()
    named = holidays.country_holidays(country, years=range(first.year, last.year + 1))
    usual = made.rolling(USUAL_DAYS, min_periods=1).median().shift(1)
    kinds: dict[str, list[date]] = {}
    for day, name in named.items():
        if first <= day <= last:
            kinds.setdefault(name.split()[0], []).append(day)
    return frozenset(day for days in kinds.values() if _rest(made, usual, days) for day in days)


def _rest(made: pd.Series, usual: pd.Series, days: Iterable[date]) -> bool:
    seen = [stamp for stamp in map(pd.Timestamp, days) if stamp in made.index]
    expected = float(usual.reindex(seen).fillna(0.0).sum())
    return expected > 0 and float(made.reindex(seen).sum()) < SHUT_SHARE * expected
