"""A dispatcher on disk: weights as safetensors beside a description with their digest; no Ray needed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from envs.fleet.kernel.choices import HALF, SIZES
from models.policy.dispatcher import Dispatcher, NetworkShape
from models.policy.rule import NEVER, OF_COMPONENTS, OF_HALVES, OF_SIZE, OF_SLOTS

WEIGHTS, DESCRIPTION = "weights.safetensors", "policy.json"
OF_RULE = {"rule": 0, "deviation": 0, "styles": 1, "leaning": 0}  # the axis of its numbers
SHIPPED = Path(__file__).parent / "shipped"


class PolicyError(ValueError):
    """A folder does not hold the policy that was stored in it; the text says what is wrong."""


def save_policy(policy: Dispatcher, folder: Path) -> str:
    """The SHA-256 of the weights, which are stored in the folder with their description."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: values.detach().contiguous() for name, values in policy.state_dict().items()}
    (folder / WEIGHTS).write_bytes(save(state))  # `save_file` lets nobody else read it
    digest = _digest(folder / WEIGHTS)
    description = {"sha256": digest, "shape": asdict(policy.shape)}
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", "utf-8")
    return digest


def load_policy(folder: Path = SHIPPED) -> Dispatcher:
    """The policy stored in a folder, ready to be asked; without a folder, the one that Takt comes with.

    Raises
    ------
    PolicyError
        Where a file is missing, the weights are not those described, or do not fit this network.
    """
    described, weights = folder / DESCRIPTION, folder / WEIGHTS
    for file in (described, weights):
        if not file.is_file():
            raise PolicyError(f"{file}: not there; run `takt train` to make a policy")
    try:
        description = json.loads(described.read_text("utf-8"))
        expected, shape = description["sha256"], NetworkShape(**description["shape"])
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError(
            f"{described}: not a policy's description ({error}); train again"
        ) from error
    found = _digest(weights)
    if found != expected:
        raise PolicyError(
            f"{weights}: expected SHA-256 {expected}, found {found}; it is not what was trained and "
            "is not loaded; train again"
        )
    policy = Dispatcher(shape)
    try:
        known = {"styles": policy.styles}  # weights from before styles were kept have none
        policy.load_state_dict(known | _widened(load_file(weights), policy))
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise PolicyError(f"{weights}: does not fit this network: {reason}; train again") from error
    return policy.eval()


def _widened(state: dict[str, Tensor], policy: Dispatcher) -> dict[str, Tensor]:
    """Weights whose rule is from before it looked at components, or before lots could be half and more.

    What the rule did not look at counts as nothing, what it did not know it never chooses.
    """
    missing = policy.shape.style - state["rule"].shape[-1]
    if missing == OF_COMPONENTS + OF_HALVES:
        state = _with_nothing(state, policy.shape.slots + OF_SLOTS - OF_COMPONENTS, OF_COMPONENTS)
        missing = OF_HALVES
    if missing == OF_HALVES:
        state = _with_nothing(state, policy.shape.style - OF_HALVES, OF_HALVES)
        state["rule"][-OF_HALVES::OF_SIZE] = NEVER
        for name in {"scored.weight", "scored.bias"} & state.keys():
            state[name] = _put(state[name], 1 + HALF, SIZES - HALF)
    return state


def _with_nothing(state: dict[str, Tensor], place: int, count: int) -> dict[str, Tensor]:
    """The weights with so many zeros more from a place of the rule on."""
    wide = dict(state)
    for name in OF_RULE.keys() & state.keys():
        wide[name] = _put(state[name], place, count, OF_RULE[name])
    return wide


def _put(numbers: Tensor, place: int, count: int, axis: int = 0) -> Tensor:
    """Numbers with so many zeros more from a place of an axis on."""
    first, rest = numbers.tensor_split([place], axis)
    nothing = first.new_zeros(*first.shape[:axis], count, *first.shape[axis + 1 :])
    return torch.cat([first, nothing, rest], axis)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
