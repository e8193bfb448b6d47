from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.policy.files import load_policy  # noqa: E402
from models.policy.learning.standing import (  # noqa: E402
    STANDING,
    Place,
    Standing,
    load_standing,
    store_standing,
)


def _standing(rounds: int) -> Standing:
    policy = load_policy()
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)
    found = [np.full(policy.shape.style, float(rounds))]
    return Standing(Place(1, rounds), policy, policy, optimizer.state_dict(), found, [])


def test_what_was_stored_last_is_found_whole(tmp_path: Path) -> None:
    assert load_standing(tmp_path) is None
    for rounds in (1, 2):
        store_standing(_standing(rounds), tmp_path)
    found = load_standing(tmp_path)
    assert found is not None
    assert found.place == Place(1, 2)
    assert np.array_equal(found.found, _standing(2).found)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["curve.json", STANDING]


@pytest.mark.parametrize("moment", ["save_policy", "np.save", "torch.save", "shutil.copyfile"])
def test_a_run_that_is_killed_while_it_stores_goes_on_from_before_or_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    store_standing(_standing(1), tmp_path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"models.policy.learning.standing.{moment}", killed)
        with pytest.raises(KeyboardInterrupt):
            store_standing(_standing(2), tmp_path)
    found = load_standing(tmp_path)
    assert found is not None
    assert found.place.round == found.found[0][0] == (2 if moment == "shutil.copyfile" else 1)
    store_standing(replace(found, place=Place(1, 3)), tmp_path)
    again = load_standing(tmp_path)
    assert again is not None
    assert again.place.round == 3


def test_a_run_that_is_killed_between_the_renamings_goes_on_from_before(tmp_path: Path) -> None:
    store_standing(_standing(1), tmp_path)
    (tmp_path / STANDING).rename(tmp_path / f"{STANDING}.old")
    found = load_standing(tmp_path)
    assert found is not None
    assert found.place.round == 1
    store_standing(_standing(2), tmp_path)
    after = load_standing(tmp_path)
    assert after is not None
    assert after.place.round == 2
