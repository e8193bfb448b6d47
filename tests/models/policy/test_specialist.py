"""General weights that evolve on plants of one size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

from models.policy.files import SHIPPED, load_policy  # noqa: E402
from models.policy.learning import specialist as module  # noqa: E402
from models.policy.learning.recipe import Stage  # noqa: E402
from models.policy.learning.specialist import Special, specialised  # noqa: E402
from pipelines.specialist import special  # noqa: E402

STAGE = Stage("evolve", 3, (4, 4), (3, 3), 2, 6, rate=0.5, pool=3, leaning=0.1, lucky=3)


def learnt(monkeypatch: pytest.MonkeyPatch, over: float) -> Special:
    monkeypatch.setattr(module, "_over", lambda *_: over)
    return specialised(load_policy(), STAGE, seed=2)


def test_where_it_is_cheaper_on_validation_plants_a_moved_rule_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    general = load_policy()
    found, again = learnt(monkeypatch, -0.02), learnt(monkeypatch, -0.02)
    assert (found.over_general, found.episodes) == (-0.02, 3 * 2 * 6)
    assert not torch.equal(found.policy.rule, general.rule)
    assert torch.equal(found.policy.rule, again.policy.rule)
    assert torch.equal(found.policy.usual, general.usual)


def test_where_it_is_dearer_the_general_weights_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    general = load_policy()
    found = learnt(monkeypatch, 0.02)
    assert found.over_general == 0.0
    assert torch.equal(found.policy.rule, general.rule)


def test_the_same_weights_cost_nothing_over_each_other() -> None:
    general = load_policy()
    assert module._over(general, general, STAGE, 2) == 0.0


def test_what_is_stored_is_what_was_found(tmp_path: Path) -> None:
    told: list[str] = []
    found = special(tmp_path, SHIPPED, 4, (3, 3), 1, lambda text: told.append(text))
    stored = load_policy(tmp_path)
    assert np.allclose(stored.rule.detach().numpy(), found.policy.rule.detach().numpy())
    assert len(told) == 1
