"""The vector environment as Gymnasium expects it: shapes, seeds, autoreset, one plant like many."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from envs.fleet.kernel.observe import BEHIND, SLACK
from envs.fleet.luck import CERTAIN, ROUGH
from envs.fleet.plants import Rhythm
from envs.fleet.scale import hourly_cost
from envs.scenarios import generate
from envs.tick_env import TickEnv
from envs.vector_env import FleetEnv
from plant import RecordError
from tests.envs.fleet.play import chosen, play

PLANTS = [generate(3, 6, 40, 5, 0.9, 1), generate(5, 9, 60, 5, 0.9, 2), generate(2, 4, 20, 4, 1, 3)]
SCALES = [50.0, 60.0, 70.0]


def fleet(mode: AutoresetMode = AutoresetMode.DISABLED, threads: int = 1) -> FleetEnv:
    return FleetEnv(PLANTS, ROUGH, scales=SCALES, autoreset_mode=mode, record=300, threads=threads)


def test_observations_and_actions_lie_in_their_spaces() -> None:
    env = fleet()
    seen, _ = env.reset(seed=4)
    rng = np.random.default_rng(0)
    for _ in range(60):
        assert env.observation_space.contains(seen)
        assert all(np.isfinite(values).all() for values in seen.values())
        action = chosen(seen["mask"], rng)
        assert env.action_space.contains(action)
        seen, *_ = env.step(action)


@pytest.mark.filterwarnings("ignore:.*A Box observation space")
@pytest.mark.filterwarnings("ignore:.*Not able to test alternative render")
@pytest.mark.filterwarnings("ignore:.*Box low's precision")
@pytest.mark.filterwarnings("ignore:.*Box high's precision")
def test_gymnasium_accepts_one_plant() -> None:
    check_env(TickEnv(PLANTS[0], ROUGH, scale=50.0, render_mode="rgb_array"))


def test_a_plant_does_the_same_alone_and_among_others() -> None:
    many = fleet()
    total, _ = play(many, 7)
    for row, plant in enumerate(PLANTS):
        env = FleetEnv([plant], ROUGH, scales=[1.0], record=300)
        _, info = env.reset(seed=[7 + row])
        rng = np.random.default_rng(0)
        assert env.state.quantity.sum() == pytest.approx(
            sum(order.quantity for order in env.realised(0)[0].orders)
        )
        seen, info = env.reset(seed=[7 + row])
        cost = info["cost"]
        over = False
        while not over:
            seen, _, _, ended, info = env.step(chosen(seen["mask"], rng))
            cost, over = cost + info["cost"], bool(ended[0])
        assert cost[0] == pytest.approx(env.costs(0)["total"])
    assert total == pytest.approx(many.cost.sum(axis=1))


def holding(env: FleetEnv) -> np.ndarray:
    return np.zeros((env.num_envs, env.fleet.lines, 3), np.int64)


def until_one_ends(
    env: FleetEnv, seed: int
) -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, object]]:
    env.reset(seed=seed)
    while True:
        seen, _, _, ended, info = env.step(holding(env))
        if ended.any():
            return seen, ended, info


def test_a_plant_that_is_over_begins_anew_with_the_next_step() -> None:
    env = fleet(AutoresetMode.NEXT_STEP)
    _, ended, _ = until_one_ends(env, 1)
    assert ended.tolist() == [False, False, True]
    _, rewards, _, again, info = env.step(holding(env))
    assert rewards[2] == 0
    assert not again.any()
    assert env.state.clock[2] < 1440
    assert info["minutes"][2] == 0


def test_a_plant_that_is_over_begins_anew_in_the_same_step() -> None:
    env = fleet(AutoresetMode.SAME_STEP)
    seen, ended, info = until_one_ends(env, 1)
    last = info["final_obs"]
    assert isinstance(last, np.ndarray)
    assert last[0] is None
    assert last[2]["plant"][0] == 1.0
    assert seen["plant"][2, 0] < 0.5
    assert env.single_observation_space.contains(last[2])
    assert ended.tolist() == [False, False, True]


def test_without_autoreset_the_caller_resets_the_plants_that_are_over() -> None:
    env = fleet()
    _, ended, _ = until_one_ends(env, 1)
    with pytest.raises(RuntimeError, match="reset_mask"):
        env.step(holding(env))
    clocks = env.state.clock.copy()
    env.reset(options={"reset_mask": ended})
    assert env.state.clock[:2].tolist() == clocks[:2].tolist()
    env.step(holding(env))


def test_resets_for_another_number_of_plants_are_refused() -> None:
    env = fleet()
    with pytest.raises(ValueError, match="reset_mask: expected one for each of 3 plants"):
        env.reset(options={"reset_mask": np.ones(2, np.bool_)})
    with pytest.raises(ValueError, match="seed: expected one for each of 3 plants"):
        env.reset(seed=[1, 2])


def test_gymnasiums_wrappers_of_vector_environments_understand_it() -> None:
    env = DictInfoToList(RecordEpisodeStatistics(fleet(AutoresetMode.NEXT_STEP)))
    env.reset(seed=1)
    total, ended = np.zeros(3), np.zeros(3, np.bool_)
    while not ended.any():
        _, rewards, _, ended, infos = env.step(holding(env.unwrapped))
        total += rewards
    told = infos[int(ended.argmax())]["episode"]
    assert told["r"] == pytest.approx(total[ended.argmax()])
    assert all("minutes" in info for info in infos)


def test_luck_is_of_the_plant_and_the_seed_not_of_what_is_decided() -> None:
    drawn = []
    for seed, how in ((3, 0), (3, 1), (4, 0)):
        env = fleet()
        play(env, seed, unmasked=bool(how))
        drawn.append((env.state.quantity.copy(), env.state.arrival_at.copy()))
    assert np.array_equal(drawn[0][0], drawn[1][0])
    assert np.array_equal(drawn[0][1], drawn[1][1])
    assert not np.array_equal(drawn[0][0], drawn[2][0])


def test_episodes_that_follow_each_other_have_luck_of_their_own() -> None:
    env = fleet(AutoresetMode.SAME_STEP)
    env.reset(seed=1)
    before = env.state.quantity.copy()
    until_one_ends(env, 1)
    assert not np.array_equal(before, env.state.quantity)


def test_threads_change_nothing() -> None:
    one, two = (play(fleet(threads=threads), 5)[0] for threads in (1, 2))
    assert one.tolist() == two.tolist()


def test_a_decision_is_asked_for_at_least_hourly_and_falls_on_a_tick() -> None:
    env = fleet()
    seen, info = env.reset(seed=2)
    rng = np.random.default_rng(1)
    for _ in range(40):
        seen, _, _, _, info = env.step(chosen(seen["mask"], rng))
        assert (info["minutes"] <= 60).all()
        assert (env.state.clock % 15 == 0).all()


def test_slots_of_lines_that_do_not_decide_are_empty() -> None:
    env = fleet()
    seen, _ = env.reset(seed=2)
    rng = np.random.default_rng(1)
    for _ in range(40):
        idle = seen["lines"][..., 0] == 0
        assert not seen["slots"][idle].any()
        assert not seen["mask"][idle][:, 1:].any()
        possible = seen["mask"][..., 1:] > 0
        assert (seen["slots"][possible][:, BEHIND] <= 0).all()
        assert (np.abs(seen["slots"][possible][:, SLACK]) <= 5).all()
        assert (seen["slot_item"][possible] >= 0).all()
        seen, *_ = env.step(chosen(seen["mask"], rng))


def test_rewards_are_over_what_tuned_atcs_costs() -> None:
    plant = PLANTS[2]
    env = FleetEnv([plant], CERTAIN)
    tuned, plain = (hourly_cost(env.assignments[0], tuned) for tuned in (True, False))
    assert env.scales[0] == tuned <= plain


def test_a_choice_that_there_is_not_is_named_before_the_kernel_reads_beyond_its_arrays() -> None:
    env = fleet()
    env.reset(seed=1)
    action = holding(env)
    action[1, 2, 0] = 99
    with pytest.raises(ValueError, match="plant 1, line 2: expected a choice"):
        env.step(action)
    with pytest.raises(ValueError, match="expected the shape"):
        env.step(action[:, :1])


def test_a_rhythm_that_cannot_be_is_refused() -> None:
    with pytest.raises(RecordError, match="hold"):
        Rhythm(tick=15, hold=10)
