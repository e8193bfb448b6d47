"""Studies of settings with Ray Tune: the best is found, a killed worker and a stopped study lose nothing."""

from __future__ import annotations

import json
import os
import signal
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from models.policy.tuning import Span, Study, search

pytestmark = pytest.mark.integration
SPANS = {"rate": Span(1e-4, 1e-1, log=True), "bend": Span(0.0, 1.0)}


class Bowl:
    """Costs less round by round, most where rate is 0.01 and bend 0.5; every round leaves a line."""

    def __init__(self, settings: Mapping[str, float], log: Path, killed: Path | None) -> None:
        self.settings, self.log, self.killed = settings, log, killed
        self.done = 0

    def advance(self) -> float:
        import math

        if self.killed is not None and self.done == 2 and not self.killed.exists():
            self.killed.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        self.done += 1
        with self.log.open("a") as out:
            out.write(f"{os.getpid()} {self.done}\n")
        with self.log.with_name("rates.log").open("a") as out:
            out.write(f"{self.settings['rate']}\n")
        off = abs(math.log10(self.settings["rate"]) + 2) + abs(self.settings["bend"] - 0.5)
        return off + 1 / self.done

    def save(self, folder: Path) -> None:
        (folder / "bowl.json").write_text(json.dumps(self.done))

    def load(self, folder: Path) -> None:
        self.done = json.loads((folder / "bowl.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def ray_running() -> Iterator[None]:
    import ray

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
                 object_store_memory=100 * 2**20)  # fmt: skip
        yield
        ray.shutdown()


def maker(folder: Path, killed: bool = False):
    log, mark = folder / "rounds.log", folder / "mark" if killed else None
    return lambda settings: Bowl(settings, log, mark)


@pytest.mark.filterwarnings("ignore")
def test_the_best_settings_are_found_and_laggards_end_early(tmp_path: Path) -> None:
    study = Study(tmp_path, "asha", trials=6, rounds=4, at_once=2, seed=3)
    found = search(maker(tmp_path), SPANS, study)
    costs = {name: curve[-1] for name, curve in found.curves.items()}
    assert found.cost == pytest.approx(min(costs.values()))
    assert len(found.curves) == 6
    assert found.broken == ()
    assert (found.checkpoint / "bowl.json").is_file()
    again = search(maker(tmp_path), SPANS, study)  # all is done: nothing is learnt twice
    assert again.settings == found.settings


@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_goes_on_from_its_last_round(tmp_path: Path) -> None:
    study = Study(tmp_path, "killed", trials=1, rounds=4, at_once=1)
    found = search(maker(tmp_path, killed=True), SPANS, study)
    rounds = [line.split() for line in (tmp_path / "rounds.log").read_text().splitlines()]
    assert [int(number) for _, number in rounds] == [1, 2, 3, 4]  # none is missing, none is twice
    assert len({pid for pid, _ in rounds}) == 2
    assert rounds[0][0] == (tmp_path / "mark").read_text()
    assert found.broken == ()


@pytest.mark.filterwarnings("ignore")
def test_a_population_changes_its_rates_while_it_learns(tmp_path: Path) -> None:
    study = Study(tmp_path, "pb2", trials=3, rounds=3, method="pb2", at_once=2)
    found = search(maker(tmp_path), SPANS, study)
    assert all(
        SPANS[name].low <= value <= SPANS[name].high for name, value in found.settings.items()
    )
    assert len(found.curves) == 3
    rates = set((tmp_path / "rates.log").read_text().split())
    assert len(rates) > 3  # three members began, at least one went on with another rate
    assert found.cost == pytest.approx(min(curve[-1] for curve in found.curves.values()))
    assert (found.checkpoint / "bowl.json").is_file()


@pytest.mark.filterwarnings("ignore")
def test_ppo_is_searched_round_by_round(tmp_path: Path) -> None:
    from functools import partial

    from envs.fleet.plants import Assignment
    from envs.scenarios import generate
    from envs.vector_env import FleetEnv
    from models.policy.dispatcher import Dispatcher, shape_of
    from models.policy.rllib.ppo import Budget
    from models.policy.rllib.trainee import SPANS as FIELDS
    from models.policy.rllib.trainee import Plants, PPOTrainee

    made = [Assignment(generate(2, 3, 12, 2, 0.9, seed)) for seed in range(2)]
    plants = Plants(made, [60.0, 60.0])
    start = Dispatcher(
        shape_of(FleetEnv(made, scales=[60.0] * 2).single_observation_space, width=8)
    )
    make = partial(
        PPOTrainee, learnt=plants, judged=plants, start=start, budget=Budget(64, 1e-3, 0.98),
        iterations=1,
    )  # fmt: skip
    study = Study(tmp_path, "ppo", trials=1, rounds=2, at_once=1)
    found = search(make, FIELDS, study)
    assert found.broken == ()
    ((_, curve),) = found.curves.items()
    assert len(curve) == 2
    alone = make(found.settings)
    alone.load(found.checkpoint)
    assert alone.advance() > 0
    alone.close()
