"""Demand: forecasts of any long table, the plant's daily orders among them."""

from models.demand.errors import DemandError, ModelError, TableError
from models.demand.general import (
    ForecastConfig,
    Forecaster,
    Histories,
    Repair,
    TableRules,
    fit_forecaster,
    load_forecaster,
    read_table,
    save_forecaster,
)

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
