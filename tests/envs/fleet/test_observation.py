"""What is seen of a plant, worked out again from its records."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.kernel.outlook import BUCKETS, FIRST_ARRIVAL, FIRST_DUE, FIRST_QUANTILE, WINDOWS
from envs.fleet.luck import CERTAIN, ROUGH, Z90, Luck, spread_between
from envs.fleet.observation import Observation
from envs.fleet.plants import Assignment
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Plant, RecordError, Run, Weights
from tests.envs.fleet.play import chosen

PLANT = generate(4, 10, 80, 7, 0.9, 5, stages=2)


@pytest.fixture(scope="module")
def seen() -> tuple[FleetEnv, Observation, int]:
    """The plant after three days of random choices."""
    env = FleetEnv(
        [PLANT], CERTAIN, scales=[200.0], autoreset_mode=AutoresetMode.DISABLED, record=900
    )
    rng = np.random.default_rng(1)
    now, _ = env.reset(seed=1)
    while env.state.clock[0] < 3 * 1440 + 600:
        now, *_ = env.step(chosen(now["mask"], rng))
    return env, now, int(env.state.clock[0])


def per_day(plant: Plant, item: str) -> float:
    """Units a day of the item's best line; of raw material its opening stock."""
    rates = [one.rate for one in plant.capabilities if one.item == item]
    opening = next(one.stock for one in plant.items if one.id == item)
    return max(rates) * 24 if rates else max(opening, 1.0)


def share(units: float, per: float) -> float:
    return units / (units + per)


def test_demand_and_arrivals_are_seen_in_their_buckets(
    seen: tuple[FleetEnv, Observation, int],
) -> None:
    _, observation, now = seen
    bounds = [0, *BUCKETS.tolist()]
    for row, item in enumerate(PLANT.items):
        per = per_day(PLANT, item.id)
        for bucket, (low, high) in enumerate(pairwise(bounds)):
            first = -(10**9) if bucket == 0 else now + low
            due = sum(
                order.quantity
                for order in PLANT.orders
                if order.item == item.id
                and max(first, now - 1 if bucket == 0 else first) < order.due <= now + high
                and order.due <= PLANT.horizon
            )
            coming = sum(
                arrival.quantity
                for arrival in PLANT.arrivals
                if arrival.item == item.id
                and max(first, now if bucket == 0 else first) < arrival.at <= now + high
            )
            column = observation["items"][0, row]
            assert column[FIRST_DUE + bucket] == pytest.approx(share(due, per), abs=1e-5)
            assert column[FIRST_ARRIVAL + bucket] == pytest.approx(share(coming, per), abs=1e-5)


def test_lines_are_seen_with_their_shifts_and_runs(
    seen: tuple[FleetEnv, Observation, int],
) -> None:
    env, observation, now = seen
    runs = env.schedule(0).runs
    for row, line in enumerate(PLANT.lines):
        column = observation["lines"][0, row]
        for place, minutes in ((10, 480), (11, 1440), (12, 4320)):
            manned = sum(max(min(s.end, now + minutes) - max(s.start, now), 0) for s in line.shifts)
            assert column[place] == pytest.approx(manned / minutes, abs=1e-5)
        on_it = [run for run in runs if run.line == line.id and run.start < now < run.end]
        assert bool(column[1]) == bool(on_it)
        if on_it:
            assert column[9] == pytest.approx(done(on_it[0], line.id, now), abs=1e-5)


def done(run: Run, line: str, now: int) -> float:
    """The share of a run's shift minutes that are over."""
    shifts = next(one.shifts for one in PLANT.lines if one.id == line)

    def manned(end: int) -> int:
        return sum(max(min(s.end, end) - max(s.start, run.start), 0) for s in shifts)

    return manned(now) / manned(run.end)


def test_the_bill_of_materials_is_given_as_edges(seen: tuple[FleetEnv, Observation, int]) -> None:
    _, observation, _ = seen
    place = {item.id: row for row, item in enumerate(PLANT.items)}
    edges = {
        (int(item), int(part), float(units))
        for (item, part), units in zip(
            observation["edges"][0], observation["edge_units"][0], strict=True
        )
        if item >= 0
    }
    assert edges == {(place[b.item], place[b.component], b.per_unit) for b in PLANT.bom}


def test_the_weights_of_the_cost_are_seen() -> None:
    weights = Weights(tardiness=3.0, makespan=0.5)
    env = FleetEnv([Assignment(PLANT, weights)], scales=[200.0])
    observation, _ = env.reset(seed=1)
    expected = [w / (1 + w) for w in (3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5)]
    assert observation["plant"][0, 8:15].tolist() == pytest.approx(expected)


def test_smaller_plants_are_filled_up_and_their_padding_is_said() -> None:
    env = FleetEnv([PLANT, generate(2, 5, 20, 5, 0.9, 1)], scales=[200.0, 100.0])
    observation, _ = env.reset(seed=1)
    assert observation["line_mask"].sum(axis=1).tolist() == [4, 2]
    assert observation["item_mask"].sum(axis=1).tolist() == [10, 5]
    assert not observation["mask"][1, 2:, 1:].any()


def test_demand_that_is_known_has_quantiles_that_are_one() -> None:
    env = FleetEnv([PLANT], scales=[200.0])
    observation, _ = env.reset(seed=1)
    now = int(env.state.clock[0])
    for row, item in enumerate(PLANT.items):
        for place, bucket in enumerate(WINDOWS):
            until = min(now + int(BUCKETS[bucket]), PLANT.horizon)
            mine = [one for one in PLANT.orders if one.item == item.id]
            due = sum(one.quantity for one in mine if now <= one.due <= until)
            expected = share(due, per_day(PLANT, item.id))
            first = FIRST_QUANTILE + 3 * place
            told = observation["items"][0, row, first : first + 3]
            assert told.tolist() == pytest.approx([expected] * 3, abs=1e-5)


OWN = {item.id: (0.0, 0.5, 1.5)[row % 3] for row, item in enumerate(PLANT.items)}


@pytest.mark.parametrize(("place", "spread"), [(0, {}), (1, {}), (1, OWN)])
def test_demand_falls_below_its_quantiles_as_often_as_they_say(
    place: int, spread: dict[str, float]
) -> None:
    copies = 120
    given = Assignment(PLANT, spread=spread)
    env = FleetEnv([given] * copies, Luck(demand_spread=0.5), scales=[200.0] * copies)
    observation, _ = env.reset(seed=1)
    first, items, now = FIRST_QUANTILE + 3 * place, len(PLANT.items), int(env.state.clock[0])
    told = observation["items"][..., first : first + 3].astype(float)
    units = told / (1 - told)
    units *= np.array([per_day(PLANT, item.id) for item in PLANT.items])[:, None]
    below = []
    for row in range(items):
        orders = range(env.fleet.order_first[row], env.fleet.order_first[row + 1])
        until = now + BUCKETS[WINDOWS[place]]
        due = [o for o in orders if now <= env.fleet.order_due[o] <= until]
        strays = env.fleet.spread[row] > 0
        if strays and any(env.fleet.order_due[o] > now + 1440 for o in due):
            true = sum(env.state.quantity[np.array(due)[:, None] + _each(env)])
            below.append(true[:, None] <= units[:, row])
    found = np.concatenate(below).mean(axis=0)
    assert found.tolist() == pytest.approx([0.1, 0.5, 0.9], abs=0.05)


def test_an_items_demand_strays_as_far_as_its_own_spread_says() -> None:
    sure, wide = PLANT.orders[0].item, PLANT.orders[-1].item
    assert sure != wide
    copies = 400
    given = Assignment(PLANT, spread={sure: 0.0, wide: spread_between(10.0, 18.0)})
    env = FleetEnv([given] * copies, Luck(demand_spread=1.0), scales=[200.0] * copies)
    env.reset(seed=1)
    for name, below in ((sure, 1.0), (wide, 0.9)):
        item = next(row for row, item in enumerate(PLANT.items) if item.id == name)
        order = max(range(env.fleet.order_first[item], env.fleet.order_first[item + 1]))
        planned = env.fleet.order_quantity[order]
        drawn = env.state.quantity[order + _each(env)]
        middle = planned * np.exp(-0.5 * np.log(1.8) ** 2 / Z90**2) if name == wide else planned
        high = middle * 1.8 if name == wide else planned
        assert (drawn <= high).mean() == pytest.approx(below, abs=0.05)
        assert (drawn < middle).mean() == pytest.approx(0.5 if name == wide else 0.0, abs=0.08)


def test_a_spread_of_an_item_that_is_not_there_is_named() -> None:
    with pytest.raises(RecordError, match="spread of nothing"):
        Assignment(PLANT, spread={"nothing": 1.0})
    with pytest.raises(RecordError, match="at least 0"):
        Assignment(PLANT, spread={PLANT.items[0].id: -1.0})
    with pytest.raises(ValueError, match="q50 <= q90"):
        spread_between(3.0, 2.0)


def _each(env: FleetEnv) -> np.ndarray:
    """Where the orders of each plant begin."""
    return env.fleet.order_first[:: env.fleet.items][:-1]


def test_rush_orders_to_come_raise_what_is_expected_and_spread_it() -> None:
    calm, rushed = (
        FleetEnv([PLANT], luck, scales=[200.0]).reset(seed=1)[0]["items"][0]
        for luck in (CERTAIN, Luck(rush_per_day=4.0))
    )
    low, middle, high = (rushed[:, FIRST_QUANTILE + 3 + q] for q in range(3))
    ordered = calm[:, FIRST_QUANTILE + 4] > 0
    assert ordered.any()
    assert (high > middle)[ordered].all()
    assert (middle > low)[ordered].all()
    assert (high > calm[:, FIRST_QUANTILE + 4])[ordered].all()


def test_what_is_seen_does_not_depend_on_how_often_was_looked() -> None:
    once, always = (
        FleetEnv([PLANT], ROUGH, scales=[200.0], autoreset_mode=AutoresetMode.DISABLED)
        for _ in range(2)
    )
    rng = np.random.default_rng(4)
    for seed in (5, 5, 6):  # twice the same, as what was seen last time must be forgotten
        seen, _ = always.reset(seed=seed)
        once.reset(seed=seed)
        while not always.is_over:
            action = chosen(seen["mask"], rng)
            once.advance(action)
            seen, *_ = always.step(action)
            if rng.random() < 0.03:
                for name, values in once.observed()[0].items():
                    np.testing.assert_array_equal(values, seen[name], err_msg=name)
