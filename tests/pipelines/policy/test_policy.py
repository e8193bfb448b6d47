"""The policy in MLflow: what it is worth, and that it answers from there without torch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from envs.scenarios.splits import Spread
from models.policy.acting import act
from models.policy.dispatcher import Dispatcher, NetworkShape
from pipelines.context import Context
from pipelines.params import load_params
from pipelines.platform.tracking import connect
from pipelines.policy import policy_fit, weigh
from pipelines.policy.served import example_observation, observation_of, table_of
from pipelines.registry import open_registry
from pipelines.settings import REPOSITORY, Settings

SMALL = Spread(lines=(3, 4), days=(2, 3), items=(2.0, 2.0))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    params = load_params(REPOSITORY / "params.yaml")
    return Context(Settings(data=tmp_path), params, lambda: datetime(2026, 3, 1, tzinfo=UTC), print)


@pytest.fixture
def policy() -> Dispatcher:
    torch.manual_seed(0)
    seen = example_observation()
    columns = {name: seen[name].shape[-1] for name in ("plant", "lines", "items", "slots")}
    return Dispatcher(NetworkShape(**columns, width=16)).eval()


def test_an_observation_survives_the_way_through_a_table() -> None:
    seen = example_observation()
    (row,) = table_of(seen).to_dict("records")
    for name, array in observation_of(row).items():
        assert array.dtype == seen[name].dtype
        assert (array == seen[name]).all(), name
    with pytest.raises(ValueError, match="missing: mask"):
        observation_of({name: value for name, value in row.items() if name != "mask"})


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")
def test_what_a_policy_is_worth_is_kept_with_table_plot_and_film(
    context: Context, policy: Dispatcher
) -> None:
    worth = weigh(context, policy, count=2, trials=2, spread=SMALL)
    client = connect(context.settings).client
    metrics = client.get_run(worth.mlflow_run_id).data.metrics
    over = worth.by_kind["luck"]["policy, greedy"]
    assert metrics["luck/policy__greedy/over_atcs"] == pytest.approx(over.mean)
    assert metrics["planned/ATCS__tuned_per_plant/over_atcs"] == 0.0
    kept = {one.path for one in client.list_artifacts(worth.mlflow_run_id)}
    assert {"episode.gif", "evaluation.csv", "plots"} <= kept


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")
def test_a_registered_policy_decides_as_the_network_does(
    context: Context, policy: Dispatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    registry = open_registry(context)
    fit = policy_fit(policy, tmp_path / "policy", "digest", {"width": 16}, {"over_atcs": 0.0})
    version = registry.register(fit)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.tracking.uri)
    served = mlflow.pyfunc.load_model(f"models:/{version.name}/{version.version}")
    seen = example_observation()
    answer = served.predict(table_of(seen))
    assert answer["action"][0] == act(policy, seen)[0].tolist()
