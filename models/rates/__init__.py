"""Line rates: what a line will make, with quantiles. No files of its own but save and load."""

from models.rates.config import QUANTILES, RateConfig
from models.rates.errors import RatesError, RowsError
from models.rates.files import load, save
from models.rates.model import RateModel, answer, fit, predict, refreshed
from models.rates.schema import RateSchema, check_rows
from models.rates.voices import Voice
from models.rates.windows import LEAST_ROWS, Windows, last_windows

__all__ = [
    "LEAST_ROWS",
    "QUANTILES",
    "RateConfig",
    "RateModel",
    "RateSchema",
    "RatesError",
    "RowsError",
    "Voice",
    "Windows",
    "answer",
    "check_rows",
    "fit",
    "last_windows",
    "load",
    "predict",
    "refreshed",
    "save",
]
