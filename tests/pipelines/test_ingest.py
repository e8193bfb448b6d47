from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from pipelines.context import Context
from pipelines.ingest import IngestResult, ingest
from pipelines.params import load_params
from pipelines.platform.datasets import DatasetUnavailableError
from pipelines.settings import REPOSITORY, Settings, load_settings
from pipelines.storage import open_database, reading, repositories
from plant.io import load_plant

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # PySpark leaves its own
]
PARAMS = load_params(REPOSITORY / "params.yaml")


@dataclass
class Ingested:
    context: Context
    result: IngestResult
    said: list[str]


def make_context(data: Path, datasets: Path | None, said: list[str]) -> Context:
    settings = Settings(data=data, datasets=datasets)
    return Context(settings, PARAMS, lambda: datetime(2026, 1, 1, tzinfo=UTC), said.append)


def ingest_without_data_set(context: Context) -> IngestResult:
    def unavailable(name: str, *_: object) -> None:
        raise DatasetUnavailableError(f"{name}: no folder, no network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.ingest.locate_dataset", unavailable)
        return ingest(context)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """An ingest where the real history cannot be had."""
    said: list[str] = []
    context = make_context(tmp_path_factory.mktemp("simulated"), None, said)
    return Ingested(context, ingest_without_data_set(context), said)


def stored_rows(context: Context) -> dict[str, list[tuple[object, ...]]]:
    engine = open_database(context.settings.database_url)
    tables = ("batches", "daily_facts", "products", "product_plants", "plants", "orders")
    with engine.connect() as connection:
        rows = {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in tables
        }
    engine.dispose()
    return rows


def test_a_simulated_history_is_said_to_be_one(simulated: Ingested) -> None:
    assert simulated.result.simulated
    assert simulated.said[0] == "SIMULATED INPUT: fmcg_production: no folder, no network"
    assert simulated.said[1].startswith("SIMULATED INPUT: running on a made-up history, seed ")


def test_no_row_is_lost_on_the_way(simulated: Ingested) -> None:
    for name, counts in simulated.result.tables.items():
        bronze = pd.read_parquet(simulated.context.settings.bronze / name)
        silver = pd.read_parquet(simulated.context.settings.silver / name)
        assert (len(bronze), len(silver)) == (counts.bronze, counts.silver), name
        assert counts.bronze == counts.silver + counts.quarantined, name
    assert simulated.result.tables["daily"].bronze == 41 * 181


def test_files_and_database_hold_the_same_facts(simulated: Ingested) -> None:
    settings = simulated.context.settings
    engine = open_database(settings.database_url)
    with reading(engine) as session:
        daily = repositories.load_daily(session)
        master = repositories.load_plant(session, "master")
    engine.dispose()
    silver = pd.read_parquet(settings.silver / "daily")
    pd.testing.assert_frame_equal(daily, silver[daily.columns], check_dtype=False)
    assert master == load_plant(settings.master_file)
    assert len(master.lines) == simulated.result.lines == 50
    assert {order.source for order in master.orders} == {"firm"}


def test_the_same_input_again_changes_nothing(simulated: Ingested) -> None:
    settings = simulated.context.settings
    before, files = stored_rows(simulated.context), sorted(settings.silver.rglob("*.parquet"))
    times = [file.stat().st_mtime_ns for file in files]
    again = ingest_without_data_set(simulated.context)
    assert again.kept
    assert again.batch == simulated.result.batch
    assert simulated.said[-1] == f"ingest: input unchanged (batch {again.batch}), kept"
    assert stored_rows(simulated.context) == before
    assert [file.stat().st_mtime_ns for file in files] == times


def test_the_figures_are_left_as_json(simulated: Ingested) -> None:
    document = json.loads((simulated.context.settings.metrics / "ingest.json").read_text())
    assert document["tables"]["daily"]["silver"] == simulated.result.tables["daily"].silver
    assert document["firm_orders"] == simulated.result.firm_orders > 0


@pytest.mark.realdata
def test_the_real_history_comes_in_whole(tmp_path: Path) -> None:
    said: list[str] = []
    context = make_context(tmp_path, load_settings().datasets, said)
    result = ingest(context)
    assert not result.simulated, said
    assert {name: counts.silver for name, counts in result.tables.items()} == {
        "product": 41,
        "product_plant": 277,
        "daily": 7421,
    }
    assert (result.lines, result.batch) != (0, "")
    assert "product: row 22 repeats a name and is read as POP001L12P.1, as in daily" in said
    folder = context.settings.datasets
    assert folder is not None
    source = pd.read_parquet(folder / "fmcg_production" / "daily.parquet")
    silver = pd.read_parquet(context.settings.silver / "daily")
    expected = source.sort_values(["unique_id", "ds"], ignore_index=True)
    pd.testing.assert_frame_equal(silver[expected.columns], expected, check_exact=True)
