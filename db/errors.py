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
