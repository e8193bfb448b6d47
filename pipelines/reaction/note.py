"""The note on a recommended version: what happened, and what the version changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from models.optimize.repair.mend import Repaired
from pipelines.reaction.as_of import AsOf
from pipelines.reaction.triggers import Trigger
from plant import Evaluation, evaluate

if TYPE_CHECKING:
    from pipelines.storage.repositories import StoredVersion

SHOWN = 5


def note_of(
    triggers: Sequence[Trigger],
    version: StoredVersion,
    as_of: AsOf,
    repaired: Repaired,
) -> str:
    """What happened; what becomes of the runs; which orders become late, and which no longer are."""
    before = evaluate(version.plant, version.schedule)
    after = evaluate(as_of.plant, repaired.schedule)
    parts = [_some([one.told for one in triggers], "; "), _runs(repaired), _late(before, after)]
    if repaired.given_up:
        parts.append(
            f"given up, as locks or the frozen zone held it: {_some(repaired.given_up, '; ')}"
        )
    return ". ".join(f"{part[0].upper()}{part[1:]}" for part in parts) + "."


def _runs(repaired: Repaired) -> str:
    counts = Counter(one.what for one in repaired.runs)
    what = ", ".join(
        f"{counts[kind]} {kind}"
        for kind in ("moved", "resized", "dropped", "added")
        if counts[kind]
    )
    return f"runs: {what}, {repaired.kept} as published"


def _late(before: Evaluation, after: Evaluation) -> str:
    was, now = set(before.late_orders), set(after.late_orders)
    worse, better = sorted(now - was), sorted(was - now)
    parts = []
    if worse:
        parts.append(f"late now: {_some(worse, ', ')}")
    if better:
        parts.append(f"no longer late: {_some(better, ', ')}")
    return "; ".join(parts) or "no order becomes late"


def _some(words: Sequence[str], between: str) -> str:
    told = between.join(words[:SHOWN])
    return f"{told} and {len(words) - SHOWN} more" if len(words) > SHOWN else told
