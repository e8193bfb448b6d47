"""The fits: what is kept of a fitted member, and the file that it is written to and read from.

Trees are their library's own text, networks plain arrays; nothing in a file is code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np

from models.demand.errors import ModelError
from models.demand.members.catalogue import Fitted, member_of
from models.demand.members.design import Anchor
from models.demand.members.network import Network
from models.demand.members.neural import NEURAL, Neural
from models.demand.members.recursive import RECURSIVE, Recursive
from models.demand.members.trees import Trees
from models.demand.members.xgb import Xgb
from models.demand.task import Task

TEXTS = ("trees", "xgboost", *RECURSIVE)


def file_of(name: str) -> str:
    """Return the name of the file that the member's fit is kept in."""
    return name.replace(":", "_") + (".txt" if member_of(name).kind in TEXTS else ".npz")


def save_fit(fit: Fitted, path: Path) -> None:
    """Write the fit."""
    if isinstance(fit, Trees | Xgb | Recursive):
        path.write_text(fit.text, encoding="utf-8")
    elif isinstance(fit, Network | Neural):
        arrays: dict[str, Any] = dict(fit.arrays)
        np.savez_compressed(path, **arrays)


def load_fit(name: str, task: Task, path: Path) -> Fitted:
    """Return the fit of the member that was saved.

    Raises
    ------
    ModelError
        Where the member is none that keeps a fit.
    """
    member = member_of(name)
    task = member.own_task(task)
    if member.kind in TEXTS:
        return _of_text(name, task, path.read_text(encoding="utf-8"))
    with np.load(path, allow_pickle=False) as stored:
        arrays = dict(stored)
    if member.kind == "network":
        return Network(int(member.argument), arrays)
    if member.kind in NEURAL:
        return Neural(member.kind, int(member.argument), task, arrays)
    raise ModelError(f"{path}: expected a member that keeps a fit, found {name}; fit it again")


def _of_text(name: str, task: Task, text: str) -> Fitted:
    member = member_of(name)
    if member.kind == "trees":
        return Trees(text, task, cast("Anchor", member.argument))
    if member.kind == "xgboost":
        return Xgb(text, task, cast("Anchor", member.argument))
    return Recursive(member.kind, int(member.argument), task, text)
