"""An approved draft published with its run in MLflow, in the order that `pipelines.publish` keeps.

A planner's publication does not wait for MLflow to be mended: where it cannot be used the draft is
published without, and the answer says so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy.exc import SQLAlchemyError

from pipelines.context import Context
from pipelines.drafts.desk import Desk
from pipelines.drafts.errors import DraftError
from pipelines.drafts.review import METHOD, publish
from pipelines.publication import PlanFigures, Planned
from pipelines.publish import tracked
from pipelines.settings import Settings
from pipelines.storage import StorageError
from pipelines.storage.repositories import NotFeasibleError, NotStoredError

if TYPE_CHECKING:
    from pipelines.platform.tracking import Tracking

Keeping = Literal["kept", "none", "failed"]


@dataclass(frozen=True, slots=True)
class Release:
    """The version that a draft became.

    mlflow: whether its artefacts are kept there ("none": no MLflow is configured), and why they are not.
    """

    version: int
    mlflow: Keeping
    reason: str = ""


def release(
    context: Context, desk: Desk, draft: int, *, author: str, revision: int, comment: str = ""
) -> Release:
    """The version that the approved draft became, kept in MLflow where one is configured and answers.

    Raises
    ------
    BaseSupersededError, StaleRevisionError, DraftStatusError, NotStoredError
        As `publish`.
    """

    def plain() -> int:
        return publish(desk, draft, author=author, revision=revision, comment=comment)

    if not is_tracked(context.settings):
        return Release(plain(), "none")
    from pipelines.platform.tracking import connect

    before = desk.load(draft).meta.published_version
    try:
        tracking = connect(context.settings)
        return Release(
            publish_tracked(
                context, tracking, desk, draft, author=author, revision=revision, comment=comment
            ),
            "kept",
        )
    except (DraftError, NotFeasibleError, NotStoredError, StorageError, SQLAlchemyError):
        raise
    except Exception as error:  # MLflow's own and those of what it talks to; told in the answer
        reason = str(error).strip().partition("\n")[0]
    done = desk.load(draft).meta.published_version  # where only the mark after it is missing
    return Release(done if done is not None and done != before else plain(), "failed", reason)


def is_tracked(settings: Settings) -> bool:
    """Whether the environment names an MLflow, or runs have made one in the data folder."""
    if "mlflow_tracking_uri" in settings.model_fields_set:
        return True
    return Path(settings.mlflow_tracking_uri.removeprefix("sqlite:///")).is_file()


def publish_tracked(
    context: Context,
    tracking: Tracking,
    desk: Desk,
    draft: int,
    *,
    author: str,
    revision: int,
    comment: str = "",
) -> int:
    """The number of the version that the approved draft became, its artefacts kept in MLflow.

    Raises
    ------
    BaseSupersededError, StaleRevisionError, DraftStatusError, NotStoredError
        As `publish`; the MLflow run is removed again.
    pipelines.platform.tracking.TrackingError
        Where MLflow cannot be used; nothing is published. `publish` alone does without it.
    """
    found = desk.load(draft)
    figures = PlanFigures(method=METHOD, base=found.meta.version)
    plan = Planned(
        found.plant, found.schedule, found.base, figures, found.evaluation,
        context.settings, context.params,
    )  # fmt: skip
    number, _, _ = tracked(
        tracking, plan, asdict(found.meta.weights), desk.clock,
        lambda run_id, _at: publish(
            desk, draft, author=author, revision=revision, comment=comment, mlflow_run_id=run_id
        ),
    )  # fmt: skip
    return number
