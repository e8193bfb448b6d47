"""Tuning: on training plants alone, kept where it pays, read back as the search's defaults."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

import models.optimize.search.tune as tuning
from envs.scenarios import generate
from models.optimize.search.annealing import Search, search
from models.optimize.search.params import (
    TUNED,
    USUAL,
    SearchParams,
    class_of,
    load_of,
    params_for,
    read_tuned,
    tuned_params,
)
from models.optimize.search.tune import (
    CLASSES,
    TEST_SEEDS,
    TRAINING_SEEDS,
    Course,
    Outcome,
    Trained,
    note,
    plant_of,
    suggested,
    train,
)
from plant import Plant, RecordError, Schedule
from tests.models.optimize.tiny import chain_plant, two_line_plant


def ticking() -> tuning.Clock:
    """A clock on which every search has the same few slices."""
    ticks = itertools.count()
    return lambda: 0.1 * next(ticks)


def test_no_test_seed_is_used_for_training(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []

    def noted(*args: object, **kwargs: object) -> Plant:
        used.append(args[5])
        return generate(*args, **kwargs)

    monkeypatch.setattr(tuning, "generate", noted)
    trained = train("small-one-full", trials=3, seconds=0.4, plants=3, clock=ticking())
    assert used == list(trained.seeds) == list(TRAINING_SEEDS[:3])
    assert not set(used) & set(TEST_SEEDS)


def test_what_is_kept_was_trained_and_tested_on_plants_apart() -> None:
    assert not set(TRAINING_SEEDS) & set(TEST_SEEDS)
    for name, found in read_tuned(TUNED).items():
        assert name in CLASSES
        assert set(found["training"]["seeds"]) <= set(TRAINING_SEEDS)
        assert set(found["test"]["seeds"]) <= set(TEST_SEEDS)
        assert found["is_default"] == (found["test"]["mean"] + found["test"]["error"] < 1.0)
        assert f"--class {name}" in found["command"]


@pytest.mark.parametrize("name", CLASSES)
def test_the_plants_of_a_class_are_of_that_class(name: str) -> None:
    assert [class_of(plant_of(name, seed)) for seed in (*TRAINING_SEEDS[:2], TEST_SEEDS[0])] == [
        name
    ] * 3


def test_the_load_counts_what_orders_and_their_parts_need() -> None:
    # two lines of 24 h, 180 units at 10 an hour
    assert load_of(two_line_plant()) == pytest.approx(18 / 48)
    assert load_of(chain_plant(parts=0.0)) == pytest.approx(0.5 / 24)  # raw parts take no line
    assert load_of(replace(two_line_plant(), lines=(), capabilities=(), changeovers=())) > 1


def test_a_study_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    kept = tmp_path / "study.log"
    first = train("small-one-light", 2, 0.3, 2, storage=kept, clock=ticking())
    again = train("small-one-light", 2, 0.3, 2, storage=kept, clock=ticking())
    assert (first.trials, again.trials) == (2, 4)
    assert again.ratio <= first.ratio <= 1.0


def test_the_usual_parameters_are_the_first_trial_and_cost_what_they_cost() -> None:
    course = Course("small-one-full", TRAINING_SEEDS[:1], 0.5, ticking())
    drawn = suggested(tuning.optuna.trial.FixedTrial(tuning._drawn(USUAL)))
    assert drawn.shares == pytest.approx(USUAL.shares)
    assert course.ratio(0, drawn) == pytest.approx(1.0)
    trained = train("small-one-full", 1, 0.5, 1, clock=ticking())
    assert trained.ratio == pytest.approx(1.0)


def test_what_pays_on_test_plants_becomes_the_default_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "tuned.json"
    better = SearchParams(hot=0.05, cold=0.001)
    trained = Trained(better, 0.9, (700_000,), 5)
    note("large-one-full", trained, Outcome((0.97,), 0.97, 0.01, (800_000,)), 2.0, "c", file)
    note("small-one-full", trained, Outcome((0.99,), 0.99, 0.02, (800_000,)), 2.0, "c", file)
    assert dict(tuned_params(file)) == {"large-one-full": better}
    assert set(json.loads(file.read_text("utf-8"))) == {"large-one-full", "small-one-full"}
    assert tuned_params(tmp_path / "none.json") == {}


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "tuned.json"
    thirds = SearchParams(shares=(1 / 3, 1 / 3, 1 / 3, *[0.0] * 5))
    note("small-one-full", Trained(thirds, 0.9, (), 1), Outcome((), 0.9, 0.0, ()), 1, "", file)
    assert tuned_params(file)["small-one-full"].shares == pytest.approx(thirds.shares, abs=1e-4)


def test_the_search_takes_the_parameters_of_the_plants_class_or_those_given() -> None:
    plant = two_line_plant()
    assert Search(plant, Schedule()).params == params_for(plant)
    given = SearchParams(shares=(1.0, *[0.0] * 7), hot=0.3, cold=0.1)
    only_moves = search(plant, Schedule(), 0, slices=3, params=given)
    assert only_moves.schedule.runs == ()  # moves of runs that are there create none
    assert search(plant, Schedule(), 0, slices=3).schedule.runs


def test_parameters_that_cannot_be_are_refused() -> None:
    with pytest.raises(RecordError, match="shares"):
        SearchParams(shares=(0.5, 0.5))
    with pytest.raises(RecordError, match="cold"):
        SearchParams(hot=0.1, cold=0.2)
