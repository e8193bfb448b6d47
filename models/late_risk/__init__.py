"""Late risk: will this order be late, how likely, and why. No files of its own but save and load."""

from models.late_risk.backtest import Trial, backtest
from models.late_risk.calibration import Calibration
from models.late_risk.config import MEMBERS, LateRiskConfig
from models.late_risk.errors import CasesError, LateRiskError
from models.late_risk.files import load, save
from models.late_risk.model import LateRiskModel, Scored, answer, fit, predict, refreshed
from models.late_risk.reasons import Reason, reasons, shares
from models.late_risk.schema import Schema, check_cases
from models.late_risk.scores import Bin, Scores, reliability, score

__all__ = [
    "MEMBERS",
    "Bin",
    "Calibration",
    "CasesError",
    "LateRiskConfig",
    "LateRiskError",
    "LateRiskModel",
    "Reason",
    "Schema",
    "Scored",
    "Scores",
    "Trial",
    "answer",
    "backtest",
    "check_cases",
    "fit",
    "load",
    "predict",
    "reasons",
    "refreshed",
    "reliability",
    "save",
    "score",
    "shares",
]
