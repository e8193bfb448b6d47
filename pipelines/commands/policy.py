"""The learned policy: policy evaluate."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Json, epilog
from pipelines.commands.output import print_json, print_table, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The learned policy: what it is worth.", no_args_is_help=True)
    group.command(
        "evaluate",
        epilog=epilog(
            "takt policy evaluate --plants 30 --trials 8",
            codes="0 measured, 2 no such policy, 3 MLflow does not answer",
        ),
    )(evaluate)
    app.add_typer(group, name="policy")


def evaluate(
    folder: Annotated[
        Path | None, typer.Option("--policy", help="Folder of weights; the shipped ones without.")
    ] = None,
    plants: Annotated[int, typer.Option(min=2, help="How many test plants.")] = 30,
    trials: Annotated[int, typer.Option(min=1, help="Of how many plans the best counts.")] = 8,
    seed: Annotated[list[int] | None, typer.Option(help="A month of luck; repeat it.")] = None,
    as_json: Json = False,
) -> None:
    """Measure the policy on plants that it has not learned on, beside ATCS tuned for each plant.

    As planned and with luck, all meeting the same. Figures, tables, a plot and a film go to MLflow.
    """
    from models.policy.files import SHIPPED, load_policy
    from pipelines.context import load_context
    from pipelines.policy import weigh

    worth = weigh(load_context(say), load_policy(folder or SHIPPED), plants, trials, seed or (7,))
    if as_json:
        print_json(asdict(worth))
        return
    rows = [
        (kind, name, f"{one.mean:+.1%}", f"{one.low:+.1%} to {one.high:+.1%}")
        for kind, each in worth.by_kind.items()
        for name, one in each.items()
    ]
    title = f"cost over tuned ATCS on {plants} test plants (MLflow run {worth.mlflow_run_id})"
    print_table(title, ["", "who", "mean", "95 of 100 times"], rows)
