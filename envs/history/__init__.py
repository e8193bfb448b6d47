"""A made-up history of a maker of goods, and the figures of the real one that it follows."""

from envs.history.simulated import DAYS, simulate_history

__all__ = ["DAYS", "simulate_history"]
