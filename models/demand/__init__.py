"""Demand: forecasts of any long table, one pipeline for every frequency, all chosen on the history."""

from models.demand.config import ForecastConfig
from models.demand.errors import DemandError, ModelError, TableError
from models.demand.fitting import fit_forecaster
from models.demand.forecaster import Forecaster
from models.demand.history.histories import Histories
from models.demand.history.repairs import Repair
from models.demand.history.table import TableRules, read_table
from models.demand.storage import load_forecaster, save_forecaster

__all__ = [
    "DemandError",
    "ForecastConfig",
    "Forecaster",
    "Histories",
    "ModelError",
    "Repair",
    "TableError",
    "TableRules",
    "fit_forecaster",
    "load_forecaster",
    "read_table",
    "save_forecaster",
]
