"""A draw that compiled moves share."""

from __future__ import annotations

import numpy as np

from plant.compiled import inner


@inner
def whole(rng: np.random.Generator, below: int) -> int:
    """A whole number from 0 to below - 1."""
    return int(rng.random() * below)
