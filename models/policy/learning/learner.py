"""A dispatcher that learns by a recipe: round after round, examined and stored now and then."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from envs.closed_loop import Planner
from envs.fleet.plants import Assignment
from models.policy.dispatcher import Dispatcher, shape_of
from models.policy.files import load_policy, save_policy
from models.policy.fitting import strangeness
from models.policy.learning.episodes import recorded
from models.policy.learning.evolution import Search, first_deviation, move, tried
from models.policy.learning.examination import Examination, Mark
from models.policy.learning.groups import Group, as_tensor
from models.policy.learning.imitation.cloning import imitated
from models.policy.learning.improvement import Step, imitate_best, improve
from models.policy.learning.labels import amortised, faded
from models.policy.learning.plants import Plants
from models.policy.learning.recipe import Recipe, Stage
from models.policy.learning.standing import Place, Standing, load_standing, store_standing
from models.policy.learning.styles import compared, complementary, fitted_style

PLANTS_A_STAGE = 20_000
BEST = "best"


class Learner:
    """Follows a recipe in a folder; made anew with the same folder, it goes on where it was stored.

    `clock` gives seconds; `report` is told a line now and then. `planner` makes the plans that stages
    imitate: of a plant as it stands, from what is left of the last plan.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        clock: Callable[[], float],
        report: Callable[[str], object],
        styles: int = 15,
        planner: Planner | None = None,
    ) -> None:
        self.recipe, self.folder, self.clock, self.report = recipe, folder, clock, report
        self.planner = planner
        self.found: list[np.ndarray] = []
        self.plants: Plants | None = None
        self.costs: list[float] = []
        self.curve: list[Mark] = []
        self.examination = Examination(recipe.examined, folder, styles, recipe.seed, report)
        example = self.examination.groups[0][0]
        space = example.env.single_observation_space
        torch.manual_seed(recipe.seed)
        self.policy = Dispatcher(shape_of(space))
        self.state = Place()
        standing = load_standing(folder)
        if standing is not None:
            self._go_on(standing)
        else:
            self._begin(example)
            self.average = copy.deepcopy(self.policy)
            self.optimizer = self._fresh_optimizer()

    def run(self) -> Dispatcher:
        """The dispatcher that did best on the validation plants, at the recipe's end."""
        if self.recipe.begins == "shipped" and not self.curve:
            self.examine()
        while self.state.stage < len(self.recipe.stages):
            stage = self.recipe.stages[self.state.stage]
            if self.state.round == 0:
                self._open(stage)
            while self.state.round < stage.end:
                began = self.clock()
                self._round(stage)
                self.state.minutes += (self.clock() - began) / 60.0
                if self.state.round % self.recipe.examine_every == 0:
                    self.examine()
                    self.store()
            self._close(stage)
        return load_policy(self.folder / BEST)

    def _begin(self, example: Group) -> None:
        """Take the weights that the recipe begins with."""
        if self.recipe.begins == "shipped":
            self.policy.load_state_dict(load_policy().state_dict())
        else:
            deviation = first_deviation(self.policy, example)
            self.policy.deviation.copy_(as_tensor(deviation))

    def _open(self, stage: Stage) -> None:
        """Begin a stage."""
        with torch.no_grad():
            self.policy.rule.mul_(stage.sharpen)
            self.policy.deviation.mul_(stage.sharpen * stage.wider)
            if stage.leaning > 0 and not self.policy.leaning.any():
                figures = self._plants(stage).figures()
                self.policy.usual.copy_(as_tensor(figures.mean(axis=0)))
                self.policy.apart.copy_(as_tensor(figures.std(axis=0) + 1e-3))
        self.average = copy.deepcopy(self.policy)

    def _close(self, stage: Stage) -> None:
        """End a stage with what its numbers were on average."""
        if stage.kind == "evolve":
            self.policy.load_state_dict(self.average.state_dict())
        elif stage.kind == "gather":
            self._choose(stage)
        elif stage.kind == "imitate":
            self.policy = faded(self.policy, stage.strength)
        state = self.state
        self.state = Place(state.stage + 1, 0, state.minutes, state.episodes)
        self.optimizer, self.plants = self._fresh_optimizer(), None
        self.found = []
        self.examine()
        self.store()

    def _round(self, stage: Stage) -> None:
        number = self.state.round
        rng = np.random.default_rng([self.recipe.seed, self.state.stage, number])
        ways = {
            "evolve": self._evolve,
            "gather": self._gather,
            "amortise": self._amortise,
            "imitate": self._imitate,
            "practise": self._practise,
        }
        costs = ways.get(stage.kind, self._learn)(stage, number, rng)
        self.costs = [*self.costs[-19:], float(costs.mean())]
        self.state.round += 1
        self.state.episodes += costs.size

    def _plants(self, stage: Stage) -> Plants:
        """The training plants of the stage that the run is in."""
        if self.plants is None:
            self.plants = Plants(stage, self.state.stage * PLANTS_A_STAGE)
        return self.plants

    def _evolve(self, stage: Stage, number: int, rng: np.random.Generator) -> np.ndarray:
        """Costs [plants, ways] over what the plant usually costs, after a round of evolution."""
        policy = self.policy
        search = Search(
            policy.rule.detach().numpy().astype(np.float64),
            policy.deviation.numpy().astype(np.float64),
            stage.rate_at(number),
            leaning=policy.leaning.numpy().astype(np.float64) if stage.leaning > 0 else None,
            leaning_rate=stage.leaning,
        )
        groups = self._plants(stage).drawn(rng)
        told = [tried(search, policy, one, rng, strangeness(policy, one.figures)) for one in groups]
        move(search, told)
        with torch.no_grad():
            policy.rule.copy_(as_tensor(search.mean))
            policy.deviation.copy_(as_tensor(search.deviation))
            if search.leaning is not None:
                policy.leaning.copy_(as_tensor(search.leaning))
        self._average(max(1.0 / (number + 1), 1.0 / stage.averaged))
        return np.concatenate([one.costs / g.hours for one, g in zip(told, groups, strict=True)])

    def _average(self, share: float) -> None:
        """Move the average towards the policy (Polyak and Juditsky 1992)."""
        theirs = self.policy.state_dict()
        for name, values in self.average.state_dict().items():
            values.lerp_(theirs[name], share)

    def _learn(self, stage: Stage, number: int, rng: np.random.Generator) -> np.ndarray:
        """Costs [plants, ways] over what the plant usually costs, after a round of learning by gradient."""
        group = self._plants(stage).group(number, rng)
        self._slow_down(stage, number)
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        seeds = rng.integers(2**31, size=group.plants).tolist()
        episodes = recorded(group, self.policy, generator, rng, seeds, stage.share)
        step = Step(passes=stage.passes)
        learn = improve if stage.kind == "improve" else imitate_best
        learn(self.policy, self.optimizer, episodes, group.ways, rng, step)
        costs: np.ndarray = episodes.costs / group.hours
        return costs

    def _amortise(self, stage: Stage, number: int, rng: np.random.Generator) -> np.ndarray:
        """Costs [plants, 2] over what the plant usually costs, after learning what drafts would do."""
        self._slow_down(stage, number)
        plants, luck = self._plants(stage).fresh(number), stage.luck(number)
        return _an_hour(amortised(self.policy, self.optimizer, plants, stage, luck, rng), plants)

    def _imitate(self, stage: Stage, number: int, rng: np.random.Generator) -> np.ndarray:
        """Costs [plants, ways] over what the plant usually costs, after learning from demonstrations."""
        self._slow_down(stage, number)
        plants, luck = self._plants(stage).fresh(number), stage.luck(number)
        costs = imitated(self.policy, self.optimizer, plants, stage, luck, rng, self.planner)
        return _an_hour(costs, plants)

    def _practise(self, stage: Stage, number: int, rng: np.random.Generator) -> np.ndarray:
        """Costs [iterations] over what the plant usually costs, after some iterations of PPO."""
        from models.policy.rllib.practice import Practice, practised  # RLlib takes seconds

        plants, luck = self._plants(stage).fresh(number), stage.luck(number)
        seed = int(rng.integers(2**31))
        practice = Practice(stage.searched, stage.rate_at(number), luck, seed)
        return practised(self.policy, plants, practice)

    def _slow_down(self, stage: Stage, number: int) -> None:
        """Learn at the rate of a round."""
        for settings in self.optimizer.param_groups:
            settings["lr"] = stage.rate_at(number)

    def _gather(self, stage: Stage, number: int, rng: np.random.Generator) -> np.ndarray:
        """Costs [rounds, ways] over what the plant usually costs, after fitting a style to one plant."""
        group = self._plants(stage).alone(number)
        style, costs = fitted_style(self.policy, group, rng, stage.searched)
        self.found.append(style)
        each: np.ndarray = costs / group.hours
        return each

    def _choose(self, stage: Stage) -> None:
        """Keep the styles that complement one another on plants that none was fitted to."""
        began, found = self.clock(), np.array(self.found)
        plants = self._plants(stage)
        others = (plants.alone(stage.rounds + place) for place in range(stage.pool))
        costs = compared(self.policy, found, others)
        kept = found[complementary(costs, len(self.policy.styles))]
        with torch.no_grad():
            self.policy.styles[: len(kept)].copy_(as_tensor(kept))
        self.state.episodes += costs.size
        self.state.minutes += (self.clock() - began) / 60.0

    def _fresh_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.policy.parameters(), lr=1e-3)

    def examine(self) -> Mark:
        """How the dispatcher does on the validation plants; a point of the curve."""
        state = self.state
        stage = self.recipe.stages[min(state.stage, len(self.recipe.stages) - 1)]
        policy = self._examined(stage)
        shares = self.examination.shares(policy)
        likely, best = shares[:, 0], shares.min(axis=1)
        mark = Mark(
            state.stage, stage.kind, state.round, round(state.minutes, 2), state.episodes,
            *(round(float(one), 4) for one in (np.mean(self.costs or [0.0]), likely.mean(),
                                               np.median(likely), best.mean())),
        )  # fmt: skip
        if all(mark.worth <= one.worth for one in self.curve):
            save_policy(policy, self.folder / BEST)
        self.curve.append(mark)
        self.report(json.dumps(asdict(mark)))
        return mark

    def _examined(self, stage: Stage) -> Dispatcher:
        """What is examined in a stage, and shipped: of what imitates, before the stage's end, a share."""
        if stage.kind == "evolve":
            return self.average
        if (
            stage.kind == "imitate"
            and self.state.stage < len(self.recipe.stages)
            and self.state.round
        ):
            return faded(self.policy, stage.strength)
        return self.policy

    def store(self) -> None:
        """Store all that is needed to go on."""
        standing = Standing(
            self.state, self.policy, self.average, self.optimizer.state_dict(), self.found,
            self.curve,
        )  # fmt: skip
        store_standing(standing, self.folder)

    def _go_on(self, standing: Standing) -> None:
        """Take up a run where it was stored."""
        self.policy, self.average = standing.policy, standing.average
        self.optimizer = self._fresh_optimizer()
        self.optimizer.load_state_dict(standing.optimizer)
        self.state = standing.place
        self.found, self.curve = list(standing.found), list(standing.curve)


def _an_hour(costs: np.ndarray, plants: Sequence[Assignment]) -> np.ndarray:
    """Costs [plants, ways] over the hours of each plant's horizon."""
    fresh: np.ndarray = costs / np.array([[one.plant.horizon / 60.0] for one in plants])
    return fresh
