"""A policy that goes on searching while the plant runs: now and then it fits its rule to how things stand."""

from models.policy.searching.hunt import Pains
from models.policy.searching.policy import ready, searching

__all__ = ["Pains", "ready", "searching"]
