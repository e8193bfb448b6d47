"""Demand: an ensemble over daily series for the plant, and `general` for any long table."""

from models.demand.backtest import Backtest, run_backtest
from models.demand.compare import Comparison, compare
from models.demand.config import DemandConfig
from models.demand.ensemble import bias, classify, earlier_only, wape
from models.demand.errors import DemandError, ModelError, TableError
from models.demand.forecaster import DemandForecaster, fit, load, predict, save
from models.demand.general import (
    ForecastConfig,
    Forecaster,
    Repair,
    TableRules,
    fit_forecaster,
    load_forecaster,
    read_table,
    save_forecaster,
)
from models.demand.panel import Panel, panel_from_table
from models.demand.replay import replay
from models.demand.scores import ENSEMBLE, Score, earlier_coverage, score_all, window_errors

__all__ = [
    "ENSEMBLE",
    "Backtest",
    "Comparison",
    "DemandConfig",
    "DemandError",
    "DemandForecaster",
    "ForecastConfig",
    "Forecaster",
    "ModelError",
    "Panel",
    "Repair",
    "Score",
    "TableError",
    "TableRules",
    "bias",
    "classify",
    "compare",
    "earlier_coverage",
    "earlier_only",
    "fit",
    "fit_forecaster",
    "load",
    "load_forecaster",
    "panel_from_table",
    "predict",
    "read_table",
    "replay",
    "run_backtest",
    "save",
    "save_forecaster",
    "score_all",
    "wape",
    "window_errors",
]
