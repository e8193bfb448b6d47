"""The models that were fitted: models list, show, promote, rollback, release, retrain."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.errors import FAILED, CommandError
from pipelines.commands.options import Json, epilog
from pipelines.commands.output import print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.registry import Registry, Reign
    from pipelines.registry.summary import ModelSummary

CODES = (
    "0 done, 2 no such model or version, 3 MLflow does not answer or a model's files were changed"
)
NameArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="demand, rates, late-risk or policy.")
]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="The fitted models: who is champion, since when, why; and how to go back.",
        no_args_is_help=True,
    )
    for name, function, example in (
        ("list", list_models, "takt models list"),
        ("show", show, "takt models show demand"),
        ("promote", promote, 'takt models promote demand 4 --reason "new shops"'),
        ("rollback", rollback, "takt models rollback demand"),
        ("release", release, "takt models release demand"),
        ("retrain", retrain_models, 'takt models retrain demand --reason "new shops"'),
    ):
        group.command(name, epilog=epilog(example, codes=CODES))(function)
    app.add_typer(group, name="models")


def list_models(as_json: Json = False) -> None:
    """List the registered models, with their champions."""
    from pipelines.registry.summary import summarise

    with _registry() as registry:
        found = [summarise(registry, name) for name in sorted(registry.tracking.models())]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.name,
            one.champion,
            f"{one.champion_since:%Y-%m-%d %H:%M}" if one.champion_since else "",
            one.challenger,
            len(one.versions),
            "held" if one.held else "",
        )
        for one in found
    ]
    count = "1 model" if len(rows) == 1 else f"{len(rows)} models"
    title = count if rows else "no models yet; `takt run` fits some"
    columns = ["model", "champion", "since (UTC)", "challenger", "versions", ""]
    print_table(title, columns, rows)


def show(
    name: NameArgument,
    number: Annotated[int | None, typer.Argument(metavar="[VERSION]", help="One of them.")] = None,
    as_json: Json = False,
) -> None:
    """Show a model's versions and champions, or one version with its figures and its contest."""
    from pipelines.registry.summary import show_version, summarise

    with _registry() as registry:
        found: Any = (
            summarise(registry, name) if number is None else show_version(registry, name, number)
        )
    if as_json:
        print_json(found)
    elif number is None:
        _show_model(found)
    else:
        print_table(f"{found.name} version {found.version}", ["", ""], found.rows())
        print_table("metrics", ["", ""], sorted(found.metrics.items()))
        print_table("fitted with", ["", ""], sorted(found.params.items()))


def promote(
    name: NameArgument,
    number: Annotated[int, typer.Argument(metavar="VERSION", help="Its new champion.")],
    reason: Reason = "by hand",
    as_json: Json = False,
) -> None:
    """Make a version the champion, whatever contests said; contests go on from it."""
    with _registry() as registry:
        _tell(registry.promote(name, number, reason), name, as_json=as_json)


def rollback(name: NameArgument, reason: Reason = "by hand", as_json: Json = False) -> None:
    """Make the champion before this one champion again, and hold it until `promote` or `release`."""
    with _registry() as registry:
        reign = registry.roll_back(name, reason)
    _tell(reign, name, as_json=as_json)
    say(f"held: contests move it only after `takt models release {name}` or a promotion")


def release(name: NameArgument) -> None:
    """Let contests move the champion again after a roll-back."""
    with _registry() as registry:
        registry.versions(name)
        registry.release(name)
    say(f"{name}: contests decide again")


def retrain_models(
    name: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="One of them.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", "-r", help="Fit whatever drift decided, for this.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit anew what drift decided about; the challengers meet their champions."""
    from pipelines.context import load_context
    from pipelines.retraining import RetrainingError, retrain

    with _faults():
        try:
            result = retrain(load_context(say), name, reason)
        except RetrainingError as error:
            raise CommandError(str(error)) from error
    if as_json:
        print_json(result)
        return
    rows = [
        (one.model, "fitted" if one.fitted else "left", one.reason, one.outcome)
        for one in result.models
    ]
    print_table("retraining", ["model", "", "why", "outcome"], rows)


def _tell(reign: Reign, name: str, *, as_json: bool) -> None:
    if as_json:
        print_json(reign)
    else:
        say(f"{name}: version {reign.version} is champion ({reign.kind}: {reign.reason})")


def _show_model(found: ModelSummary) -> None:
    rows = [
        (
            one.version,
            f"{one.registered_at:%Y-%m-%d %H:%M}",
            ", ".join(
                role
                for role, number in (("champion", found.champion), ("challenger", found.challenger))
                if number == one.version
            ),
            one.verdict,
            one.reason,
        )
        for one in found.versions
    ]
    columns = ["version", "registered (UTC)", "", "verdict", "why"]
    print_table(found.name + (f", held: {found.held}" if found.held else ""), columns, rows)
    reigns = [
        (one.version, f"{one.at:%Y-%m-%d %H:%M}", one.kind, one.reason) for one in found.reigns
    ]
    print_table("champions so far", ["version", "from (UTC)", "by", "why"], reigns)


@contextmanager
def _registry() -> Iterator[Registry]:
    """The registry; its faults said as a command says them."""
    from pipelines.context import load_context
    from pipelines.registry import open_registry

    with _faults():
        yield open_registry(load_context(say))


@contextmanager
def _faults() -> Iterator[None]:
    from pipelines.platform.tracking import TrackingError
    from pipelines.registry import RegistryError

    try:
        yield
    except RegistryError as error:
        raise CommandError(str(error)) from error
    except TrackingError as error:
        raise CommandError(str(error), FAILED) from error
