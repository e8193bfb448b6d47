"""Episodes by the rule alone, at the speed of the simulation: no network, and no Python between steps."""

from models.policy.playing.player import Player

__all__ = ["Player"]
