"""The live plant: stream run, replay, schema, status."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.errors import FAILED, CommandError
from pipelines.commands.options import Json, epilog
from pipelines.commands.output import print_json, print_table, say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipelines.context import Context

CODES = "0 done, 2 wrong setting or checkpoint, 3 the stream, Kafka, Spark or the database failed"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Take in what happens on the plant floor, as events.", no_args_is_help=True
    )
    group.command("run", epilog=epilog("takt stream run", "takt stream run --once", codes=CODES))(
        run
    )
    group.command("replay", epilog=epilog("takt stream replay --code unknown_reference"))(replay)
    group.command("schema", epilog=epilog("takt stream schema docs/schema/events"))(schema)
    group.command("status", epilog=epilog("takt stream status", "takt stream status --json"))(
        status
    )
    app.add_typer(group, name="stream")


def run(
    once: Annotated[bool, typer.Option("--once", help="End when what is there is stored.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin a new checkpoint; nothing is stored twice.")
    ] = False,
    plant: Annotated[
        Path | None,
        typer.Option(
            help="Plant whose lines, items and stocks hold from now on: JSON, CSV, .xlsx."
        ),
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, help="Messages that a micro-batch takes at most.")
    ] = 100_000,
    retention_days: Annotated[int, typer.Option(min=1, help="Days that events are kept.")] = 90,
    metrics_port: Annotated[
        int | None, typer.Option(help="Serve Prometheus metrics here; else TAKT_METRICS_PORT.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read events from Kafka (TAKT_KAFKA) or the landing folder into the database, until stopped."""
    from pipelines.context import load_context
    from pipelines.metrics import serving_metrics
    from pipelines.stream import StreamOptions, stream
    from pipelines.streaming.stop import stopping_on_signals

    context = load_context(say)
    if plant is not None:
        _store_plant(context, plant)
    options = StreamOptions(
        once=once, fresh=fresh, most=most, retention=timedelta(days=retention_days)
    )
    port = metrics_port or context.settings.metrics_port
    with serving_metrics(port), stopping_on_signals(say) as stop, _failures():
        result = stream(context, options, lambda engine: _listeners(context, engine), stop)
    if as_json:
        print_json(result)
    else:
        say(f"stream: {result.batches} micro-batches stored, last commit number {result.number}")


def replay(
    code: Annotated[str | None, typer.Option(help="Only those refused by this code.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing, only count.")] = False,
    retention_days: Annotated[
        int, typer.Option(min=1, help="Days that events are kept, as the stream's own option.")
    ] = 90,
    as_json: Json = False,
) -> None:
    """Judge again what is in quarantine, and store what is an event now, each once."""
    from pipelines.context import load_context
    from pipelines.streaming.replay import replay as replay_quarantine

    context = load_context(say)
    with _failures():
        result = replay_quarantine(context, code, timedelta(days=retention_days), dry_run=dry_run)
    if as_json:
        print_json(result)
    else:
        verb = "would be stored" if dry_run else "stored"
        say(
            f"{result.looked_at} looked at: {result.stored} {verb}, {result.copies} were stored "
            f"already, {result.still_refused} are refused still"
        )


def schema(
    folder: Annotated[Path, typer.Argument(help="Folder that takes one file a contract.")],
) -> None:
    """Write the JSON Schema of each contract of events."""
    import json

    from pipelines.events import event_schemas
    from plant.io.atomic import write_whole

    for tag, document in event_schemas().items():
        file = folder / f"{tag}.schema.json"
        write_whole(file, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
        say(f"{file}: written")


def status(as_json: Json = False) -> None:
    """Show the last commits, what is in quarantine, and what lines do now."""
    from pipelines.context import load_context
    from pipelines.streaming.status import stream_status

    found = stream_status(load_context(say))
    if as_json:
        print_json(found)
        return
    print_table(
        "last commits",
        ["number", "at", "received", "stored", "copies", "refused"],
        [
            (
                b.number,
                f"{b.committed_at:%Y-%m-%d %H:%M:%S}",
                b.received,
                b.stored,
                b.copies,
                b.refused,
            )
            for b in found.commits
        ],
    )
    print_table("in quarantine", ["code", "messages"], sorted(found.quarantine.items()))
    print_table(
        "lines",
        ["line", "state", "item", "since", "good today", "scrap today"],
        [
            (
                n.line,
                n.state or "",
                n.item or "",
                n.since and f"{n.since:%m-%d %H:%M}",
                n.good,
                n.scrap,
            )
            for n in found.lines
        ],
    )


def _store_plant(context: Context, path: Path) -> None:
    from pipelines.plan_base import PLANT_NAME
    from pipelines.storage import open_database, writing
    from pipelines.storage.repositories import live, store_plant
    from plant.io import load_plant

    plant = load_plant(path)
    engine = open_database(context.settings.database_url)
    with writing(engine) as session:
        store_plant(session, PLANT_NAME, plant, context.clock())
        live.open_stocks(session, plant)
    engine.dispose()


def _listeners(context: Context, engine: Engine) -> tuple[Any, ...]:
    """Those who are told of commits: browsers, and the copy of the latest state shared in Redis."""
    from pipelines.line_notices import tell_lines
    from pipelines.storage import reading
    from pipelines.storage.cache import open_latest_state
    from pipelines.storage.repositories import live

    browsers = tell_lines(engine, context.clock)
    if context.settings.redis_url is None:
        return (browsers,)

    def load() -> Any:
        with reading(engine) as session:
            return live.latest_now(session)

    return (open_latest_state(context.settings.redis_url, load).apply, browsers)


class _failures:  # noqa: N801
    """Faults of the stream's own, as what a command can say."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: Any, _trace: Any) -> None:
        from pipelines.platform.kafka import KafkaError
        from pipelines.platform.spark import SparkUnavailableError
        from pipelines.stream import StreamError
        from pipelines.streaming.checkpoint import CheckpointError

        if isinstance(error, CheckpointError):
            raise CommandError(str(error)) from error
        if isinstance(error, StreamError | KafkaError | SparkUnavailableError):
            raise CommandError(str(error), FAILED) from error
