"""Batches: asked for, listed, looked at, retried, deleted."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from api.deps import BearerToken, CurrentLauncher, Cursor, IdempotencyKey, PageSize
from api.orders import Launcher, first_run, run_again
from api.paging import listing
from api.problems import describe_problems
from api.routes import TokenFirst
from api.schemas import (
    Batch,
    BatchCreated,
    BatchDetail,
    BatchRequest,
    BatchRetried,
    BatchSource,
    Listing,
    Progress,
    SourceProduct,
)
from api.starting import start_recorded
from db import bulk_tasks, outcomes, progress, resuming, waiting
from db.models import CTABulkGenerateTask, TaskStatus
from db.outcomes import SourceOutcome
from db.workspaces import member_unit_of_work

router = APIRouter(prefix="/batch", tags=["batches"], route_class=TokenFirst)


@router.post(
    "/",
    status_code=201,
    response_model=BatchCreated,
    responses=describe_problems(400, 401, 408, 413, 415, 422, 503),
)
async def create_batch(
    request: Request,
    response: Response,
    wanted: BatchRequest,
    token: BearerToken,
    launcher: CurrentLauncher,
    idempotency_key: IdempotencyKey = None,
) -> BatchCreated:
    """Start a batch: its previews are made from now on, at the pace that the cap allows."""
    made = await to_thread.run_sync(
        record_and_start,
        launcher,
        wanted,
        token,
        idempotency_key,
        limiter=request.app.state.starts,
    )
    response.headers["Location"] = str(
        request.url_for("read_batch", batch_id=made.bulk_generate_task_id)
    )
    return made


def record_and_start(
    launcher: Launcher, wanted: BatchRequest, token: str, idempotency_key: str | None
) -> BatchCreated:
    """Record a batch, and start the run that makes it.

    Raises:
        KeyUsedOtherwise: the user has used the key for another request.
        RunNotStarted: no run could be started; the batch has ended, with the reason.
    """
    with member_unit_of_work(token) as (session, member):
        recorded = bulk_tasks.record(
            session, uuid4(), wanted.sources, workspace=member.workspace, user=member.user,
            refresh=wanted.refresh, idempotency_key=idempotency_key,
        )  # fmt: skip
        bulk_task = bulk_tasks.get(session, recorded.bulk_task_id)
    order = first_run(
        bulk_task.id,
        [{"url": item.url, "batch_size": item.batch_size} for item in wanted.sources],
        workspace=member.workspace, user=member.user, refresh=wanted.refresh,
    )  # fmt: skip
    if bulk_task.attempt > 1:  # sent again, for one that waits to be run again
        order = run_again(CTABulkGenerateTask, bulk_task.id, bulk_task.updated_at, member.workspace)
    run_id = recorded.flow_run_id or start_recorded(launcher, order)
    return BatchCreated(bulk_generate_task_id=recorded.bulk_task_id, task_id=run_id)


@router.get("/", response_model=Listing[Batch], responses=describe_problems(400, 401, 422, 503))
def list_batches(
    request: Request,
    token: BearerToken,
    status: Annotated[TaskStatus | None, Query(description="Only those that stand so.")] = None,
    page_size: PageSize = 20,
    cursor: Cursor = None,
) -> Response:
    """The workspace's batches, newest first."""
    with member_unit_of_work(token) as (session, _):
        page = bulk_tasks.page(session, status=status, page_size=page_size, cursor=cursor)
    return listing(request, page, _listed)


def _listed(bulk_task: Any) -> dict[str, Any]:
    return _batch(bulk_task).model_dump()


def _batch(bulk_task: Any) -> Batch:
    names = Batch.model_fields.keys() - {"task_id"}
    return Batch(
        task_id=bulk_task.flow_run_id, **{name: getattr(bulk_task, name) for name in names}
    )


@router.get(
    "/{batch_id}/", response_model=BatchDetail, responses=describe_problems(401, 404, 422, 503)
)
def read_batch(batch_id: UUID, token: BearerToken) -> BatchDetail:
    """One batch: how far it is, and what became of each of its sources."""
    with member_unit_of_work(token) as (session, _):
        bulk_task = bulk_tasks.get(session, batch_id)
        counts = progress.progress(session, batch_id)
        sources = outcomes.by_source(session, batch_id)
    return BatchDetail(
        **_batch(bulk_task).model_dump(),
        progress=Progress.model_validate(counts),
        sources=[_source(source) for source in sources],
    )


def _source(outcome: SourceOutcome) -> BatchSource:
    product = None
    if outcome.product_id is not None and outcome.product_title is not None:
        product = SourceProduct(id=outcome.product_id, title=outcome.product_title)
    return BatchSource(
        id=outcome.source_id,
        url=outcome.url,
        batch_size=outcome.batch_size,
        status=TaskStatus(outcome.status),
        error_message=outcome.error_message,
        product=product,
        queued=outcome.queued,
        running=outcome.running,
        done=outcome.done,
        failed=outcome.failed,
    )


@router.post(
    "/{batch_id}/retry/",
    status_code=202,
    response_model=BatchRetried,
    responses=describe_problems(401, 404, 409, 422, 503),
)
async def retry_batch(
    request: Request, batch_id: UUID, token: BearerToken, launcher: CurrentLauncher
) -> BatchRetried:
    """Make what failed of a batch that has ended, in place.

    Its previews that failed are `queued` at once, each as a new attempt, and a new run makes them;
    a half of one that exists is not paid for again. What is done stays, and what was edited.

    409 is answered where nothing is missing, and where a run is at work on the batch or about to
    be: of several who ask at the same time one starts the run. Where none can be started (503), all
    of it has ended again, and says why.
    """
    return await to_thread.run_sync(
        resume_and_start, launcher, batch_id, token, limiter=request.app.state.starts
    )


def resume_and_start(launcher: Launcher, batch_id: UUID, token: str) -> BatchRetried:
    """Queue what failed of a batch, and start the run that makes it.

    Raises:
        UnknownRecord: the workspace has no batch of this id.
        NotRunAgain: nothing is missing, or a run is at work on it.
        RunNotStarted: no run could be started; all of it has ended again.
    """
    with member_unit_of_work(token) as (session, member):
        earlier_run_id = bulk_tasks.get(session, batch_id).flow_run_id
        resuming.resume(session, batch_id)
        since = waiting.waits_since(session, CTABulkGenerateTask, batch_id)
    order = run_again(CTABulkGenerateTask, batch_id, since, member.workspace, earlier_run_id)
    run_id = start_recorded(launcher, order)
    return BatchRetried(bulk_generate_task_id=batch_id, task_id=run_id)


@router.delete(
    "/{batch_id}/", status_code=204, responses=describe_problems(401, 404, 409, 422, 503)
)
def delete_batch(batch_id: UUID, token: BearerToken) -> None:
    """Delete a batch that has ended, with its previews."""
    with member_unit_of_work(token) as (session, _):
        bulk_tasks.remove(session, batch_id)
