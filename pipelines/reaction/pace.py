"""How soon a reaction comes: triggers wait for those that belong to them, but not for long."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.reaction.triggers import Trigger


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon a reaction comes, in seconds.

    quiet: it begins when nothing more came for so long; most: but no later than this after the first.
    repair: for how long the search goes on. poll: between looks for events. store: between moves of the
    cursor past events that need no answer.
    """

    quiet: float = 0.25
    most: float = 0.75
    repair: float = 0.5
    poll: float = 0.05
    store: float = 5.0


USUAL_PACE = Pace()


@dataclass(slots=True)
class Waiting:
    """Triggers without an answer, and when the first and the last of them were seen."""

    triggers: list[Trigger] = field(default_factory=list)
    first: float = 0.0
    last: float = 0.0

    def add(self, trigger: Trigger, now: float) -> None:
        """Wait with one more."""
        if not self.triggers:
            self.first = now
        self.last = now
        self.triggers.append(trigger)

    def is_due(self, now: float, pace: Pace) -> bool:
        """Whether they have waited for long enough."""
        if not self.triggers:
            return False
        return now - self.last >= pace.quiet or now - self.first >= pace.most
