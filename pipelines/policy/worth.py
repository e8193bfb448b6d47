"""What the policy is worth, measured on held plants and kept in MLflow: figures, tables, a plot, a film.

As planned and with luck; the policy beside ATCS tuned per plant, each plant and each month of luck the same
for both.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.context import Context
from pipelines.platform.tracking import TrackedRun, connect

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from envs.scenarios.splits import Spread
    from models.policy.dispatcher import Dispatcher
    from models.policy.evaluation import Interval, Judged
    from plant import Plant

FILM, TABLE, PLOT = "episode.gif", "evaluation.csv", "plots/evaluation.png"
KINDS = ("planned", "luck")


@dataclass(frozen=True, slots=True)
class Worth:
    """How much dearer (negative: cheaper) than tuned ATCS everybody is, as planned and with luck.

    by_kind: "planned" and "luck", and in each the interval by name. mlflow_run_id: where all is kept.
    """

    by_kind: dict[str, dict[str, Interval]]
    mlflow_run_id: str


def weigh(
    context: Context,
    policy: Dispatcher,
    count: int = 30,
    trials: int = 8,
    seeds: Sequence[int] = (7,),
    spread: Spread | None = None,
) -> Worth:
    """Measure a policy on the first test plants, log it as a run of its own, and return the figures.

    `spread`: from what to what the plants differ, where not as usual.

    Raises
    ------
    pipelines.platform.tracking.TrackingError
        Where MLflow does not answer.
    """
    from envs.fleet.luck import CERTAIN, ROUGH
    from envs.scenarios.splits import Spread as Usual
    from models.policy.evaluation import (
        TUNED,
        best_of,
        compared,
        greedy,
        held_plants,
        judge,
        ruled,
        tuned,
    )

    plants = held_plants(count, spread=spread or Usual())
    judged: dict[str, list[Judged]] = {}
    for kind, luck in zip(KINDS, (CERTAIN, ROUGH), strict=True):
        entrants = [ruled("edd"), ruled("atcs"), tuned(luck), greedy(policy)]
        if luck.is_certain:
            entrants.append(best_of(policy, trials))
        judged[kind] = []
        for one in judge(plants, entrants, luck, seeds):
            judged[kind].append(one)
            context.report(f"policy, {kind}: {one.name} costs {one.costs.mean():,.0f} a plant")
    rng = np.random.default_rng(context.params.seed)
    found = {kind: compared(each, TUNED, rng) for kind, each in judged.items()}
    with connect(context.settings).run(
        "policy evaluation", {"takt.step": "evaluate policy"}
    ) as run:
        run.log_params({"plants": count, "trials": trials, "seeds": tuple(seeds)})
        _log(run, judged, found)
        _film(run, plants[0], policy)
    return Worth(found, run.id)


def _log(
    run: TrackedRun, judged: dict[str, list[Judged]], found: dict[str, dict[str, Interval]]
) -> None:
    for kind, each in judged.items():
        for one in each:
            name, over = f"{kind}/{_plain(one.name)}", found[kind][one.name]
            figures = {"over_atcs": over.mean, "low": over.low, "high": over.high,
                       "cost": float(one.costs.mean()), "seconds": one.seconds}  # fmt: skip
            run.log_metrics({f"{name}/{key}": value for key, value in (figures | one.kpis).items()})
    run.log_text(_table(judged, found), TABLE)
    run.log_figure(_plot(found), PLOT)


def _plain(name: str) -> str:
    """A name that MLflow takes for a figure."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _table(judged: dict[str, list[Judged]], found: dict[str, dict[str, Interval]]) -> str:
    """Everybody's figures as CSV: a row an entrant and kind, then a column a key figure."""
    out = io.StringIO()
    kpis = list(next(iter(judged.values()))[0].kpis)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["kind", "who", "over_atcs", "low", "high", "mean_cost", "seconds", *kpis])
    for kind, each in judged.items():
        for one in each:
            over = found[kind][one.name]
            figures: list[Any] = [over.mean, over.low, over.high, one.costs.mean(), one.seconds]
            told = [f"{float(value):.6g}" for value in (*figures, *one.kpis.values())]
            writer.writerow([kind, one.name, *told])
    return out.getvalue()


def _plot(found: dict[str, dict[str, Interval]]) -> Figure:
    """Intervals of everybody's cost over tuned ATCS."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots(1, len(found), sharey=False)
    for one, (kind, each) in zip(np.atleast_1d(axes), found.items(), strict=True):
        means = np.array([over.mean for over in each.values()])
        reach = [[over.mean - over.low for over in each.values()],
                 [over.high - over.mean for over in each.values()]]  # fmt: skip
        one.errorbar(100 * means, range(len(each)), xerr=100 * np.array(reach), fmt="o")
        one.axvline(0.0, color="grey", linewidth=0.8)
        one.set_yticks(range(len(each)), list(each))
        one.set_xlabel("% over tuned ATCS")
        one.set_title(kind)
    return figure


def _film(run: TrackedRun, plant: Plant, policy: Dispatcher) -> None:
    """Keep a film of one month with luck."""
    from envs.fleet.luck import ROUGH
    from envs.tick_env import TickEnv
    from envs.viewer import animated
    from models.policy.acting import act, one_thread

    env = TickEnv(plant, ROUGH)
    seen, _ = env.reset(seed=1)
    with one_thread():
        while not env.is_over:
            batch = {name: values[None] for name, values in seen.items()}
            seen, *_ = env.step(act(policy, batch)[0])
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / FILM
        film.write_bytes(animated(plant, env.schedule()))
        run.log_file(film)
