"""Repairs around a change, shown before they are done; in the background what-ifs and alternatives."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from pipelines.drafts import apply_edit, load_draft, open_draft
from pipelines.jobs.alternatives import FindAlternatives
from pipelines.jobs.mending import ScopeName, propose, task_of
from pipelines.jobs.running import ask_alternatives, ask_what_if, cancel_job, edit_of
from pipelines.jobs.what_if import WhatIf
from pipelines.storage import reading
from pipelines.storage.repositories.jobs import Job, JobStatus, find_job, list_jobs
from pipelines.views import drafts as views
from pipelines.views.jobs import JobView, RepairView, job_view, repair_view
from plant.io.documents import Name
from service.dependencies import MOST_NUMBER, Limit, Number, Planner, StateDep, Viewer
from service.problems import told

router = APIRouter(prefix="/api", tags=["jobs"])
Title = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Place = Annotated[int, Query(ge=0, le=MOST_NUMBER, description="which of a job's alternatives")]
JobId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class RepairRequest(BaseModel):
    """Around which run, what may move with it, and how long to look."""

    model_config = ConfigDict(extra="forbid")

    run: Name
    scope: ScopeName = "follows"
    """This line, what follows the run on its line and downstream, or everything not locked."""
    seconds: Annotated[float, Field(ge=0.1, le=10)] = 1.0


class WhatIfRequest(WhatIf):
    """Scenarios on a version, with a name for the list of jobs."""

    title: Title = ""


class AlternativesRequest(FindAlternatives):
    """Which version, how long to look, and a name for the list of jobs."""

    title: Title = ""


@router.post("/drafts/{number}/repair", responses=told(401, 403, 404, 422, 503))
async def repair_draft(
    state: StateDep, _user: Planner, number: Number, asked: RepairRequest
) -> RepairView:
    """What would make the draft hold around a run that stays; the `edit` in the answer does it."""
    draft = await run_in_threadpool(load_draft, state.desk, number)
    mended = await state.work.mend(task_of(draft, asked.run, asked.scope, asked.seconds))
    return repair_view(draft.meta.revision, await run_in_threadpool(propose, draft, mended))


@router.get("/jobs", responses=told(401, 422))
def get_jobs(
    state: StateDep, _user: Viewer, status: JobStatus | None = None, limit: Limit = 50
) -> list[JobView]:
    """The jobs, newest first, without their results."""
    with reading(state.engine) as session:
        return [job_view(job) for job in list_jobs(session, limit, status)]


@router.post("/jobs/what-if", status_code=202, responses=told(401, 403, 404, 422))
async def start_what_if(state: StateDep, user: Planner, asked: WhatIfRequest) -> JobView:
    """Have scenarios looked into in the background."""
    what_if = WhatIf.model_validate(asked.model_dump(exclude={"title"}))
    job = await run_in_threadpool(
        ask_what_if, state.engine, state.clock, state.shelf, what_if, asked.title, user.name
    )
    await state.work.hand_over(job.id)
    return job_view(job)


@router.post("/jobs/alternatives", status_code=202, responses=told(401, 403, 404, 422))
async def start_alternatives(state: StateDep, user: Planner, asked: AlternativesRequest) -> JobView:
    """Have alternatives to a version looked for in the background."""
    wanted = FindAlternatives.model_validate(asked.model_dump(exclude={"title"}))
    job = await run_in_threadpool(
        ask_alternatives, state.engine, state.clock, state.shelf, wanted, asked.title, user.name
    )
    await state.work.hand_over(job.id)
    return job_view(job)


@router.get("/jobs/{id}", responses=told(401, 404, 422))
def get_job(state: StateDep, _user: Viewer, id: JobId) -> JobView:
    """How far a job is, and what came of it."""
    return job_view(_found(state, id))


@router.post("/jobs/{id}/cancel", responses=told(401, 403, 404, 422))
def cancel(state: StateDep, _user: Planner, id: JobId) -> JobView:
    """Stop a job; one that has ended stays as it is."""
    return job_view(cancel_job(state.engine, state.clock, id))


@router.post("/jobs/{id}/draft", status_code=201, responses=told(401, 403, 404, 409, 422))
def draft_from_job(state: StateDep, user: Planner, id: JobId, plan: Place = 0) -> views.ChangedView:
    """A draft of the job's version with a plan that it found, judged in the version's own plant."""
    job = _found(state, id)
    edit = edit_of(job, plan)
    made = open_draft(state.desk, job.request["version"], author=user.name, title=job.title)
    changed = apply_edit(
        state.desk, made.meta.id, edit, author=user.name, revision=0, reason=job.title
    )
    return views.changed_view(changed)


def _found(state: StateDep, id: str) -> Job:
    with reading(state.engine) as session:
        return find_job(session, id)
