"""Forecasts of any long table: one pipeline for every frequency, everything chosen on the history."""

from models.demand.general.config import ForecastConfig
from models.demand.general.fitting import fit_forecaster
from models.demand.general.forecaster import Forecaster
from models.demand.general.histories import Histories
from models.demand.general.repairs import Repair
from models.demand.general.storage import load_forecaster, save_forecaster
from models.demand.general.table import TableRules, read_table

__all__ = [
    "ForecastConfig",
    "Forecaster",
    "Histories",
    "Repair",
    "TableRules",
    "fit_forecaster",
    "load_forecaster",
    "read_table",
    "save_forecaster",
]
