"""Drift: what is compared with what, and when the difference counts. No files, no services."""

from models.drift.samples import (
    MEASURES,
    Kind,
    Sample,
    compared,
    demonstrated_share,
    executed_adherence,
    forecast_samples,
    input_samples,
    output_samples,
)
from models.drift.verdict import (
    KINDS,
    P_VALUE,
    Comparison,
    Judgement,
    Verdict,
    judge_adherence,
    judge_forecast,
    judge_inputs,
    worst,
)

__all__ = [
    "KINDS",
    "MEASURES",
    "P_VALUE",
    "Comparison",
    "Judgement",
    "Kind",
    "Sample",
    "Verdict",
    "compared",
    "demonstrated_share",
    "executed_adherence",
    "forecast_samples",
    "input_samples",
    "judge_adherence",
    "judge_forecast",
    "judge_inputs",
    "output_samples",
    "worst",
]
