"""How fast plants are simulated: `python -m benchmarks.simulate [--quick] [--json]`.

32 plants of 50 lines × 40 items, 600 orders, 14 days, full dynamics and masks, one core. A line-step is one
line for one tick of 15 minutes, whether or not anything happens in it; nights and week-ends are counted for
everybody, as all simulate the same 1,344 ticks. Choices come from ATCS inside the kernel and are not counted
where the row does not say so; time is the thread's processor time. Aims: the kernel 8 M line-steps/s, the
vector environment 60 % of that.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator

import simpy
from gymnasium.vector import AutoresetMode

from benchmarks.report import arguments, progress, show
from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.fleet_rules import Policy, policy_of
from envs.rules import RULES
from envs.scenarios import generate
from envs.vector_env import Actions, FleetEnv
from plant import Plant, Run, Schedule
from plant.arrays import plant_arrays

LINES, ITEMS, ORDERS, DAYS, LOAD = 50, 40, 600, 14, 0.9
TICK = 15
LINE_STEPS = LINES * DAYS * 1440 // TICK  # of one episode
PEERS = ("jumanji", "JSSEnv", "job_shop_lib")  # measured elsewhere: see docs/simulator.md
COLUMNS = ("what", "M line-steps/s", "µs a plant step", "k choices/s")


def main() -> None:
    """Prints the table and the figures."""
    options = arguments(__doc__).parse_args()
    size, times = 32, 1 if options.quick else 3
    plants = [generate(LINES, ITEMS, ORDERS, DAYS, LOAD, seed) for seed in range(size)]
    rows: list[tuple[object, ...]] = []
    figures: dict[str, object] = {"plants": size}

    def note(name: str, key: str, runs: Iterator[tuple[float, int, int]], episodes: int) -> None:
        progress(name)
        seconds, steps, choices = min(runs)
        speed = episodes * LINE_STEPS / seconds
        figures[key] = speed
        each = (1e6 * seconds / steps, choices / seconds / 1000.0) if steps else ("", "")
        rows.append((name, speed / 1e6, *each))

    for luck, title in ((CERTAIN, "as planned"), (ROUGH, "with luck")):
        env = fleet(plants, luck)
        act = policy_of(env, RULES["atcs"])
        tag = "" if luck is CERTAIN else "_luck"
        note(
            f"kernel, {title}",
            f"line_steps_per_s{tag}",
            stepped(env, act, env.advance, times),
            size,
        )
        for copy in (False, True):
            env = fleet(plants, luck, copy)
            act = policy_of(env, RULES["atcs"])
            kind = "copies" if copy else "in place"
            key = f"vector_line_steps_per_s{tag}{'_copied' if copy else ''}"
            note(
                f"vector environment, {title}, {kind}",
                key,
                stepped(env, act, env.step, times),
                size,
            )
    env = fleet(plants, CERTAIN)
    act = policy_of(env, RULES["atcs"])
    note("kernel and ATCS inside it", "with_rule_line_steps_per_s", whole(env, act, times), size)
    few = plants[: 1 if options.quick else 3]
    env = FleetEnv(few, scales=[1.0] * len(few), autoreset_mode=AutoresetMode.DISABLED, record=9000)
    whole_episode(env, policy_of(env, RULES["atcs"]))
    pairs = [(plant, env.schedule(row)) for row, plant in enumerate(few)]
    note(
        "SimPy: the same runs, no masks, no money",
        "simpy_line_steps_per_s",
        replay(pairs),
        len(few),
    )
    figures["vector_over_kernel"] = _ratio(figures, "vector_line_steps_per_s", "line_steps_per_s")
    figures["peers not installed"] = [n for n in PEERS if importlib.util.find_spec(n) is None]
    show(f"Simulating {LINES} lines × {ITEMS} items", COLUMNS, rows, figures, options.json)


def fleet(plants: list[Plant], luck: Luck, copy: bool = False) -> FleetEnv:
    scales = [1000.0] * len(plants)
    env = FleetEnv(plants, luck, scales=scales, autoreset_mode=AutoresetMode.DISABLED, copy=copy)
    env.reset(seed=0)
    env.step(policy_of(env, RULES["atcs"])(env))  # compiles
    return env


def timed(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def stepped(
    env: FleetEnv, act: Policy, step: Callable[[Actions], object], times: int
) -> Iterator[tuple[float, int, int]]:
    """Seconds in an episode's steps alone, plant steps, choices made.

    Measured up to where the first plant is at its end, which the environment does not step any more, and
    told as if the whole episode had gone like it.
    """
    for _ in range(times):
        env.reset(seed=1)
        seconds, steps, choices = 0.0, 0, 0
        while not env.state.over.any():
            steps += env.num_envs
            choices += int(env.state.deciding.sum())
            action = act(env)
            seconds += timed(lambda action=action: step(action))
        share = float(env.state.clock.sum()) / (env.num_envs * DAYS * 1440)
        yield seconds / share, round(steps / share), round(choices / share)


def whole_episode(env: FleetEnv, act: Policy) -> None:
    env.reset(seed=1)
    while not env.is_over:
        env.advance(act(env))


def whole(env: FleetEnv, act: Policy, times: int) -> Iterator[tuple[float, int, int]]:
    """Whole episodes, the rule and the reset counted."""
    for _ in range(times):
        yield timed(lambda: whole_episode(env, act)), 0, 0


def replay(pairs: list[tuple[Plant, Schedule]]) -> Iterator[tuple[float, int, int]]:
    """SimPy processes that do what a schedule says: each line its runs, with stocks in containers."""
    seconds = sum(timed(lambda pair=pair: replay_one(*pair)) for pair in pairs)
    yield seconds, 0, 0


def replay_one(plant: Plant, schedule: Schedule) -> None:
    world = simpy.Environment()
    arrays = plant_arrays(plant)
    stocks = {item.id: simpy.Container(world, init=item.stock) for item in plant.items}
    parts: dict[str, list[tuple[str, float]]] = {}
    for one in plant.bom:
        parts.setdefault(one.item, []).append((one.component, one.per_unit))

    def line(runs: list[Run]) -> Iterator[simpy.Event]:
        for run in runs:
            yield world.timeout(run.start - world.now)
            at = arrays.line_index[run.line], arrays.item_index[run.item]
            for part, per_unit in parts.get(run.item, ()):
                taken = run.quantity * per_unit / float(arrays.capabilities.yield_[at])
                yield stocks[part].get(taken)
            yield world.timeout(run.end - world.now)
            yield stocks[run.item].put(run.quantity)

    def ticking() -> Iterator[simpy.Event]:
        while True:
            yield world.timeout(TICK)

    def bring(at: int, item: str, quantity: float) -> Iterator[simpy.Event]:
        yield world.timeout(at)
        yield stocks[item].put(quantity)

    for id in arrays.line_index:
        mine = sorted((r for r in schedule.runs if r.line == id), key=lambda run: run.start)
        world.process(line(mine))
    for arrival in plant.arrivals:
        world.process(bring(arrival.at, arrival.item, arrival.quantity))
    world.process(ticking())
    world.run(plant.horizon)


def _ratio(figures: dict[str, object], top: str, bottom: str) -> float:
    return float(str(figures[top])) / float(str(figures[bottom]))


if __name__ == "__main__":
    main()
