"""The public original of `fmcg_production`: wide files, one a measure, made into the tables we read.

Pinned to one commit. Its history runs to 2023-08-09; it is cut at 2023-07-01, where the history that
the product plans from ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

COMMIT = "0e6d010e256ee08e34ab6bef5a111ef1c758b32d"
BASE = f"https://raw.githubusercontent.com/ciol-researchlab/SupplyGraph/{COMMIT}/Raw Dataset/Homogenoeus"
CUT = pd.Timestamp(2023, 7, 1)
GROUPS = "Nodes/Node Types (Product Group and Subgroup).csv"
PLANTS = "Nodes/Nodes Type (Plant & Storage).csv"
MEASURES = {
    "delivered_tonnes": "Temporal Data/Weight/Delivery to Distributor.csv",
    "delivered_units": "Temporal Data/Unit/Delivery To distributor.csv",
    "issued_tonnes": "Temporal Data/Weight/Factory Issue.csv",
    "issued_units": "Temporal Data/Unit/Factory Issue.csv",
    "ordered_tonnes": "Temporal Data/Weight/Sales Order .csv",
    "ordered_units": "Temporal Data/Unit/Sales Order.csv",
    "produced_tonnes": "Temporal Data/Weight/Production .csv",
    "produced_units": "Temporal Data/Unit/Production .csv",
}
FILES = {
    GROUPS: "949a75f6636f7c2917f655592d17abca7dfcd0a9597c838431a5df7b02fbfc31",
    PLANTS: "da3ed29e0cfe80c3147e4e688f016bf0bd2deab315435666ddef2454e0a1685e",
    MEASURES["delivered_tonnes"]: (
        "75f90062f497b402d2d202a70d5c9368568134ab0b982ca38a650605a29ee3cb"
    ),
    MEASURES["delivered_units"]: "c619763925212421c72630db59fb9e07808345cd1cc47f254fb96a0edebcfb85",
    MEASURES["issued_tonnes"]: "1299e457d4d7590f337401e96f4c64f3e740ebe21df100a1d78c24b857b677d5",
    MEASURES["issued_units"]: "2715e35a19a236899e48f485a1fc89569f1586fe53f6c5574935d342ecca6b63",
    MEASURES["ordered_tonnes"]: "fc466626f0cae410cfc884772521abad2ee6e39cd559cfee36f8677742aee7b7",
    MEASURES["ordered_units"]: "c9fe75725c71b473be12c8610ca24efb26c6ca68173a1d7eb4af946429cdc95e",
    MEASURES["produced_tonnes"]: "c54c3f190ca13888fba08e6e24c2bbb9711fe4faa52247518310c241eec1cc60",
    MEASURES["produced_units"]: "2098a1280d014c90416545531f97ccc8f836607de120b0a101310204c8f8079b",
}


def assemble(originals: Mapping[str, Path], folder: Path) -> None:
    """Writes daily.parquet, product_groups.csv and product_plant_storage.csv into the folder."""
    daily_table(originals).to_parquet(folder / "daily.parquet", index=False)
    (folder / "product_groups.csv").write_bytes(originals[GROUPS].read_bytes())
    plants = pd.read_csv(originals[PLANTS]).drop_duplicates()
    plants.columns = pd.Index(["unique_id", "plant", "storage"])
    plants.to_csv(folder / "product_plant_storage.csv", index=False)


def daily_table(originals: Mapping[str, Path]) -> pd.DataFrame:
    """Return ds, unique_id and the eight measures, a row a day and product before the cut."""
    columns = [_long(originals[file], measure) for measure, file in MEASURES.items()]
    return (
        pd.concat(columns, axis=1).reset_index().sort_values(["ds", "unique_id"], ignore_index=True)
    )


def _long(file: Path, measure: str) -> pd.Series:
    wide = pd.read_csv(file, parse_dates=["Date"]).rename(columns={"Date": "ds"})
    before = wide[wide["ds"] < CUT].astype({"ds": "datetime64[us]"})
    long = before.melt("ds", var_name="unique_id", value_name=measure)
    return long.set_index(["ds", "unique_id"])[measure].astype(float)
