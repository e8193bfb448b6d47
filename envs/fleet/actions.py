"""What lines can be told, and that it is what they can: the kernel does not look where it reads."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from envs.fleet.kernel.choices import MODES, SIZES
from envs.fleet.kernel.turn import largest
from envs.fleet.plants import Fleet

Actions = NDArray[np.int64]


def action_space(fleet: Fleet, moves: bool) -> spaces.MultiDiscrete:
    """The choices, sizes and modes [L, 3] of one plant's lines; with `moves`, a third mode."""
    slots = fleet.slot_item.shape[1]
    return spaces.MultiDiscrete(np.tile([slots + 1, SIZES, MODES + moves], (fleet.lines, 1)))


def told(fleet: Fleet, actions: Actions) -> Actions:
    """The actions [B, L, 3] of a fleet, none of a choice that no line has."""
    given = np.ascontiguousarray(actions, np.int64)
    choices = fleet.slot_item.shape[1]
    expected = fleet.size, fleet.lines, 3
    if given.shape != expected:
        raise ValueError(f"actions: expected the shape {expected}, found {given.shape}")
    if largest(given) > choices:
        plant, line = np.argwhere(given[..., 0] > choices)[0]
        raise ValueError(
            f"actions of plant {plant}, line {line}: expected a choice from 0 to {choices}, "
            f"found {given[plant, line, 0]}"
        )
    return given
