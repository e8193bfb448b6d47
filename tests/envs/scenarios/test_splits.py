"""Plants for training, choosing and judging: apart, drawn again the same, and as spread as asked for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from envs.scenarios import build, generate
from envs.scenarios.scenario import Scenario
from envs.scenarios.splits import PLANTS_IN_A_SPLIT, SPLITS, Spread, scenario_of, seed_of
from plant import Plant, RecordError

NARROW = Spread(lines=(3, 8), days=(3, 5))


def test_no_seed_belongs_to_two_splits() -> None:
    seeds = [seed_of(split, n) for split in SPLITS for n in (0, 7, PLANTS_IN_A_SPLIT - 1)]
    assert len(set(seeds)) == len(seeds)


def test_a_number_beyond_the_split_and_an_unknown_split_are_named() -> None:
    with pytest.raises(RecordError, match="999999"):
        seed_of("train", PLANTS_IN_A_SPLIT)
    with pytest.raises(RecordError, match="validation"):
        seed_of("holdout", 1)  # type: ignore[arg-type]


def test_the_same_number_gives_the_same_plant_and_another_split_another() -> None:
    one, again = (build(scenario_of("train", 4, NARROW)) for _ in range(2))
    assert one == again
    assert one != build(scenario_of("test", 4, NARROW))


def test_scenarios_lie_within_their_spread() -> None:
    drawn = [scenario_of("validation", number) for number in range(60)]
    assert {1, 2} == {one.stages for one in drawn}
    for name in ("lines", "days", "load", "eligibility", "severity", "mix", "volatility", "stock"):
        low, high = getattr(Spread(), name)
        values = [getattr(one, name) for one in drawn]
        assert low <= min(values) < max(values) <= high


def sizes(plant: Plant) -> np.ndarray:
    rate = {one.item: one.rate for one in plant.capabilities}
    return np.array([order.quantity / rate[order.item] for order in plant.orders])


def test_volatile_orders_differ_more_in_size() -> None:
    calm, wild = (sizes(generate(6, 12, 400, 10, 0.9, 1, volatility=v)) for v in (0.0, 1.0))
    assert wild.std() / wild.mean() > 1.5 * calm.std() / calm.mean()


def test_a_mix_gathers_orders_on_a_third_of_the_families() -> None:
    shares = []
    for mix in (0.0, 0.8):
        plant = generate(6, 26, 400, 10, 0.9, 1, families=6, mix=mix)
        family = {item.id: item.family for item in plant.items}
        counted = Counter(family[order.item] for order in plant.orders)
        shares.append(sum(count for _, count in counted.most_common(2)) / 400)
    assert shares[1] > 0.8 > shares[0] + 0.2


def test_what_is_not_a_share_is_refused() -> None:
    with pytest.raises(RecordError, match="mix"):
        Scenario(3, 6, 10, 5, 0.9, 1, mix=1.5)
