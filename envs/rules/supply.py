"""How much of a lot a line can make with the components that there are, and when."""

from __future__ import annotations

import numpy as np

from envs.rules.ledger import NEVER, Ledger, earliest_take, free_to_take
from envs.rules.shop import Shop
from plant.arrays import CapabilityArrays
from plant.compiled import inner
from plant.kernel import GAIN


@inner
def fitted(capabilities: CapabilityArrays, line: int, item: int, quantity: float) -> float:
    """The least lot of the line of at least so many units."""
    multiple = capabilities.lot_multiple[line, item]
    size = max(quantity, capabilities.min_lot[line, item])
    if multiple > 0:
        return float(np.ceil(size / multiple - 1e-9) * multiple)
    return float(size)


@inner
def cut(capabilities: CapabilityArrays, line: int, item: int, quantity: float) -> float:
    """The largest lot of the line of at most so many units, 0 where there is none."""
    multiple = capabilities.lot_multiple[line, item]
    size = quantity
    if multiple > 0:
        size = np.floor(quantity / multiple + 1e-9) * multiple
    return float(size) if size > 0 and size >= capabilities.min_lot[line, item] else 0.0


@inner
def need(shop: Shop, line: int, item: int, row: int, quantity: float) -> float:
    """What so many good units take of the component in a row of the bill of materials."""
    return float(quantity * shop.bom.per_unit[row] / shop.capabilities.yield_[line, item])


@inner
def ready(
    shop: Shop, ledger: Ledger, line: int, item: int, at: int, quantity: float
) -> tuple[int, int]:
    """When all components can be taken, at the earliest at `at`; and NEVER's component, or -1."""
    when = at
    again = True
    while again:
        again = False
        for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
            slot = ledger.slot[shop.bom.component[row]]
            moment = earliest_take(ledger, slot, when, need(shop, line, item, row, quantity))
            if moment == NEVER:
                return NEVER, shop.bom.component[row]
            if moment > when:
                when = moment
                again = True
    return when, -1


@inner
def in_reach(shop: Shop, ledger: Ledger, line: int, item: int, at: int) -> float:
    """Units for which all components can be taken at a minute."""
    units = 1e300
    for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
        slot = ledger.slot[shop.bom.component[row]]
        units = min(units, free_to_take(ledger, slot, at) / need(shop, line, item, row, 1.0))
    return units


@inner
def next_gain(shop: Shop, ledger: Ledger, item: int, after: int) -> int:
    """The next minute after one at which a component of the item comes, or NEVER."""
    soon = NEVER
    for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
        slot = ledger.slot[shop.bom.component[row]]
        for event in range(ledger.entries[slot]):
            at = ledger.at[slot, event]
            if at > after and ledger.kind[slot, event] == GAIN:
                soon = min(soon, at)
                break
    return soon


@inner
def takes(shop: Shop, item: int, component: int) -> bool:
    """Whether an item is made of a component."""
    for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
        if shop.bom.component[row] == component:
            return True
    return False
