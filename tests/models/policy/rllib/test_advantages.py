"""Advantages by the hour: against their definition, decision by decision."""

from __future__ import annotations

import numpy as np
import pytest

from models.policy.rllib.advantages import Track, worth_of

DISCOUNT, MEMORY = 0.9, 0.8


def drawn(rng: np.random.Generator, steps: int, plants: int) -> Track:
    """Episodes of random lengths; the step after an end only begins the next."""
    ends = rng.random((steps, plants)) < 0.15
    begins = np.zeros_like(ends)
    for step in range(1, steps):
        ends[step] &= ~ends[step - 1]
        begins[step] = ends[step - 1]
    reward = rng.normal(size=(steps, plants)) * ~begins
    minutes = rng.integers(1, 61, (steps, plants)) * ~begins
    decides = rng.random((steps, plants)) < 0.6
    value, after = rng.normal(size=(steps, plants)), rng.normal(size=plants)
    return Track(
        reward, minutes.astype(float), ends, begins, value, decides & ~begins, after,
        rng.random(plants) < 0.5,
    )  # fmt: skip


def by_hand(track: Track, row: int) -> dict[int, float]:
    """The advantage of every decision of a plant whose outcome is known, by step, as a sum of surprises."""
    decisions = [step for step in range(len(track.reward)) if track.decides[step, row]]
    spans: list[
        tuple[int, float, float, bool]
    ] = []  # step, surprise, fade to the next, is the last one
    for step in decisions:
        fade, money, place = 1.0, 0.0, step
        while True:
            money += fade * track.reward[place, row]
            fade *= DISCOUNT ** (track.minutes[place, row] / 60)
            ended = bool(track.ends[place, row])
            place += 1
            if place == len(track.reward):
                known = ended or bool(track.decides_after[row])
                worth = track.after[row] if known else np.nan
                break
            if ended or track.decides[place, row]:
                worth = track.value[place, row]
                break
        spans.append((step, money + fade * worth - track.value[step, row], fade, ended))
    found = {}
    for first, (step, *_) in enumerate(spans):
        total, weight = 0.0, 1.0
        for _, surprise, fade, last in spans[first:]:
            if np.isnan(surprise):
                break
            total += weight * surprise
            weight *= MEMORY * fade
            if last:
                break
        if not np.isnan(spans[first][1]):
            found[step] = total
    return found


def test_advantages_are_the_discounted_sums_of_surprises() -> None:
    track = drawn(np.random.default_rng(1), 60, 20)
    worth = worth_of(track, DISCOUNT, MEMORY)
    learnt = 0
    for row in range(20):
        expected = by_hand(track, row)
        assert set(np.flatnonzero(worth.known[:, row])) == set(expected)
        for step, gain in expected.items():
            assert worth.advantage[step, row] == pytest.approx(gain)
            assert worth.target[step, row] == pytest.approx(gain + track.value[step, row])
        learnt += len(expected)
    assert learnt > 400


def test_the_same_money_an_hour_later_counts_less_in_one_step_as_in_four() -> None:
    one = worth_of(steps([60.0], [0.0]), DISCOUNT, 1.0)
    four = worth_of(steps([15.0] * 4, [0.0] * 4), DISCOUNT, 1.0)
    assert one.advantage[0, 0] == pytest.approx(four.advantage[0, 0])
    assert one.advantage[0, 0] == pytest.approx(DISCOUNT * 10.0)


def steps(minutes: list[float], reward: list[float]) -> Track:
    """A plant that decides at first, and again after the last step, where 10 is expected."""
    shape = len(minutes), 1
    no = np.zeros(shape, bool)
    decides = no.copy()
    decides[0] = True
    return Track(
        np.array(reward).reshape(shape), np.array(minutes).reshape(shape), no, no, np.zeros(shape),
        decides, np.array([10.0]), np.array([True]),
    )  # fmt: skip
