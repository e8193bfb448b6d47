"""Demand: an ensemble of forecasters over daily series, weighted by backtest, with quantiles."""

from models.demand.backtest import Backtest, run_backtest
from models.demand.compare import Comparison, compare
from models.demand.config import DemandConfig
from models.demand.ensemble import bias, classify, earlier_only, wape
from models.demand.errors import DemandError, ModelError, TableError
from models.demand.forecaster import DemandForecaster, fit, load, predict, save
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
    "ModelError",
    "Panel",
    "Score",
    "TableError",
    "bias",
    "classify",
    "compare",
    "earlier_coverage",
    "earlier_only",
    "fit",
    "load",
    "panel_from_table",
    "predict",
    "replay",
    "run_backtest",
    "save",
    "score_all",
    "wape",
    "window_errors",
]
