"""Seeded plants of any size, and which of them are for training, choosing and judging."""

from envs.scenarios.generator import STARTS_AT, build, generate
from envs.scenarios.scenario import Scenario

__all__ = ["STARTS_AT", "Scenario", "build", "generate"]
