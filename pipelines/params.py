"""Parameters: the frozen, strict tree of params.yaml, one small class a branch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

if TYPE_CHECKING:  # plant compiles kernels; a DAG that only reads parameters need not load it
    from plant import Weights, Zones

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class ParamsError(ValueError):
    """A parameters file that cannot be used; its text names the file and every wrong key."""


class Branch(BaseModel):
    """A branch of the tree: frozen, strict about types, refusing keys that it does not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class RecipeParams(Branch):
    """How the 50-line plant is built from measured figures; `envs.fmcg.Recipe` says what each means."""

    lines_per_plant: Annotated[int, Field(ge=1, le=10)]
    load: Annotated[float, Field(gt=0, le=2, description="required over available shift time")]
    horizon_days: Annotated[int, Field(ge=1, le=60)]
    demand_days: Annotated[int, Field(ge=1, le=366, description="last days that give mean demand")]
    peak_quantile: Annotated[float, Field(gt=0, le=1, description="of output on days with output")]
    lead_quantile: Annotated[float, Field(gt=0, le=1, description="of days from order to delivery")]
    safety_days: Annotated[NotNegative, Field(description="safety stock in days of mean demand")]


class IngestParams(Branch):
    """How the daily history is read and checked."""

    dataset: Annotated[str, Field(min_length=1)]
    max_quarantined: Annotated[Fraction, Field(description="share of rows; above it, stop")]


class SnapshotParams(Branch):
    """How a forecast becomes orders: firm orders consume it, what remains is ordered."""

    consume_back_days: Annotated[int, Field(ge=0, le=60)]
    consume_ahead_days: Annotated[int, Field(ge=0, le=60)]
    bucket_days: Annotated[int, Field(ge=1, le=60, description="days that one order covers")]
    weight: Annotated[Fraction, Field(description="of a firm order's weight")]


class ForecastParams(Branch):
    """How demand is forecast and the forecaster chosen."""

    horizon_days: Annotated[int, Field(ge=1, le=60)]
    season_length: Annotated[int, Field(ge=1, le=366, description="days")]
    backtest_windows: Annotated[int, Field(ge=1, le=20)]
    backtest_step_days: Annotated[int, Field(ge=1, le=60)]
    seconds: Annotated[Positive, Field(description="of processor, for a fit with its backtest")]
    members: Annotated[
        tuple[str, ...],
        Field(strict=False, description="names out of the catalogue; chosen where empty"),
    ]
    max_bias: Annotated[
        NotNegative,
        Field(description="share of demand that a member's bias may lie from the members' median"),
    ]
    search_seconds: Annotated[
        NotNegative, Field(description="spent on a better recipe at each fit; 0: none")
    ]
    country: Annotated[
        str, Field(pattern="^[A-Z]{2}$", description="ISO 3166 code; its holidays are closed")
    ]
    snapshot: SnapshotParams


class ContestParams(Branch):
    """What a challenger must show to become champion; `models.contest.Rules` says what each means."""

    alpha: Annotated[float, Field(gt=0, lt=1, description="chance of error in one contest")]
    tolerance: Annotated[Fraction, Field(description="loss of accuracy that still counts as equal")]
    calibration_gain: Annotated[
        Fraction,
        Field(description="share of cases by which an equal one's intervals must be closer"),
    ]


class TrainParams(Branch):
    """How long the policy learns on the plant, and how; the last four are PPO's."""

    method: Literal["evolution", "ppo"]
    iterations: Annotated[int, Field(ge=1, le=10_000)]
    seconds: Annotated[Positive, Field(description="stop after the iteration that passes this")]
    batch_steps: Annotated[int, Field(ge=64, description="environment steps an iteration")]
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    discount: Annotated[float, Field(gt=0, le=1)]
    runners: Annotated[int, Field(ge=0, le=64, description="0: in the learner's process")]


class PlanParams(Branch):
    """How long a plan may take to solve."""

    seconds: Positive
    workers: Annotated[int, Field(ge=1, le=256)]


class WeightsParams(Branch):
    """What each part of the cost counts: 1 where it is money already."""

    tardiness: NotNegative
    production: NotNegative
    changeover: NotNegative
    holding: NotNegative
    idle: NotNegative
    instability: Annotated[NotNegative, Field(description="money per moved run")]
    makespan: Annotated[NotNegative, Field(description="money per hour")]

    def for_plant(self) -> Weights:
        """Return the same weights in the plant's own record."""
        from plant import Weights

        return Weights(**self.model_dump())


class ZonesParams(Branch):
    """The zone from the horizon's start in which nothing moves, then the one where moves cost."""

    frozen_minutes: Annotated[int, Field(ge=0)]
    slush_minutes: Annotated[int, Field(ge=0, description="the slush zone's length")]

    def for_plant(self) -> Zones:
        """Return the same zones in the plant's own record."""
        from plant import Zones

        return Zones(frozen=self.frozen_minutes, slush=self.slush_minutes)


class PublishParams(Branch):
    """What a published version is filed under."""

    author: Annotated[str, Field(min_length=1, max_length=80)]


class DriftParams(Branch):
    """When inputs or forecasts count as drifted."""

    reference_days: Annotated[int, Field(ge=7, le=730)]
    current_days: Annotated[int, Field(ge=1, le=365)]
    share: Annotated[Fraction, Field(description="of columns drifted that makes the data drifted")]
    max_wape: Annotated[Positive, Field(description="forecast error above which it has drifted")]
    max_shift: Annotated[
        Positive, Field(description="share by which forecasts move that makes them drifted")
    ]
    realised_days: Annotated[
        int,
        Field(ge=1, le=60, description="days of a past forecast that must have come to judge it"),
    ]
    retrain_rest_days: Annotated[
        NotNegative, Field(description="new days before drift has a model fitted anew")
    ]
    retrain_after_days: Annotated[
        Positive, Field(description="age at which a model is fitted anew whatever drifts")
    ]

    @model_validator(mode="after")
    def _reference_is_longer(self) -> DriftParams:
        if self.reference_days < self.current_days:
            raise ValueError("reference_days must be at least current_days")
        return self


class Params(Branch):
    """Everything in params.yaml; a step is given its own branch."""

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    recipe: RecipeParams
    ingest: IngestParams
    forecast: ForecastParams
    contest: ContestParams
    train: TrainParams
    plan: PlanParams
    weights: WeightsParams
    zones: ZonesParams
    publish: PublishParams
    drift: DriftParams

    @model_validator(mode="after")
    def _what_is_planned_is_forecast(self) -> Params:
        if self.forecast.horizon_days < self.recipe.horizon_days:
            raise ValueError(
                "forecast.horizon_days must be at least recipe.horizon_days "
                f"({self.recipe.horizon_days}), found {self.forecast.horizon_days}"
            )
        return self


def load_params(path: Path) -> Params:
    """Return the parameters that the YAML file gives.

    Raises
    ------
    ParamsError
        Where the file is absent or not YAML, or a key is missing, unknown or out of its range;
        one line that names every such key.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParamsError(f"{path}: cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    try:
        return Params.model_validate(document)
    except ValidationError as error:
        lines = "; ".join(_line(item) for item in error.errors())
        raise ParamsError(f"{path}: {lines}") from None


def _line(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"]) or "the document"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        return f"{key}: missing, add it"
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key, remove it or correct its spelling"
    if error["type"] == "value_error":
        return f"{key}: {message}"
    return f"{key}: {message[0].lower()}{message[1:]}, found {error['input']!r}"
