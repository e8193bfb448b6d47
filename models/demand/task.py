"""The task: what is asked of every member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Target = Literal["median", "mean"]


@dataclass(frozen=True, slots=True)
class Task:
    """How far ahead, over which seasons, and which middle of what may come.

    Parameters
    ----------
    horizon
        Steps ahead.
    seasons
        Season lengths in steps, shortest first; (1,) where there is none.
    target
        "median" where absolute errors count (WAPE, MASE, sMAPE), "mean" where squared ones and
        totals do.
    seed
        Of every member's sampling.
    country
        Whose public holidays count; None: no calendar but that of the times themselves.
    """

    horizon: int
    seasons: tuple[int, ...] = (1,)
    target: Target = "median"
    seed: int = 1
    country: str | None = None

    @property
    def season(self) -> int:
        """The first season length, 1 where there is none."""
        return self.seasons[0]
