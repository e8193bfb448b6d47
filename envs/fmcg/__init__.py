"""The 50-line plant of a consumer-goods maker: what is measured of its history, and the recipe."""

from envs.fmcg.lines import Recipe
from envs.fmcg.master import build_master

__all__ = ["Recipe", "build_master"]
