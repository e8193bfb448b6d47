"""How large a lot may be."""

from __future__ import annotations

import numpy as np

from plant.compiled import inner


@inner
def lot_within(wanted: float, most: float, least: float, multiple: float) -> float:
    """The lot that covers what is wanted, or what fits into `most`; 0 where no lot does."""
    quantity = max(wanted, least)
    if multiple > 0:
        quantity = np.ceil(quantity / multiple - 1e-9) * multiple
    if quantity > most:
        quantity = np.floor(most / multiple * (1.0 + 1e-12)) * multiple if multiple > 0 else most
    return quantity if quantity >= least else 0.0
