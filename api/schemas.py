"""What goes over the wire: requests and answers, as OpenAPI shows them."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.bounds import TooManyParts, at_most
from catalog.product import CheckedSources, InvalidSources
from creative.prefill import Prefill
from db.models import PreviewStatus, Review, TaskStatus
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


class BatchRetried(_Answer):
    """A batch of which what failed is made again, and the run that makes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "bulk_generate_task_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
                    "task_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
                }
            ]
        }
    )

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
    review: Review | None = Field(
        description="What a person decided about it. Where it is edited or made anew, that is gone."
    )
    reviewed_by: str | None
    reviewed_at: datetime | None


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


class ReviewGiven(BaseModel):
    """What a person decided about a preview."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"review": "approved"}]}
    )

    review: Review | None = Field(description="`null` takes back the one that it has.")


def _once_each(parts: list[str]) -> list[str]:
    if len({*parts}) < len(parts):
        raise ValueError("each part is named once at most")
    return parts


class Regeneration(BaseModel):
    """What to make anew of a preview; both, when it is left out."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"parts": ["background"]}]}
    )

    parts: Annotated[
        list[Literal["background", "prefill"]],
        Field(
            min_length=1, max_length=2, description="The picture, the words, or both.",
            json_schema_extra={"uniqueItems": True},
        ),
        AfterValidator(_once_each),
    ] = ["background", "prefill"]  # fmt: skip


class PreviewRegenerated(_Answer):
    """A preview that is made anew, as it stands now, and the run that makes it."""

    task_id: UUID = Field(description="The Prefect flow run.")
    preview: Preview


class Listing(_Answer, Generic[Listed]):
    """One page of a list, newest first, with the whole addresses of the pages beside it."""

    next: str | None
    previous: str | None
    results: list[Listed]


class Health(_Answer):
    """That the process answers."""

    status: str
