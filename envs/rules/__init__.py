"""Dispatching rules and the list scheduling by which they build whole plans."""

from envs.rules.dispatching import (
    ANY_TIME,
    DAY,
    RULES,
    Rule,
    dispatch,
    kept_runs,
    runs_of,
    tune_atcs,
    tuned_atcs,
)

__all__ = [
    "ANY_TIME",
    "DAY",
    "RULES",
    "Rule",
    "dispatch",
    "kept_runs",
    "runs_of",
    "tune_atcs",
    "tuned_atcs",
]
