"""Sources that may have been begun before: by a process that died, or that still lives unseen."""

from uuid import UUID

from db import taking_over
from db.models import CTABulkGenerateSource, TaskStatus
from db.retrying import persistent
from db.session import unit_of_work
from tasks.failures import NothingGenerated, SourceTakenOver
from tasks.wanted import check_not_cancelled


@persistent
def take_over_source(source_id: UUID, *, run_id: UUID) -> bool:
    """Make a source ready to be worked on, whoever was at it before; False when it is done.

    Args:
        source_id: the source.
        run_id: the run that works on its bulk task.

    Raises:
        NothingGenerated: it has ended, and none of its previews could be made.
        RunCancelled: the run was cancelled.
        BulkTaskNotOwned: another run works on the bulk task.
    """
    check_not_cancelled([run_id])
    with unit_of_work() as session:
        if taking_over.take_over_source(session, source_id, run_id):
            return True
        source = session.get_one(CTABulkGenerateSource, source_id)
        if source.status == TaskStatus.DONE:
            return False
        raise NothingGenerated(source_id, source.error_message or "No preview was made.")


@persistent
def check_source_is_ours(preview_id: UUID, *, run_id: UUID) -> None:
    """See to it that a run still works on the source of a preview, before it begins the preview.

    Raises:
        SourceTakenOver: the source has ended, or another run works on it.
        RunCancelled: the run was cancelled, or the one of which it is a part.
    """
    with unit_of_work() as session:
        runs = taking_over.runs_above(session, preview_id, run_id)
        if runs is None:
            raise SourceTakenOver(
                "The preview was not begun: its source has ended or belongs to another run."
            )
    check_not_cancelled(runs)
