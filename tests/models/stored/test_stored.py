from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.stored import (
    Library,
    booster_text,
    dmatrix,
    load_booster,
    plain_names,
    read_document,
    require_format,
    tuples,
    write_document,
)


class BrokenModelError(ValueError):
    pass


def _named(document: dict[str, Any], folder: Path) -> str:
    require_format(document, 2, folder / "model.json", BrokenModelError)
    return str(document["name"])


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    write_document(path, {"format": 2, "name": "납기"})
    assert "납기" in path.read_text("utf-8")
    assert read_document(path, "thing", _named, BrokenModelError) == "납기"


def test_a_figure_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_document(tmp_path / "model.json", {"weight": float("nan")})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, r"model\.json: cannot be read: No such file"),
        ("{", r"model\.json: not a saved thing: JSONDecodeError.*fit it again"),
        ("[]", r"model\.json: not a saved thing: TypeError.*fit it again"),
        ('{"format": 2}', r"model\.json: not a saved thing: KeyError\('name'\); fit it again"),
        ('{"format": 1, "name": "x"}', r"model\.json: expected format 2, found 1; fit it again"),
    ],
)
def test_what_is_wrong_with_a_document_is_named(
    tmp_path: Path, text: str | None, expected: str
) -> None:
    path = tmp_path / "model.json"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(BrokenModelError) as found:
        read_document(path, "thing", _named, BrokenModelError)
    assert re.search(expected, str(found.value))


def test_lists_become_tuples_at_every_depth() -> None:
    assert tuples({"a": [1, [2, 3]], "b": {"c": [4]}, "d": "e"}) == {
        "a": (1, (2, 3)),
        "b": {"c": (4,)},
        "d": "e",
    }


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_a_booster_read_from_its_text_says_the_same(library: Library) -> None:
    import lightgbm
    import xgboost

    rng = np.random.default_rng(1)
    matrix = pd.DataFrame({"a [kg]": rng.normal(size=200), "{b}": rng.normal(size=200)})
    target = matrix["a [kg]"].to_numpy()
    if library == "xgboost":
        fitted = xgboost.train({"nthread": 1}, dmatrix(matrix, label=target), 5)
        seen: Any = dmatrix(matrix)
    else:
        params = {"verbose": -1, "num_threads": 1}
        fitted = lightgbm.train(params, lightgbm.Dataset(plain_names(matrix), target), 5)
        seen = plain_names(matrix)
    again = load_booster(library, booster_text(library, fitted))
    assert again.predict(seen) == pytest.approx(fitted.predict(seen))


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_a_text_that_is_no_booster_is_refused(library: Library) -> None:
    with pytest.raises(ValueError, match=r"."):
        load_booster(library, "no booster")
