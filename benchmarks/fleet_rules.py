"""What dispatching rules cost inside the simulation: `python -m benchmarks.fleet_rules [--quick] [--json]`.

On generated plants (20 lines × 20 items, 250 orders, 14 days, every other one in two stages) and on the
plant that ships; beside what tuned list scheduling costs there.
"""

from __future__ import annotations

from gymnasium.vector import AutoresetMode

from benchmarks.report import arguments, progress, show
from envs.fifty_lines import PLANT_FILE
from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.fleet_rules import episode_costs, policy_of, tune
from envs.rules import RULES, tuned_atcs
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Plant, evaluate
from plant.io import load_plant

SEED = 1
TUNED_ON = (101, 202, 303)  # other luck than it is judged with


def main() -> None:
    """Prints the table and the figures."""
    options = arguments(__doc__).parse_args()
    count = 2 if options.quick else 4
    plants = [generate(20, 20, 250, 14, 0.9, seed, stages=1 + seed % 2) for seed in range(count)]
    if not options.quick:
        plants.append(load_plant(PLANT_FILE))
    rows: list[tuple[object, ...]] = []
    figures: dict[str, object] = {}

    def note(name: str, costs: list[float]) -> None:
        rows.append((name, *(f"{cost / 1000:,.0f}" for cost in costs)))
        figures[name] = costs

    progress("list scheduling")
    note("list ATCS, tuned", [evaluate(one, tuned_atcs(one)).cost.total for one in plants])
    for luck, title in ((CERTAIN, "as planned"), (ROUGH, "with luck")):
        env = _fleet(plants, luck)
        for rule in RULES.values():
            progress(f"{title}: {rule.name}")
            costs = episode_costs(env, policy_of(env, rule), SEED)
            note(f"{rule.name}, {title}", costs.tolist())
        progress(f"{title}: tuning ATCS")
        tuned = tune(env, TUNED_ON)
        costs = episode_costs(env, policy_of(env, tuned), SEED)
        note(f"ATCS tuned, {title}", costs.tolist())
    columns = ("rule", *(f"plant {number + 1}" for number in range(len(plants))))
    show("Cost of rules in the simulation, thousands", columns, rows, figures, options.json)


def _fleet(plants: list[Plant], luck: Luck) -> FleetEnv:
    scales = [1.0] * len(plants)
    return FleetEnv(plants, luck, scales=scales, autoreset_mode=AutoresetMode.DISABLED)


if __name__ == "__main__":
    main()
