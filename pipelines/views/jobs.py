"""Jobs and repairs as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from models.optimize.repair.mend import RunRepair
from pipelines.jobs.figures import ScheduleFigures
from pipelines.jobs.mending import Proposal
from pipelines.jobs.what_if import Outcome
from pipelines.storage.repositories.jobs import Job, JobStatus
from pipelines.views.drafts import VerdictView, edit_document, verdict_view
from plant.io.edits import EditDocument

RESULTS = ("result", "alternatives")


@dataclass(frozen=True, slots=True)
class AlternativeView:
    """A plan that no other is better than in everything; see `pipelines.jobs.alternatives`."""

    picks: tuple[str, ...]
    values: Mapping[str, float]
    figures: ScheduleFigures
    changed_runs: int
    found_by: str


@dataclass(frozen=True, slots=True)
class AlternativesView:
    """Alternatives to a version, cheapest first, and the version itself."""

    objectives: tuple[str, ...]
    published: ScheduleFigures
    plans: tuple[AlternativeView, ...]
    hypervolume: float
    tried: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RepairView:
    """What a repair proposes for a draft at a revision; `edit` does it, the verdict is on that edit.

    given_up: what locks or the frozen zone hold and cannot stay, in words.
    """

    revision: int
    edit: EditDocument
    verdict: VerdictView
    runs: tuple[RunRepair, ...]
    given_up: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobView:
    """A job: what was asked by whom, how far it is (0 to 1), and once it is done, what came of it.

    result: of a what-if; alternatives: of a search for them.
    """

    id: str
    kind: str
    title: str
    request: Mapping[str, Any]
    status: JobStatus
    progress: float
    message: str
    cancel_asked: bool
    author: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result: Outcome | None
    alternatives: AlternativesView | None


OUTCOME = TypeAdapter(Outcome)
ALTERNATIVES = TypeAdapter(AlternativesView)


def repair_view(revision: int, proposal: Proposal) -> RepairView:
    """The proposal as it is shown."""
    return RepairView(
        revision,
        edit_document(proposal.edit),
        verdict_view(proposal.verdict),
        proposal.runs,
        proposal.given_up,
    )


def job_view(job: Job) -> JobView:
    """The job as it is shown; what a list leaves out is left out here as well."""
    shown = {name: getattr(job, name) for name in JobView.__slots__ if name not in RESULTS}
    found = dict(job.result) if job.result else None
    is_front = job.kind == "alternatives"
    return JobView(
        **shown,
        result=OUTCOME.validate_python(found) if found and not is_front else None,
        alternatives=ALTERNATIVES.validate_python(found) if found and is_front else None,
    )
