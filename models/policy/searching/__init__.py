"""A policy that goes on planning while the plant runs, and carries out what does best under luck."""

from models.policy.searching.carrying import Carrying
from models.policy.searching.policy import Pains, ready, searching

__all__ = ["Carrying", "Pains", "ready", "searching"]
