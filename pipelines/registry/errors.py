"""What can be wrong with a model asked for, or handed in."""

from __future__ import annotations


class RegistryError(RuntimeError):
    """The registry cannot do what it was asked.

    RegistryError
    ├── UnknownModelError  no model, or no version, of that name
    ├── NoChampionError    nobody is champion, or nobody was before
    └── PickledError       a file that would run code when it is opened
    """


class UnknownModelError(RegistryError):
    """There is no model, or no version of it, by that name."""


class NoChampionError(RegistryError):
    """Nobody is champion, or nobody was before."""


class PickledError(RegistryError):
    """A model's folder holds a file that would run code when it is opened."""
