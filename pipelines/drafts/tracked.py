"""An approved draft published with its run in MLflow, in the order that `pipelines.publish` keeps."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pipelines.context import Context
from pipelines.drafts.desk import Desk
from pipelines.drafts.review import METHOD, publish
from pipelines.publication import PlanFigures, Planned
from pipelines.publish import tracked

if TYPE_CHECKING:
    from pipelines.platform.tracking import Tracking


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
