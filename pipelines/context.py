"""The context of a step: settings, parameters, a clock and a place to report progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pipelines.params import Params, load_params
from pipelines.settings import Settings, load_settings, utc_now


@dataclass(frozen=True, slots=True)
class Context:
    """What a step is given: where things are, what was chosen, the time, and whom to tell.

    Parameters
    ----------
    settings
        Where data, databases and services are.
    params
        The tree of params.yaml.
    clock
        Returns this instant, aware, in UTC.
    report
        Takes one line of progress for the user.
    """

    settings: Settings
    params: Params
    clock: Callable[[], datetime]
    report: Callable[[str], None]


def load_context(report: Callable[[str], None] = print) -> Context:
    """Return the context that the environment and params.yaml give.

    Raises
    ------
    pipelines.settings.SettingsError, pipelines.params.ParamsError
        Where a setting or a parameter is wrong; each names it in one line.
    """
    settings = load_settings()
    return Context(settings, load_params(settings.params_file), utc_now, report)
