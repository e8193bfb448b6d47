"""What was done, weighed by offers alone: the same numbers and gradients as of all slots."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")
pytest.importorskip("ray")

from envs.fleet.kernel.choices import MODES, SIZES  # noqa: E402
from models.policy.acting import tensors  # noqa: E402
from models.policy.dispatcher import Options, possible_options  # noqa: E402
from models.policy.rllib.choices import LineChoices, together  # noqa: E402
from models.policy.rllib.offered import Offered  # noqa: E402
from models.policy.rule import Ruled  # noqa: E402
from tests.models.policy.test_dispatcher import fleet, fresh, later  # noqa: E402


def test_log_probabilities_entropies_and_gradients_are_those_of_all_slots() -> None:
    env = fleet()
    policy, seen = fresh(env, 0.3), tensors(later(env))
    options = possible_options(seen)
    dense = LineChoices.of_deciding(policy.of_deciding(seen, options), options)
    flat = Offered(*policy.told(seen, options)[:2], options)
    assert len(options.asking) > 1
    for turn in range(12):
        actions = torch.zeros(*options.shape[:2], 3, dtype=torch.long)
        for line in range(len(options.asking)):
            slots = [-1, *options.slot[options.asker == line].tolist()]
            did = torch.tensor([slots[turn % len(slots)] + 1, turn % SIZES, turn % MODES])
            actions[options.asking[line], options.asking_line[line]] = did
        grads = []
        for choices in (flat, dense):
            logp, openness = choices.done(actions)
            policy.zero_grad()
            weights = torch.linspace(-1.0, 2.0, len(logp))
            loss = (weights * logp).sum() + 0.3 * (openness**2).sum()
            loss.backward(retain_graph=True)
            parts = [one.grad for one in policy.parameters() if one.grad is not None]
            grads.append([logp.detach(), openness.detach(), *(one.clone() for one in parts)])
        assert len(grads[0]) == len(grads[1])
        for mine, expected in zip(*grads, strict=True):
            torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-4)
    whole = together(openness, flat.plant, options.shape[0])
    torch.testing.assert_close(whole, dense.entropy(), rtol=1e-4, atol=1e-4)


def test_its_gradient_is_that_of_its_differences() -> None:
    torch.manual_seed(1)
    asker, slot = torch.tensor([0, 0, 1, 2, 2, 2]), torch.tensor([0, 3, 2, 0, 1, 4])
    asking = torch.tensor([0, 0, 1])
    options = Options(
        asking[asker], asker, slot, slot, torch.zeros(6, 1), asker, asking,
        torch.tensor([0, 1, 0]), (2, 2, 6),
    )  # fmt: skip
    actions = torch.tensor([[[4, 2, 1], [0, 0, 0]], [[2, 3, 0], [0, 0, 0]]])
    given = [
        torch.randn(*shape, dtype=torch.float64, requires_grad=True)
        for shape in ((6,), (6, SIZES), (6, MODES), (3,))
    ]

    def done(slot: Any, size: Any, mode: Any, hold: Any) -> Any:
        return Offered(Ruled(slot, size, mode), hold, options).done(actions)

    assert torch.autograd.gradcheck(done, given)
