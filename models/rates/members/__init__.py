"""The members that are fitted: each learns from the rows that it is given and answers for any others."""

from models.rates.members.catalogue import Fitted, Training, fit_member, load_member, suits

__all__ = ["Fitted", "Training", "fit_member", "load_member", "suits"]
