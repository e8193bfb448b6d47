"""Demand: an ensemble of forecasters over daily series, weighted by backtest, with quantiles."""

from models.demand.backtest import Backtest, run_backtest
from models.demand.compare import Comparison, compare
from models.demand.config import DemandConfig
from models.demand.errors import DemandError, ModelError, TableError
from models.demand.forecaster import DemandForecaster, fit, load, predict, save
from models.demand.panel import Panel, panel_from_table

__all__ = [
    "Backtest",
    "Comparison",
    "DemandConfig",
    "DemandError",
    "DemandForecaster",
    "ModelError",
    "Panel",
    "TableError",
    "compare",
    "fit",
    "load",
    "panel_from_table",
    "predict",
    "run_backtest",
    "save",
]
