"""How fast PPO learns on the plant of 50 lines × 40 items: one factored agent, and fifty agents."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from gymnasium.vector import AutoresetMode

from benchmarks.dispatching.scope import Effort, Part, Scene, one_core_ray
from benchmarks.report import progress
from envs.fleet.plants import Assignment
from envs.fleet_rules import policy_of
from envs.rules import RULES
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from models.policy.acting import act, one_thread
from models.policy.export import OnnxPolicy, export
from models.policy.multi_agent.training import Course, Form, Learner
from models.policy.rllib.ppo import Budget, Trainer
from plant import Plant

STEPS: dict[Form, int] = {"factored": 2048, "lines": 128}
BESIDE: dict[Form, int] = {"factored": 32, "lines": 1}  # plants
NAMES: dict[Form, str] = {
    "factored": "one agent, small network",
    "lines": "fifty agents, small network",
}
SHIPPED = "one agent, the dispatcher"


def measure(scene: Scene) -> Part:
    """Plant steps a second of whole PPO iterations, sampling and learning, on one core."""
    plants = [generate(50, 40, 600, 14, 0.9, seed) for seed in range(8)]
    columns = ("form", "plant steps/s", "steps/s of processor time", "iterations")
    part = Part("PPO on 50 lines × 40 items, one core", columns)
    with one_core_ray():
        speeds = {NAMES[form]: _speed(form, plants, scene.effort) for form in STEPS}
        speeds[SHIPPED] = _shipped(scene, plants)
    for form, (wall, processor) in speeds.items():
        part.rows.append((form, wall, processor, scene.effort.iterations))
        part.figures[form] = {"steps_per_s": wall, "steps_per_cpu_s": processor}
    for name, spent in _decisions(scene, plants[0]).items():
        part.rows.append((name, f"{spent:.2f} ms a decision", "", ""))
        part.figures[name] = spent
    fifty = speeds[NAMES["lines"]][1]
    part.figures["factored_over_lines"] = speeds[NAMES["factored"]][1] / fifty
    part.figures["shipped_over_lines"] = speeds[SHIPPED][1] / fifty
    return part


def _speed(form: Form, plants: list[Plant], effort: Effort) -> tuple[float, float]:
    progress(f"PPO: {form}")
    course, iterations = Course(STEPS[form] // effort.shorter, BESIDE[form]), effort.iterations
    learner = Learner(form, plants, [1000.0] * len(plants), course)
    try:
        rounds = learner.iterations()
        next(rounds)  # compiles, and starts episodes
        began, busy = time.perf_counter(), _busy()
        for _ in range(iterations):
            next(rounds)
        steps = course.steps * iterations
        return steps / (time.perf_counter() - began), steps / (_busy() - busy)
    finally:
        learner.close()


def _shipped(scene: Scene, plants: list[Plant]) -> tuple[float, float]:
    """The same of the network that ships."""
    progress(f"PPO: {SHIPPED}")
    steps, iterations = STEPS["factored"] // scene.effort.shorter, scene.effort.iterations
    given = [Assignment(plants[row % len(plants)]) for row in range(BESIDE["factored"])]
    trainer = Trainer(given, [1000.0] * len(given), scene.policy, Budget(steps, 1e-4, 0.99))
    try:
        rounds = trainer.iterations()
        next(rounds)
        began, busy = time.perf_counter(), _busy()
        for _ in range(iterations):
            next(rounds)
        done = steps * iterations
        return done / (time.perf_counter() - began), done / (_busy() - busy)
    finally:
        trainer.close()


def _decisions(scene: Scene, plant: Plant, times: int = 50) -> dict[str, float]:
    """Milliseconds of processor time of a decision for the whole plant, by torch and by ONNX Runtime."""
    env = FleetEnv([plant], scales=[1000.0], autoreset_mode=AutoresetMode.DISABLED)
    env.reset(seed=1)
    policy = policy_of(env, RULES["atcs"])
    while not (env.state.clock[0] > 1440 and env.state.deciding.any()):
        env.advance(policy(env))
    seen, _ = env.observed()
    with TemporaryDirectory() as folder, one_thread():
        export(scene.policy, Path(folder), seen)
        exported = OnnxPolicy(Path(folder))
        each = {
            "torch": lambda: act(scene.policy, seen),
            "ONNX Runtime": lambda: exported.act(seen),
        }
        found = {}
        for name, decide in each.items():
            decide()
            began = time.process_time()
            for _ in range(times):
                decide()
            found[name] = 1000.0 * (time.process_time() - began) / times
    return found


def _busy() -> float:
    """Processor seconds of this process and of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in used)
