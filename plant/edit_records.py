"""What a planner does to a schedule: one record for each deed."""

from __future__ import annotations

from dataclasses import dataclass

from plant.schedule import Lock, Run


@dataclass(frozen=True, slots=True)
class Move:
    """The run starts at another minute or on another line; quantity, item and lock stay."""

    run: str
    line: str
    start: int


@dataclass(frozen=True, slots=True)
class Split:
    """The run keeps `quantity`; the rest becomes a run of its own, as soon behind it as the line allows.

    `new` is the id of that run; where it is None, the first free one of R-1/2, R-1/3, ... is taken.
    """

    run: str
    quantity: float
    new: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """The run takes over the quantity of `other`, which is gone then; line, start and lock stay."""

    run: str
    other: str


@dataclass(frozen=True, slots=True)
class Resize:
    """The run makes another quantity from the same start."""

    run: str
    quantity: float


@dataclass(frozen=True, slots=True)
class SetLock:
    """The run is locked so, or with "none" set free."""

    run: str
    lock: Lock


@dataclass(frozen=True, slots=True)
class Add:
    """A new run. Where `run` is None, its id is the first free one of ITEM-1, ITEM-2, ..."""

    line: str
    item: str
    start: int
    quantity: float
    run: str | None = None
    lock: Lock = "none"


@dataclass(frozen=True, slots=True)
class Cancel:
    """The run is gone."""

    run: str


@dataclass(frozen=True, slots=True)
class Replace:
    """The runs of `remove` are gone, those of `put` are there as they are written, ends included.

    What a repair proposes, and what takes another edit back. `positions` says where in the schedule each
    run of `put` stands afterwards; without it, known runs keep their place and new ones come last.
    """

    remove: tuple[str, ...] = ()
    put: tuple[Run, ...] = ()
    positions: tuple[int, ...] = ()


Single = Move | Split | Merge | Resize | SetLock | Add | Cancel | Replace


@dataclass(frozen=True, slots=True)
class Group:
    """Several edits as one deed, each applied to what the one before it left."""

    edits: tuple[Single, ...]


Edit = Single | Group
