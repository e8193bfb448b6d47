"""A dispatcher that learns by a recipe: round after round, examined and stored now and then."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from envs.fleet.luck import CERTAIN
from envs.rules import tuned_atcs
from envs.scenarios.splits import Spread
from models.policy.acting import tensors
from models.policy.choices import most_likely
from models.policy.dispatcher import Dispatcher, shape_of
from models.policy.files import load_policy, save_policy
from models.policy.learning.episodes import recorded
from models.policy.learning.evolution import Search, first_deviation, generation
from models.policy.learning.groups import Group, as_tensor, assignments_of, group_of, styles_of
from models.policy.learning.improvement import Step, imitate_best, improve
from models.policy.learning.recipe import Recipe, Stage
from plant import evaluate

EXAMINED = Spread()
POOL = 8  # groups kept to be played again
MARKS, CURVE, STATE, OPTIMIZER, BEST = (
    "marks.json",
    "curve.json",
    "state.json",
    "optimizer.pt",
    "best",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the curve: cost on validation plants over what ATCS tuned for each costs.

    likely: playing in its own style; best: the cheapest of so many styles. round, minutes and episodes are
    the whole recipe's; training: mean cost of the last rounds' episodes in hours of the plant's usual cost,
    over the horizon's hours.
    """

    stage: int
    kind: str
    round: int
    minutes: float
    episodes: int
    training: float
    likely: float
    best: float

    @property
    def worth(self) -> float:
        """What points are compared by."""
        return (self.likely + self.best) / 2.0


@dataclass(slots=True)
class _State:
    """Where a run stands; minutes are of this stage."""

    stage: int = 0
    round: int = 0
    minutes: float = 0.0
    gone: float = 0.0
    episodes: int = 0
    examined_at: float = -1e9


class Learner:
    """Follows a recipe in a folder; made anew with the same folder, it goes on where it was stored.

    `clock` gives seconds; `report` is told a line now and then.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        clock: Callable[[], float],
        report: Callable[[str], object],
        styles: int = 8,
    ) -> None:
        self.recipe, self.folder, self.clock, self.report = recipe, folder, clock, report
        self.styles = styles
        self.pool: list[Group] = []
        self.costs: list[float] = []
        self.curve: list[Mark] = []
        self.examined = self._examined()
        space = self.examined[0][0].env.single_observation_space
        torch.manual_seed(recipe.seed)
        self.policy = Dispatcher(shape_of(space))
        self.state = _State()
        self.optimizer = self._fresh_optimizer()
        if (folder / STATE).is_file():
            self._restore()
        else:
            deviation = first_deviation(self.policy, self.examined[0][0])
            self.policy.deviation.copy_(as_tensor(deviation))

    def run(self) -> Dispatcher:
        """The dispatcher that did best on the validation plants, at the recipe's end."""
        while self.state.stage < len(self.recipe.stages):
            stage = self.recipe.stages[self.state.stage]
            if self.state.round == 0 and stage.sharpen != 1.0:
                self._sharpen(stage.sharpen)
            self._stage(stage)
            self.state = _State(
                self.state.stage + 1, 0, 0.0, self.state.gone + self.state.minutes,
                self.state.episodes, self.state.examined_at,
            )  # fmt: skip
            self.optimizer = self._fresh_optimizer()
            self.examine()
            self.store()
        return load_policy(self.folder / BEST)

    def _stage(self, stage: Stage) -> None:
        last = self.clock()
        while self.state.minutes < stage.minutes:
            self._round(stage)
            now = self.clock()
            self.state.minutes += (now - last) / 60.0
            last = now
            total = self.state.gone + self.state.minutes
            if total - self.state.examined_at >= self.recipe.examine_minutes:
                self.examine()
                self.state.examined_at = total
                self.store()
                last = self.clock()
        self.pool = []

    def _round(self, stage: Stage) -> None:
        number = self.state.round
        rng = np.random.default_rng([self.recipe.seed, self.state.stage, number])
        group = self._group(stage, number, rng)
        learn = self._evolve if stage.kind == "evolve" else self._learn
        costs = learn(stage, group, rng)
        hours = group.env.fleet.horizon.reshape(group.plants, -1) / 60.0
        self.costs = [*self.costs[-19:], float((costs / hours).mean())]
        self.state.round += 1
        self.state.episodes += costs.size

    def _group(self, stage: Stage, number: int, rng: np.random.Generator) -> Group:
        """A group of new plants, or of plants that were played before."""
        if len(self.pool) == POOL and number % stage.reuse:
            return self.pool[int(rng.integers(POOL))]
        first = (self.state.stage * 20_000 + number) * stage.plants
        spread = Spread(lines=stage.lines, days=stage.days)
        numbers = range(first, first + stage.plants)
        group = group_of(assignments_of("train", numbers, spread), stage.ways, stage.luck(number))
        self.pool = [*self.pool[-(POOL - 1) :], group]
        return group

    def _evolve(self, stage: Stage, group: Group, rng: np.random.Generator) -> np.ndarray:
        policy = self.policy
        search = Search(
            policy.rule.detach().numpy().astype(np.float64),
            policy.deviation.numpy().astype(np.float64),
            mean_rate=stage.rate,
        )
        with torch.no_grad():
            costs = generation(search, policy, group, rng)
            policy.rule.copy_(as_tensor(search.mean))
            policy.deviation.copy_(as_tensor(search.deviation))
        return costs

    def _learn(self, stage: Stage, group: Group, rng: np.random.Generator) -> np.ndarray:
        for settings in self.optimizer.param_groups:
            settings["lr"] = stage.rate
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        seeds = rng.integers(2**31, size=group.plants).tolist()
        episodes = recorded(group, self.policy, generator, rng, seeds, stage.share)
        step = Step(passes=stage.passes)
        learn = improve if stage.kind == "improve" else imitate_best
        learn(self.policy, self.optimizer, episodes, group.ways, rng, step)
        return episodes.costs

    def _sharpen(self, factor: float) -> None:
        with torch.no_grad():
            self.policy.rule.mul_(factor)
            self.policy.deviation.mul_(factor)

    def _fresh_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.policy.parameters(), lr=1e-3)

    def _examined(self) -> list[tuple[Group, float]]:
        """Validation plants in so many styles, each with what ATCS tuned for it costs."""
        file = self.folder / MARKS
        known: dict[str, float] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        found = []
        for number in range(self.recipe.examined):
            (one,) = assignments_of("validation", [number], EXAMINED)
            if str(number) not in known:
                known[str(number)] = evaluate(one.plant, tuned_atcs(one.plant)).cost.total
                self.folder.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(known) + "\n", "utf-8")
                self.report(f"validation plant {number}: tuned ATCS {known[str(number)]:,.0f}")
            found.append((group_of([one], 1 + self.styles, CERTAIN), known[str(number)]))
        return found

    def examine(self) -> Mark:
        """How the dispatcher does on the validation plants; a point of the curve."""
        rng = np.random.default_rng(self.recipe.seed)
        deviation = self.policy.deviation.numpy().astype(np.float64)
        styles = styles_of(rng, 1 + self.styles, deviation, mirrored=False)
        styles[0] = 0.0
        drawn = as_tensor(styles)
        shares = []
        with torch.no_grad():
            for group, tuned in self.examined:
                costs = group.play(
                    lambda seen: most_likely(self.policy(tensors(seen), drawn)).numpy(), [0]
                )
                shares.append(costs[0] * group.env.scales[0] / tuned)
        likely = float(np.mean([one[0] for one in shares]))
        best = float(np.mean([one.min() for one in shares]))
        state = self.state
        stage = self.recipe.stages[min(state.stage, len(self.recipe.stages) - 1)]
        mark = Mark(
            state.stage, stage.kind, state.round, round(state.gone + state.minutes, 2), state.episodes,
            round(float(np.mean(self.costs or [0.0])), 4), round(likely, 4), round(best, 4),
        )  # fmt: skip
        if all(mark.worth <= one.worth for one in self.curve):
            save_policy(self.policy, self.folder / BEST)
        self.curve.append(mark)
        self.report(json.dumps(asdict(mark)))
        return mark

    def store(self) -> None:
        """Store all that is needed to go on, each file as a whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        save_policy(self.policy, self.folder)
        fresh = self.folder / f"{OPTIMIZER}.new"
        torch.save(self.optimizer.state_dict(), fresh)
        fresh.replace(self.folder / OPTIMIZER)
        curve = [asdict(one) for one in self.curve]
        (self.folder / CURVE).write_text(json.dumps(curve, indent=1) + "\n", "utf-8")
        (self.folder / STATE).write_text(json.dumps(asdict(self.state)) + "\n", "utf-8")

    def _restore(self) -> None:
        self.policy = load_policy(self.folder).train()
        self.optimizer = self._fresh_optimizer()
        self.optimizer.load_state_dict(torch.load(self.folder / OPTIMIZER, weights_only=True))
        self.state = _State(**json.loads((self.folder / STATE).read_text("utf-8")))
        points = json.loads((self.folder / CURVE).read_text("utf-8"))
        self.curve = [Mark(**one) for one in points]
