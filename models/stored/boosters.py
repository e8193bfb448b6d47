"""Boosted trees as their libraries' own texts, and tables of features as both libraries take them."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
from numpy.typing import ArrayLike

THREADS = 1

Library = Literal["xgboost", "lightgbm"]


def booster_text(library: Library, booster: Any) -> str:
    """Return the booster as XGBoost's JSON or LightGBM's text."""
    if library == "xgboost":
        return str(booster.save_raw("json").decode())
    return str(booster.model_to_string())


def load_booster(library: Library, text: str) -> Any:
    """Return the booster that `booster_text` gave; ValueError where the text is none."""
    if library == "xgboost":
        import xgboost

        booster = xgboost.Booster(params={"nthread": THREADS})
        booster.load_model(bytearray(text.encode()))
        return booster
    import lightgbm

    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(str(error)) from None


def dmatrix(matrix: pd.DataFrame, **columns: ArrayLike) -> Any:
    """Return the features as XGBoost takes them, with labels and weights by keyword."""
    import xgboost

    return xgboost.DMatrix(plain_names(matrix), enable_categorical=True, **columns)


def plain_names(matrix: pd.DataFrame) -> pd.DataFrame:
    """Return the features under names that both libraries allow: columns may be called anything."""
    return matrix.set_axis([f"f{place}" for place in range(matrix.shape[1])], axis=1)
