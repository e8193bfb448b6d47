"""How a run's progress is shown: live on a terminal, or as plain lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape
from typing_extensions import override

from pipelines.progress import Event


class Display:
    """Takes what is told of a run while it goes on; this one shows nothing."""

    def begin(self) -> None:
        """Begin showing."""

    def end(self) -> None:
        """Leave the terminal as it was."""

    def note(self, text: str) -> None:
        """Show what is done outside the steps."""

    def show(self, event: Event, seconds: float) -> None:
        """Show an event of a step that has taken that long."""

    def tick(self) -> None:
        """Show the time that has passed."""


class Terminal(Display):
    """A line for what goes on, with the time that has passed, below what is done."""

    def __init__(self, steps: Sequence[str], console: Console | None = None) -> None:
        self._steps = tuple(steps)
        self._console = console or Console(stderr=True, highlight=False)
        self._status = self._console.status("")
        self._text = ""
        self._since = 0.0

    @override
    def begin(self) -> None:
        self._status.start()

    @override
    def end(self) -> None:
        self._status.stop()

    @override
    def note(self, text: str) -> None:
        self._text, self._since = text, time.monotonic()
        self.tick()

    @override
    def show(self, event: Event, seconds: float) -> None:
        name = self._name(event.step)
        if event.kind == "started":
            self.note(name)
            if not self._console.is_terminal:
                self._console.print(f"  {name}")
        elif event.kind == "line":
            self._console.print(f"      [dim]{escape(event.text)}[/dim]", soft_wrap=True)
        else:
            mark = "[green]✔[/green]" if event.kind == "finished" else "[red]✘[/red]"
            self._console.print(f"{mark} {name} {seconds:7.1f} s")
            self.note("Airflow")

    @override
    def tick(self) -> None:
        self._status.update(f"{self._text} [dim]{time.monotonic() - self._since:.0f} s[/dim]")

    def _name(self, step: str) -> str:
        place = self._steps.index(step) + 1 if step in self._steps else "?"
        return f"{place}/{len(self._steps)} [bold]{step:<9}[/bold]"


class Lines(Display):
    """Plain lines, for whoever takes them."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report

    @override
    def note(self, text: str) -> None:
        self._report(text)

    @override
    def show(self, event: Event, seconds: float) -> None:
        told = event.text if event.kind == "line" else f"{event.kind}, {seconds:.1f} s"
        self._report(f"{event.step}: {told}")
