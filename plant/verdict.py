"""The verdict on a change of a schedule: what it costs, what it breaks, whom it makes late or saves."""

from __future__ import annotations

from dataclasses import dataclass, fields

from plant.diff import DEFAULT, Delta, RunChange, run_changes
from plant.evaluate import COMPONENTS, Evaluation, Kpis, Violation, Weights, Zones, evaluate
from plant.model import Plant
from plant.schedule import Schedule, same_value

NO_ZONES = Zones()


@dataclass(frozen=True, slots=True)
class OrderChange:
    """An order with its units served late or never, before and after."""

    order: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the referee says of a change.

    cost (total first, then by component, weighted money) and kpis hold every figure, changed or not.
    breaches are all rules that are broken now; new are those broken only now, grown those broken by
    more than before, gone those broken no longer (a breach is told by its kind and its run or item).
    orders holds every order whose late units changed; late are those that were on time before, saved
    those that are now.
    """

    cost: dict[str, Delta]
    kpis: dict[str, Delta]
    breaches: tuple[Violation, ...]
    new: tuple[Violation, ...]
    grown: tuple[Violation, ...]
    gone: tuple[Violation, ...]
    orders: tuple[OrderChange, ...]
    runs: tuple[RunChange, ...]

    @property
    def feasible(self) -> bool:
        """Whether no rule is broken now."""
        return not self.breaches

    @property
    def late(self) -> tuple[str, ...]:
        """The orders that the change makes late."""
        return tuple(one.order for one in self.orders if one.before == 0)

    @property
    def saved(self) -> tuple[str, ...]:
        """The orders that are on time by the change."""
        return tuple(one.order for one in self.orders if one.after == 0)


def judge(
    plant: Plant,
    before: Schedule,
    after: Schedule,
    base: Schedule | None = None,
    weights: Weights = DEFAULT,
    zones: Zones = NO_ZONES,
    was: Evaluation | None = None,
) -> Verdict:
    """The verdict on going from one schedule of a plant to another.

    Parameters
    ----------
    base
        The published schedule that both follow, as in `evaluate`.
    was
        What `evaluate` says of `before` by the same measures, where that is known already.

    Raises
    ------
    ReferencesError
        When a run names a line or item that the plant has not.
    """
    old = was or evaluate(plant, before, base, weights, zones)
    return verdict(old, evaluate(plant, after, base, weights, zones), before, after)


def verdict(old: Evaluation, new: Evaluation, before: Schedule, after: Schedule) -> Verdict:
    """The verdict on a change whose two sides the referee has seen, by the same measures."""
    was = {(one.kind, one.record): one for one in old.violations}
    now = {(one.kind, one.record): one for one in new.violations}
    names = [field.name for field in fields(Kpis)]
    late_before, late_after = old.late_orders, new.late_orders
    return Verdict(
        cost={
            name: Delta(getattr(old.cost, name), getattr(new.cost, name))
            for name in ("total", *COMPONENTS)
        },
        kpis={
            name: Delta(float(getattr(old.kpis, name)), float(getattr(new.kpis, name)))
            for name in names
        },
        breaches=new.violations,
        new=tuple(one for key, one in now.items() if key not in was),
        grown=tuple(
            one
            for key, one in now.items()
            if key in was and one.amount > was[key].amount and not _same(one, was[key])
        ),
        gone=tuple(one for key, one in was.items() if key not in now),
        orders=tuple(
            OrderChange(id, late_before.get(id, 0.0), late_after.get(id, 0.0))
            for id in dict.fromkeys((*late_before, *late_after))
            if not same_value(late_before.get(id, 0.0), late_after.get(id, 0.0))
        ),
        runs=run_changes(before, after)[0],
    )


def _same(one: Violation, other: Violation) -> bool:
    return abs(one.amount - other.amount) <= 1e-6 * max(1.0, abs(one.amount))
