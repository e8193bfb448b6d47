"""Registry: every fit a run, every model a version; who is champion, since when and why.

registry = open_registry(context)
version = registry.register(fit)             # bears the alias challenger
registry.settle(version, decide(...))        # models.contest says who is champion
folder = registry.load_champion("late-risk")  # its files, checked
"""

from pipelines.registry.errors import (
    NoChampionError,
    PickledError,
    RegistryError,
    UnknownModelError,
)
from pipelines.registry.fit import Fit
from pipelines.registry.registry import Registry, full_name, open_registry
from pipelines.registry.reigns import Hold, Reign

__all__ = [
    "Fit",
    "Hold",
    "NoChampionError",
    "PickledError",
    "Registry",
    "RegistryError",
    "Reign",
    "UnknownModelError",
    "full_name",
    "open_registry",
]
