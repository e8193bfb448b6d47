"""A factory to listen to, minute by minute, and the records of what happens in it."""

from envs.factory.playing import Factory

__all__ = ["Factory"]
