"""The reigns: which version was champion from when on, and why; kept as tags of the model itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

REIGN_TAG = "takt.champion."
HOLD_TAG = "takt.held"
MOST_REASON = 2_000  # characters; MLflow keeps 5,000 of a tag

Kind = Literal["contest", "promoted", "rolled back"]


@dataclass(frozen=True, slots=True)
class Reign:
    """A version became champion: by a contest, by hand, or because one after it was rolled back."""

    number: int
    version: int
    kind: Kind
    at: datetime
    reason: str

    @property
    def tag(self) -> tuple[str, str]:
        """The tag that keeps it: name and value."""
        value = {**asdict(self), "at": self.at.isoformat(), "reason": self.reason[:MOST_REASON]}
        return f"{REIGN_TAG}{self.number:06}", json.dumps(value)


@dataclass(frozen=True, slots=True)
class Hold:
    """Contests are held but move nothing, since when and why."""

    at: datetime
    reason: str

    @property
    def tag(self) -> tuple[str, str]:
        """The tag that keeps it: name and value."""
        value = {"at": self.at.isoformat(), "reason": self.reason[:MOST_REASON]}
        return HOLD_TAG, json.dumps(value)


def reigns_of(tags: Mapping[str, str]) -> tuple[Reign, ...]:
    """Return the reigns that the model's tags keep, oldest first."""
    found = [json.loads(tags[key]) for key in sorted(tags) if key.startswith(REIGN_TAG)]
    return tuple(Reign(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in found)


def hold_of(tags: Mapping[str, str]) -> Hold | None:
    """Return what holds the champion where it is, if anything does."""
    if HOLD_TAG not in tags:
        return None
    found = json.loads(tags[HOLD_TAG])
    return Hold(datetime.fromisoformat(found["at"]), found["reason"])


def standing(reigns: Sequence[Reign]) -> list[int]:
    """Return the versions that a roll-back goes through, the champion last.

    A roll-back takes the last one away, so that one after another goes further back.
    """
    stack: list[int] = []
    for reign in reigns:
        if reign.kind == "rolled back":
            while stack and stack[-1] != reign.version:
                stack.pop()
        if not stack or stack[-1] != reign.version:
            stack.append(reign.version)
    return stack
