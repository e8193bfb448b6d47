"""The catalogue: how each member is fitted and loaded, and which tables it suits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from models.rates.config import BOOSTED, FORESTS, OVER_REFERENCE, Member, RateConfig
from models.rates.features import Looked, Memory
from models.rates.members import boosters, forest, prophets, recurrent
from models.rates.schema import Floats, RateSchema


@dataclass(frozen=True, slots=True)
class Training:
    """What members are fitted on: rows as they looked, their values and their weights, shape (rows,)."""

    looked: Looked
    value: Floats
    weight: Floats

    def before(self, day: float) -> Training:
        """Return the rows of before a day, weighted 1 on average."""
        kept = self.looked.days < day
        weight = self.weight[kept]
        mean = max(float(weight.mean()), 1e-12) if len(weight) else 1.0
        return Training(self.looked.where(kept), self.value[kept], weight / mean)


class Fitted(Protocol):
    """A fitted member."""

    @property
    def member(self) -> Member:
        """Its name."""

    def predict(self, looked: Looked, memory: Memory) -> Floats:
        """Return what it expects of the rows, shape (rows,), in the value's own unit."""

    def save(self, folder: Path) -> None:
        """Write it into files of its own name, in its library's own format."""


def suits(member: Member, schema: RateSchema) -> bool:
    """Return whether the member can learn from such a table."""
    return member not in OVER_REFERENCE or schema.reference is not None


def fit_member(
    member: Member, training: Training, schema: RateSchema, memory: Memory, config: RateConfig
) -> Fitted:
    """Return the member fitted on the training rows."""
    looked, value, weight = training.looked, training.value, training.weight
    if member in BOOSTED:
        return boosters.fit_booster(member, looked, value, weight, config)
    if member in FORESTS:
        return forest.fit_forest(member, looked, value, config)
    if member == "gru":
        return recurrent.fit_recurrent(looked, value, weight, memory, config)
    return prophets.fit_prophets(looked, value, schema, config)


def load_member(member: Member, folder: Path) -> Fitted:
    """Return the member that was saved in the folder; ValueError where its files are not one."""
    if member in BOOSTED:
        return boosters.load(member, folder)
    if member in FORESTS:
        return forest.load(member, folder)
    return recurrent.load(folder) if member == "gru" else prophets.load(folder)
