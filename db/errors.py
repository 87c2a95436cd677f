"""What the records may refuse."""

from typing import ClassVar
from uuid import UUID


class UnknownRecord(LookupError):
    """No record has this id."""

    def __init__(self, noun: str, record_id: UUID) -> None:
        self.noun, self.record_id = noun, record_id
        super().__init__(f"There is no {noun} with the id {record_id}.")

    def __reduce__(self) -> tuple[type["UnknownRecord"], tuple[str, UUID]]:
        return type(self), (self.noun, self.record_id)


class WrongKindOfRecord(UnknownRecord):
    """The id is that of a record of another kind."""

    def __init__(self, noun: str, record_id: UUID, kind: str) -> None:
        super().__init__(noun, record_id)
        self.kind = kind

    def __str__(self) -> str:
        return (
            f"There is no {self.noun} with the id {self.record_id}: it is the id of a {self.kind}."
        )

    def __reduce__(self) -> tuple[type["WrongKindOfRecord"], tuple[str, UUID, str]]:  # type: ignore[override]
        return type(self), (self.noun, self.record_id, self.kind)


class PreviewNotOwned(Exception):
    """Another run owns the preview, or it has reached its end; what was made is not kept."""

    def __init__(self, preview_id: UUID) -> None:
        self.preview_id = preview_id
        super().__init__(
            f"The preview {preview_id} has ended or belongs to another run; nothing was changed."
        )

    def __reduce__(self) -> tuple[type["PreviewNotOwned"], tuple[UUID]]:
        return type(self), (self.preview_id,)


class SourceNotOwned(Exception):
    """Another run owns the source, or it has reached its end; nothing is made for it."""

    def __init__(self, source_id: UUID) -> None:
        self.source_id = source_id
        super().__init__(
            f"The source {source_id} has ended or belongs to another run; nothing was made."
        )

    def __reduce__(self) -> tuple[type["SourceNotOwned"], tuple[UUID]]:
        return type(self), (self.source_id,)


class NotRunAgain(Exception):
    """What is asked to be run again is not run again; the message says why, and when it may be."""


class PreviewNotFailed(NotRunAgain):
    """The preview is done."""

    def __init__(self, preview_id: UUID) -> None:
        self.preview_id = preview_id
        super().__init__(
            f"The preview {preview_id} is done, and only one that failed is made again: regenerate "
            "it, and say which of its parts are to be made anew."
        )

    def __reduce__(self) -> tuple[type["PreviewNotFailed"], tuple[UUID]]:
        return type(self), (self.preview_id,)


class SourceNotFailed(NotRunAgain):
    """All previews of the source are done."""

    def __init__(self, source_id: UUID, batch_size: int) -> None:
        self.source_id, self.batch_size = source_id, batch_size
        super().__init__(
            f"All previews of the source {source_id} are done ({batch_size}), so there is nothing "
            "to make again. For others of its page, start a new bulk task."
        )

    def __reduce__(self) -> tuple[type["SourceNotFailed"], tuple[UUID, int]]:
        return type(self), (self.source_id, self.batch_size)


class BulkTaskNotFailed(NotRunAgain):
    """All previews of the bulk task are done."""

    def __init__(self, bulk_task_id: UUID) -> None:
        self.bulk_task_id = bulk_task_id
        super().__init__(
            f"All previews of the bulk task {bulk_task_id} are done, so there is nothing to retry. "
            "To make one of them anew, regenerate that preview."
        )

    def __reduce__(self) -> tuple[type["BulkTaskNotFailed"], tuple[UUID]]:
        return type(self), (self.bulk_task_id,)


class _UnderWay(NotRunAgain):
    noun: ClassVar[str]

    def __init__(self, record_id: UUID, run_id: UUID | None) -> None:
        self.record_id, self.run_id = record_id, run_id
        by = "" if run_id is None else f": the run {run_id} is at work"
        super().__init__(
            f"The {self.noun} {record_id} is under way{by}. Wait for its end, and run again what "
            "has failed by then."
        )

    def __reduce__(self) -> tuple[type["_UnderWay"], tuple[UUID, UUID | None]]:
        return type(self), (self.record_id, self.run_id)


class PreviewUnderWay(_UnderWay):
    """The preview is being made, or waits for it."""

    noun = "preview"


class SourceUnderWay(_UnderWay):
    """The source is being worked on, as a whole or in one of its previews."""

    noun = "source"


class BulkTaskUnderWay(_UnderWay):
    """The run of the bulk task is at work, and will end all that is part of it."""

    noun = "bulk task"


class PreviewNotDone(Exception):
    """The preview has no prefill that could be shown, edited or reviewed yet."""

    def __init__(self, preview_id: UUID, status: str) -> None:
        self.preview_id, self.status = preview_id, status
        super().__init__(
            f"The preview {preview_id} is {status}; there is a prefill to show, to edit and to "
            "review once a preview is done."
        )

    def __reduce__(self) -> tuple[type["PreviewNotDone"], tuple[UUID, str]]:
        return type(self), (self.preview_id, self.status)


class PreviewChanged(Exception):
    """The preview is another than the one that the caller has seen."""

    def __init__(self, preview_id: UUID) -> None:
        self.preview_id = preview_id
        super().__init__(
            f"The preview {preview_id} has changed since it was read; read it again, and make "
            "the change to what it is now."
        )

    def __reduce__(self) -> tuple[type["PreviewChanged"], tuple[UUID]]:
        return type(self), (self.preview_id,)


class BulkTaskNotEnded(Exception):
    """A bulk task that is under way cannot be deleted."""

    def __init__(self, bulk_task_id: UUID, status: str) -> None:
        self.bulk_task_id, self.status = bulk_task_id, status
        super().__init__(
            f"The bulk task {bulk_task_id} is {status}; it can be deleted when it is done or "
            "failed."
        )

    def __reduce__(self) -> tuple[type["BulkTaskNotEnded"], tuple[UUID, str]]:
        return type(self), (self.bulk_task_id, self.status)


class BulkTaskGivenUp(Exception):
    """A bulk task was ended before the run that it waited for had begun."""

    def __init__(self, bulk_task_id: UUID, reason: str) -> None:
        self.bulk_task_id, self.reason = bulk_task_id, reason
        super().__init__(f"The bulk task {bulk_task_id} was ended before its run began. {reason}")

    def __reduce__(self) -> tuple[type["BulkTaskGivenUp"], tuple[UUID, str]]:
        return type(self), (self.bulk_task_id, self.reason)


class BulkTaskNotOwned(Exception):
    """Another run works on the bulk task; its sources are not this run's to give out."""

    def __init__(self, bulk_task_id: UUID) -> None:
        self.bulk_task_id = bulk_task_id
        super().__init__(
            f"The bulk task {bulk_task_id} belongs to another run; nothing was changed."
        )

    def __reduce__(self) -> tuple[type["BulkTaskNotOwned"], tuple[UUID]]:
        return type(self), (self.bulk_task_id,)


class BulkTaskReopened(NotRunAgain):
    """Parts of the bulk task are being run again by themselves, and are not its own run's."""

    def __init__(self, bulk_task_id: UUID) -> None:
        self.bulk_task_id = bulk_task_id
        super().__init__(
            f"Parts of the bulk task {bulk_task_id} are being run again by themselves. Wait for "
            "their end; its own run cannot begin once more meanwhile."
        )

    def __reduce__(self) -> tuple[type["BulkTaskReopened"], tuple[UUID]]:
        return type(self), (self.bulk_task_id,)


class KeyUsedOtherwise(Exception):
    """An idempotency key was used before, for another request."""

    def __init__(self, idempotency_key: str, bulk_task_id: UUID) -> None:
        self.idempotency_key, self.bulk_task_id = idempotency_key, bulk_task_id
        super().__init__(
            f"The Idempotency-Key {idempotency_key!r} was used for the bulk task {bulk_task_id}, "
            "with other sources; take a new key for a new request."
        )

    def __reduce__(self) -> tuple[type["KeyUsedOtherwise"], tuple[str, UUID]]:
        return type(self), (self.idempotency_key, self.bulk_task_id)
