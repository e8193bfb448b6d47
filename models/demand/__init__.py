"""Demand: forecasts of any long table, one pipeline for every frequency, all chosen on the history."""

from models.demand.config import ForecastConfig
from models.demand.errors import DemandError, ModelError, TableError
from models.demand.fitting import fit_forecaster
from models.demand.forecaster import Forecaster
from models.demand.histories import Histories
from models.demand.repairs import Repair
from models.demand.storage import load_forecaster, save_forecaster
from models.demand.table import TableRules, read_table

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
