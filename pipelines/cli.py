"""`takt`: one command for every step and tool. Exit codes are listed in pipelines/commands/errors.py."""

from __future__ import annotations

import sys
import traceback
from typing import cast

import typer

from pipelines.commands import (
    alternatives,
    exchange,
    factory,
    forecast,
    history,
    models,
    pictures,
    planning,
    policy,
    react,
    service,
    steps,
    stream,
)
from pipelines.commands.errors import BAD_INPUT, INTERRUPTED, tell
from pipelines.commands.output import print_json, say

# Typer exports its subclasses only.
USAGE_ERROR: type[Exception] = cast("type[Exception]", typer.BadParameter.__mro__[1])

app = typer.Typer(
    name="takt",
    help="Plan what production lines make, minute by minute, and replan as events arrive.",
    epilog="Every command: --help shows an example, --json prints one document, --debug a traceback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
GROUPS = (
    steps, forecast, models, policy, planning, alternatives, exchange, pictures, history, factory, stream,
    react, service,
)  # fmt: skip
for group in GROUPS:
    group.register(app)


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    sys.exit(run([argument for argument in arguments if argument != "--debug"], debug=debug))


def run(arguments: list[str], *, debug: bool = False) -> int:
    """The exit code of the command that the arguments name."""
    as_json = "--json" in arguments
    try:
        return int(app(arguments, prog_name="takt", standalone_mode=False) or 0)
    except (typer.Abort, KeyboardInterrupt):
        say("stopped")
        return INTERRUPTED
    except USAGE_ERROR as error:
        return _usage(error, as_json=as_json)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        if debug:
            traceback.print_exc()
        return tell(error, as_json=as_json)


def _usage(error: Exception, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "takt"
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    if type(error).__name__ == "NoArgsIsHelpError":
        say(message)
        return BAD_INPUT
    say(f"error: {message}")
    say(f"       {command} --help shows its arguments and an example")
    if as_json:
        print_json({"error": {"code": BAD_INPUT, "message": message, "problems": []}})
    return BAD_INPUT


if __name__ == "__main__":
    main()
