from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from models.demand.history.histories import Floats, Histories
from models.demand.members.catalogue import Member
from models.demand.task import Task
from models.demand.trials.budget import Budget, trial_within, usual_seconds
from models.demand.trials.trial import Trial, origins_of
from models.demand.trials.workers import processor_seconds

TASK = Task(4, (1,))


@dataclass(frozen=True, slots=True)
class Busy(Member):
    """A member that is expected to take `expected` processor-seconds, and takes `takes`."""

    expected: float = 0.1
    takes: float = 0.0

    @property
    def is_free(self) -> bool:
        return False

    def seconds(self, histories: Histories, task: Task) -> float:
        return self.expected

    def forecast(self, histories: Histories, task: Task, fitted: object = None) -> Floats:
        begun = processor_seconds()
        while processor_seconds() < begun + self.takes:
            pass
        return np.zeros((len(histories), task.horizon))


def _busy(name: str, expected: float, takes: float = 0.0) -> Busy:
    kind, argument = name.split(":")
    return Busy(name, kind, argument, (), expected, takes)


def _tried(seconds: float, *members: Member, counting: tuple[str, ...] = ()) -> Trial:
    generator = np.random.default_rng(1)
    histories = Histories(
        ("A", "B"), generator.normal(10, 1, 40), np.array([0, 20, 40]), np.array([19, 19])
    )

    def weigh(trial: Trial) -> Floats:
        return np.array([float(name in counting) for name in trial.members])

    return trial_within(origins_of(histories, TASK, [4]), members, Budget(seconds), weigh)


def test_a_larger_table_is_given_more_time_up_to_a_limit() -> None:
    def of(values: int) -> Histories:
        return Histories(("A",), np.zeros(values), np.array([0, values]), np.array([values]))

    small, larger, huge = (usual_seconds(of(values)) for values in (1000, 400_000, 30_000_000))
    assert 55 <= small < larger < huge <= 300


def test_members_that_do_not_fit_are_left_out_with_what_they_would_take() -> None:
    found = _tried(1.0, _busy("a:1", 0.1), _busy("b:1", 3.0))
    assert found.members == ("a:1",)
    assert found.left_out == {"b:1": pytest.approx(6.0)}


def test_a_busy_machine_changes_nothing_within_a_part_of_the_budget() -> None:
    members = _busy("a:1", 0.1, 0.12), _busy("b:1", 0.1), _busy("c:1", 0.1)
    assert set(_tried(0.7, *members).members) == {"a:1", "b:1", "c:1"}


def test_the_clock_stops_what_would_go_far_over_the_budget() -> None:
    found = _tried(0.3, _busy("a:1", 0.05, 0.4), _busy("b:1", 0.01))
    assert set(found.left_out) == {"b:1"}


def test_time_kept_back_for_a_member_without_weight_goes_to_one_that_was_left_out() -> None:
    members = _busy("a:1", 2.0), _busy("b:1", 1.0)
    assert set(_tried(5.0, *members, counting=("a:1",)).left_out) == {"b:1"}
    assert not _tried(5.0, *members, counting=("b:1",)).left_out


def test_one_member_is_tried_however_little_time_there_is() -> None:
    found = _tried(0.001, _busy("a:1", 5.0), _busy("b:1", 2.0))
    assert found.members == ("b:1",)


def test_members_that_cost_nothing_are_always_tried() -> None:
    naive = Member("seasonal_naive:1", "seasonal_naive", "1")
    found = _tried(0.001, _busy("a:1", 5.0), naive)
    assert found.members == ("seasonal_naive:1",)
