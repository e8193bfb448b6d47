"""takt models: what is registered, who is champion, and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.contest import Decision, first
from pipelines.cli import run
from pipelines.commands.errors import BAD_INPUT, FAILED
from pipelines.context import load_context
from pipelines.registry import Fit, open_registry

pytestmark = pytest.mark.integration

ECHO = """
import mlflow


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


mlflow.models.set_model(Echo())
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with three demand models, each better than the one before."""
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        _settings(patch, folder)
        registry = open_registry(load_context(lambda line: None))
        (folder / "echo.py").write_text(ECHO)
        table = pd.DataFrame({"value": [1.0]})
        for number in (1, 2, 3):
            files = folder / f"files{number}"
            files.mkdir()
            (files / "model.json").write_text(json.dumps({"number": number}))
            fit = Fit(
                "demand", files, "", table, table, f"d-{number}",
                params={"rounds": number}, metrics={"wape/regular": 0.5 / number},
                code=folder / "echo.py",
            )  # fmt: skip
            better = Decision("better", f"version {number} won", f"version {number}", 0.1)
            registry.settle(registry.register(fit), first("version 1") if number == 1 else better)
    return folder


def _settings(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("TAKT_DATA", str(folder))
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def takt(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    _settings(monkeypatch, data)

    def asked(*words: object) -> tuple[int, str, str]:
        code = run([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return asked


def _champion(takt: Any) -> int:
    (model,) = json.loads(takt("models", "list", "--json")[1])
    assert model["name"] == "takt-demand"
    return int(model["champion"])


def test_what_is_registered_is_listed_and_shown(takt: Any) -> None:
    code, out, _ = takt("models", "list")
    assert code == 0
    assert "takt-demand" in out
    shown = json.loads(takt("models", "show", "demand", "--json")[1])
    assert [one["version"] for one in shown["versions"]] == [3, 2, 1]
    assert [one["version"] for one in shown["reigns"]] == [1, 2, 3]
    one = json.loads(takt("models", "show", "demand", "2", "--json")[1])
    assert one["metrics"] == {"wape/regular": 0.25}
    assert one["params"] == {"rounds": "2", "data_sha256": "d-2"}
    assert (one["verdict"], one["reason"]) == ("better", "version 2 won")
    assert "version 3 won" in takt("models", "show", "demand")[1]
    assert "wape/regular" in takt("models", "show", "demand", 2)[1]


def test_a_roll_back_is_one_command_and_promotion_another(takt: Any) -> None:
    code, _, err = takt("models", "rollback", "demand", "--reason", "too many")
    assert code == 0
    assert "demand: version 2 is champion (rolled back: too many)" in err
    assert "takt models release demand" in err
    assert _champion(takt) == 2
    assert "held" in takt("models", "list")[1]
    assert takt("models", "promote", "demand", 3)[0] == 0
    assert _champion(takt) == 3
    assert "held" not in takt("models", "list")[1]
    takt("models", "rollback", "demand")
    assert takt("models", "release", "demand")[0] == 0
    assert "held" not in takt("models", "list")[1]
    takt("models", "promote", "demand", 3)


def test_a_champion_whose_files_were_changed_cannot_be_promoted_or_gone_back_to(
    takt: Any, data: Path
) -> None:
    (changed,) = [
        path
        for path in (data / "mlartifacts").rglob("model.json")
        if '"number": 2' in path.read_text()
    ]
    kept = changed.read_bytes()
    changed.write_bytes(kept.replace(b"2", b"9"))
    for words in (("rollback", "demand"), ("promote", "demand", "2")):
        code, _, err = takt("models", *words)
        assert code == FAILED
        assert "takt-demand version 2: expected" in err
        assert "not loaded" in err
    assert _champion(takt) == 3
    changed.write_bytes(kept)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "weather"), "takt-weather: not registered; there are: takt-demand"),
        (("show", "demand", "9"), "expected one of the versions 3, 2, 1, found 9"),
        (("promote", "demand", "9"), "expected one of the versions 3, 2, 1, found 9"),
        (("release", "weather"), "takt-weather: not registered"),
        (("rollback", "weather"), "takt-weather: not registered"),
        (("retrain", "weather"), "model: expected one of demand"),
    ],
)
def test_what_is_not_there_is_bad_input(takt: Any, words: tuple[str, ...], said: str) -> None:
    code, _, err = takt("models", *words)
    assert code == BAD_INPUT
    assert said in err


def test_where_nothing_is_due_nothing_is_fitted(takt: Any) -> None:
    found = json.loads(takt("models", "retrain", "demand", "--json")[1])
    assert found == {
        "models": [{"model": "demand", "fitted": False, "reason": "nothing is due", "outcome": ""}]
    }
