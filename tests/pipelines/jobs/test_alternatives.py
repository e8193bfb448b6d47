"""Of many alternatives those are kept that add most, and those that have a name."""

from __future__ import annotations

from dataclasses import replace

from models.optimize.pareto.front import Box, Front, Plan, objectives_of, picks_of, plan_of
from pipelines.jobs.alternatives import thinned
from plant import Weights, evaluate
from plant.examples.three_lines import plant, schedule

OBJECTIVES = objectives_of(Weights(), has_base=False)


def _plans(count: int) -> tuple[Plan, ...]:
    """Plans on a line from cheap and late to dear and on time."""
    verdict = evaluate(plant(), schedule())
    like = plan_of(schedule(), verdict, OBJECTIVES, None, "search")
    return tuple(
        replace(
            like,
            values=(float(count - n), float(n), 1.0, 1.0),
            cost=replace(like.cost, total=like.cost.total + n),
        )
        for n in range(count)
    )


def _front(plans: tuple[Plan, ...]) -> Front:
    box = Box(tuple(len(plans) + 1.0 for _ in OBJECTIVES), (1.0,) * len(OBJECTIVES))
    return Front(tuple(OBJECTIVES), plans, picks_of(plans), box, 1.0, 99)


def test_a_short_front_stays_as_it_is() -> None:
    front = _front(_plans(5))
    assert thinned(front, 5) is front


def test_a_long_front_keeps_its_named_plans_and_says_where_they_are() -> None:
    plans = _plans(30)
    front = _front(plans)
    named = {name: plans[place] for name, place in front.picks.items()}
    found = thinned(front, 8)
    assert len(found.plans) == 8
    assert set(found.plans) <= set(plans)
    assert {name: found.plans[place].values for name, place in found.picks.items()} == {
        name: plan.values for name, plan in named.items()
    }
    assert found.tried == 99
