"""Source folders that are small enough to spoil on purpose."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipelines.source_tables import MEASURED

PRODUCTS = ("COLA1", "COLA2", "SALT1")
TONNES = {"COLA1": 0.012, "COLA2": 0.024, "SALT1": 0.025}


def daily_frame(days: int = 20) -> pd.DataFrame:
    """Three products on each day from 2023-06-11 on, with units that differ from row to row."""
    rows = [
        (product, day) for day in pd.date_range("2023-06-11", periods=days) for product in PRODUCTS
    ]
    frame = pd.DataFrame(rows, columns=["unique_id", "ds"])
    for number, what in enumerate(MEASURED):
        units = [float(row * (number + 1)) for row in range(len(frame))]
        frame[f"{what}_units"] = units
        frame[f"{what}_tonnes"] = [
            TONNES[p] * u for p, u in zip(frame["unique_id"], units, strict=True)
        ]
    return frame


def write_sources(folder: Path, *, csv: bool = False) -> Path:
    """Writes the three files into the folder, daily as CSV where asked."""
    folder.mkdir(parents=True, exist_ok=True)
    daily = daily_frame().astype({"ds": "datetime64[us]"})
    if csv:
        daily.to_csv(folder / "daily.csv", index=False)
    else:
        daily.to_parquet(folder / "daily.parquet", index=False)
    (folder / "product_groups.csv").write_text(
        "Node,Group,Sub-Group\nCOLA1,C,CO\nCOLA2,C,CO\nSALT1,S,SA\n"
    )
    (folder / "product_plant_storage.csv").write_text(
        "unique_id,plant,storage\nCOLA1,2120,2030.0\nCOLA1,2121,\nCOLA2,2120,2030.0\nSALT1,2121,9\n"
    )
    return folder
