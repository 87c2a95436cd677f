"""What goes over the wire: requests and answers, as OpenAPI shows them."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.bounds import TooManyParts, at_most
from catalog.product import CheckedSources, InvalidSources
from creative.prefill import Prefill
from db.models import PreviewStatus, TaskStatus
from settings import get_settings

Listed = TypeVar("Listed")
_PARTS_OF_A_SOURCE = 500
_PARTS_OF_A_PREFILL = 1_000


class _AsStored:
    """JSON that was checked when it was stored: shown as a `Prefill`, and not checked again."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(Prefill.__pydantic_core_schema__)


StoredPrefill = Annotated[dict[str, Any], _AsStored]


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


def _bounded(sources: Any) -> Any:
    """Look at how many there are before each is looked at, and told of."""
    if not isinstance(sources, list):
        return sources
    most = get_settings().api_max_sources
    if not sources:
        raise InvalidSources(["sources: at least one product address is needed."])
    if len(sources) > most:
        raise InvalidSources([f"sources: at most {most:,} are taken in one batch."])
    for position, source in enumerate(sources):
        try:
            at_most(_PARTS_OF_A_SOURCE, source)
        except TooManyParts as error:
            raise InvalidSources([f"sources[{position}]: {error}."]) from error
    return sources


class BatchRequest(BaseModel):
    """The product pages, and how many previews of each."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"sources": [{"url": "https://shop.example/kettle", "batch_size": 3}]}]
        },
    )

    sources: Annotated[
        CheckedSources,
        BeforeValidator(_bounded),
        Field(
            description="The product pages, each with its number.",
            json_schema_extra={"minItems": 1},
        ),
    ]
    refresh: bool = Field(
        False, strict=True, description="Read the pages again, however lately they were read."
    )


class BatchCreated(_Answer):
    """A batch that has been recorded and whose run has been started."""

    bulk_generate_task_id: UUID
    task_id: UUID = Field(description="The Prefect flow run.")


class Batch(_Answer):
    """A bulk task."""

    id: UUID
    name: str
    status: TaskStatus
    error_message: str | None
    task_id: UUID | None = Field(description="The Prefect flow run.")
    user: str
    refresh: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Progress(_Answer):
    """How many previews stand where; the four add up to `total`."""

    total: int
    queued: int
    running: int
    done: int
    failed: int


class SourceProduct(_Answer):
    """What a source's page turned out to be."""

    id: UUID
    title: str


class BatchSource(_Answer):
    """What became of one source; its counts add up to `batch_size`."""

    id: UUID
    url: str
    batch_size: int
    status: TaskStatus
    error_message: str | None
    product: SourceProduct | None
    queued: int
    running: int
    done: int
    failed: int


class BatchDetail(Batch):
    """A bulk task, how far it is, and what became of each of its sources."""

    progress: Progress
    sources: list[BatchSource]


class Preview(_Answer):
    """One preview."""

    id: UUID
    bulk_generate_task_id: UUID
    product_id: UUID
    source_id: UUID
    position: int
    status: PreviewStatus
    error_message: str | None
    attempt: int
    source_image_url: str
    prefill: StoredPrefill | None
    edited_fields: list[str] = Field(
        description="The fields of the prefill that a person has edited, such as `cta.text`."
    )
    user: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class PreviewChanges(BaseModel):
    """What to change of a preview."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"prefill": {"headline": "Tea in two minutes", "cta": {"text": "Buy"}}}]
        },
    )

    prefill: Annotated[
        dict[str, Any],
        BeforeValidator(partial(at_most, _PARTS_OF_A_PREFILL)),
        Field(
            description="A JSON Merge Patch (RFC 7396) of the prefill: the fields given change, "
            "null takes one out, lists are replaced whole. A complete prefill replaces the whole."
        ),
    ]


class Listing(_Answer, Generic[Listed]):
    """One page of a list, newest first, with the whole addresses of the pages beside it."""

    next: str | None
    previous: str | None
    results: list[Listed]


class Health(_Answer):
    """That the process answers."""

    status: str
