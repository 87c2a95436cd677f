"""What the records may refuse."""

from uuid import UUID


class UnknownRecord(LookupError):
    """No record has this id."""

    def __init__(self, noun: str, record_id: UUID) -> None:
        self.noun, self.record_id = noun, record_id
        super().__init__(f"There is no {noun} with the id {record_id}.")

    def __reduce__(self) -> tuple[type["UnknownRecord"], tuple[str, UUID]]:
        return type(self), (self.noun, self.record_id)


class PreviewNotOwned(Exception):
    """Another run owns the preview, or it has reached its end; what was made is not kept."""

    def __init__(self, preview_id: UUID) -> None:
        self.preview_id = preview_id
        super().__init__(
            f"The preview {preview_id} has ended or belongs to another run; nothing was changed."
        )

    def __reduce__(self) -> tuple[type["PreviewNotOwned"], tuple[UUID]]:
        return type(self), (self.preview_id,)


class PreviewNotDone(Exception):
    """The preview has no prefill that could be shown or edited yet."""

    def __init__(self, preview_id: UUID, status: str) -> None:
        self.preview_id, self.status = preview_id, status
        super().__init__(
            f"The preview {preview_id} is {status}; there is a prefill to show and to edit once a "
            "preview is done."
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
    """A bulk task was ended before any run of it had begun."""

    def __init__(self, bulk_task_id: UUID, reason: str) -> None:
        self.bulk_task_id, self.reason = bulk_task_id, reason
        super().__init__(f"The bulk task {bulk_task_id} was ended before its run began. {reason}")

    def __reduce__(self) -> tuple[type["BulkTaskGivenUp"], tuple[UUID, str]]:
        return type(self), (self.bulk_task_id, self.reason)


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
