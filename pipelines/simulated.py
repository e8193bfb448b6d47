"""The simulated history as source files, in the very form in which the real ones come."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from envs.history import simulate_history


def write_simulated(folder: Path, seed: int) -> None:
    """Writes daily.parquet, product_groups.csv and product_plant_storage.csv of a seeded history."""
    history = simulate_history(np.random.default_rng(seed))
    folder.mkdir(parents=True, exist_ok=True)
    daily = history.daily.astype({"ds": "datetime64[us]"})
    daily.to_parquet(folder / "daily.parquet", index=False)
    groups = {"unique_id": "Node", "group": "Group", "sub_group": "Sub-Group"}
    history.product.rename(columns=groups).to_csv(folder / "product_groups.csv", index=False)
    history.product_plant.to_csv(folder / "product_plant_storage.csv", index=False)
