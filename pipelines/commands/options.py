"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PlantArgument = Annotated[
    Path, typer.Argument(metavar="PLANT", help="Plant: JSON file, CSV folder or .xlsx.")
]
ScheduleArgument = Annotated[
    Path, typer.Argument(metavar="SCHEDULE", help="Schedule: JSON file, runs.csv or .xlsx.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")]
Version = Annotated[
    str | None,
    typer.Option("--version", "-v", help="Take both from a published version: number or latest."),
]
Weight = Annotated[
    list[str] | None,
    typer.Option("--weight", "-w", metavar="NAME=VALUE", help="Weight of a cost, as tardiness=2."),
]


def epilog(*examples: str, codes: str = "0 done, 2 bad input") -> str:
    """What stands under a command's help: examples, and what its exit codes mean."""
    told = "\n\n".join(f"Example: {example}" for example in examples)
    return f"{told}\n\nExit codes: {codes}"
