"""The simulated factory."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.options import Json, epilog
from pipelines.commands.output import print_json, print_table, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    told = epilog(
        "takt factory --publish --speed 60 --hours 8 --seed 1",
        "takt factory --speed 0 --duplicates 0.05 --shuffled 0.1 --corrupt 0.01",
        codes="0 done, 2 wrong setting or argument, 3 Kafka or the database does not answer",
    )
    app.command("factory", epilog=told)(factory_command)


def factory_command(
    speed: Annotated[float, typer.Option(help="Simulated over real time; 0: at once.")] = 60.0,
    hours: Annotated[float, typer.Option(help="Simulated hours to play.")] = 8.0,
    seed: Annotated[int, typer.Option(help="The same seed plays the same.")] = 1,
    start: Annotated[
        int | None, typer.Option(help="Minute of the plan to begin at; else when work begins.")
    ] = None,
    duplicates: Annotated[float, typer.Option(help="Share of messages sent twice.")] = 0.0,
    shuffled: Annotated[float, typer.Option(help="Share that others overtake.")] = 0.0,
    late: Annotated[float, typer.Option(help="Share that comes up to two hours late.")] = 0.0,
    corrupt: Annotated[float, typer.Option(help="Corrupt messages over true ones.")] = 0.0,
    publish: Annotated[
        bool,
        typer.Option("--publish", help="Where none is published, publish the plan it follows."),
    ] = False,
    metrics_port: Annotated[
        int | None, typer.Option(help="Serve Prometheus metrics on this port.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Play a simulated factory as a stream of events, into Kafka or the landing folder."""
    from pipelines.context import load_context
    from pipelines.factory.play import Play, play_factory
    from pipelines.factory.trouble import Trouble
    from pipelines.metrics import serve_metrics

    if metrics_port:
        serve_metrics(metrics_port)
    trouble = Trouble(duplicates, shuffled, late, corrupt)
    played = play_factory(load_context(say), Play(hours, speed, seed, start, trouble, publish))
    if as_json:
        print_json(played)
        return
    total = sum(played.messages.values())
    rows = [*sorted(played.messages.items()), ("all", total)]
    print_table("Messages sent", ["kind", "messages"], rows)
