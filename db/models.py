"""The records, and what the database itself refuses."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base as Base
from db.base import Identified, Owned, Timestamped, WorkedOn
from db.bookkeeping import CTADeletedPreview as CTADeletedPreview
from db.bookkeeping import CTAGenerationTurn as CTAGenerationTurn
from db.bookkeeping import CTALease as CTALease
from db.enumerations import PreviewStatus as PreviewStatus
from db.enumerations import Review as Review
from db.enumerations import TaskStatus as TaskStatus
from db.enumerations import one_of

_FAILED_SAYS_WHY = "status <> 'failed' OR error_message IS NOT NULL"


class CTABulkGenerateTask(Identified, Timestamped, Owned, WorkedOn, Base):
    """One request, whole."""

    __tablename__ = "cta_bulk_generate_task"
    __table_args__ = (
        CheckConstraint(one_of("status", TaskStatus), name="status_known"),
        CheckConstraint(_FAILED_SAYS_WHY, name="failed_says_why"),
        CheckConstraint(
            "(idempotency_key IS NULL) = (request_hash IS NULL)", name="key_with_its_request"
        ),
        UniqueConstraint("id", "workspace"),
        UniqueConstraint("workspace", "user", "idempotency_key"),
        Index(None, "workspace", "created_at", "id"),
        Index(None, "workspace", "status", "created_at", "id"),
    )

    name: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20), default=TaskStatus.PENDING)
    error_message: Mapped[str | None] = mapped_column(Text)
    refresh: Mapped[bool] = mapped_column(default=False)
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    attempt: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    reopened_at: Mapped[datetime | None]

    sources: Mapped[list["CTABulkGenerateSource"]] = relationship(
        back_populates="bulk_generate_task",
        order_by="CTABulkGenerateSource.position",
        passive_deletes=True,
        lazy="raise",
    )


class CTABulkGenerateSource(Identified, Timestamped, Owned, WorkedOn, Base):
    """One item of a request: an address, the number of previews wanted, and what became of it."""

    __tablename__ = "cta_bulk_generate_source"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bulk_generate_task_id", "workspace"],
            ["cta_bulk_generate_task.id", "cta_bulk_generate_task.workspace"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["product_id", "workspace"],
            ["ecommerce_product.id", "ecommerce_product.workspace"],
            ondelete="SET NULL (product_id)",
        ),
        CheckConstraint(one_of("status", TaskStatus), name="status_known"),
        CheckConstraint(_FAILED_SAYS_WHY, name="failed_says_why"),
        CheckConstraint("batch_size BETWEEN 1 AND 10", name="batch_size_1_to_10"),
        UniqueConstraint("bulk_generate_task_id", "position"),
        UniqueConstraint("id", "bulk_generate_task_id", "workspace"),
        Index(None, "product_id"),
        Index(
            "ix_cta_bulk_generate_source_done_by_url",
            "workspace",
            text("md5(url)"),
            "created_at",
            postgresql_where=text("status = 'done'"),
        ),
    )

    bulk_generate_task_id: Mapped[UUID]
    product_id: Mapped[UUID | None]
    position: Mapped[int]
    url: Mapped[str] = mapped_column(String(2048))
    batch_size: Mapped[int]
    product_data: Mapped[dict[str, Any] | None]
    status: Mapped[str] = mapped_column(String(20), default=TaskStatus.PENDING)
    error_message: Mapped[str | None] = mapped_column(Text)
    reopened_at: Mapped[datetime | None]

    bulk_generate_task: Mapped[CTABulkGenerateTask] = relationship(
        back_populates="sources", lazy="raise"
    )


class ECommerceProduct(Identified, Timestamped, Owned, Base):
    """What is known of one product page, in one workspace."""

    __tablename__ = "ecommerce_product"
    __table_args__ = (
        UniqueConstraint("workspace", "canonical_url"),
        UniqueConstraint("id", "workspace"),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("char_length(currency) = 3", name="currency_iso_4217"),
    )

    url: Mapped[str] = mapped_column(String(2048))
    canonical_url: Mapped[str] = mapped_column(String(2048))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    brand: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    price: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    availability: Mapped[str | None] = mapped_column(String(40))
    locale: Mapped[str | None] = mapped_column(String(20))
    image_urls: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    ranked_images: Mapped[list[Any] | None]
    ranked_by: Mapped[str | None] = mapped_column(String(200))
    read_from: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    read_at: Mapped[datetime]


class CTAIFramePreview(Identified, Timestamped, Owned, WorkedOn, Base):
    """One preview of one product, made for one bulk task."""

    __tablename__ = "cta_iframe_preview"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bulk_generate_task_id", "workspace"],
            ["cta_bulk_generate_task.id", "cta_bulk_generate_task.workspace"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["source_id", "bulk_generate_task_id", "workspace"],
            [
                "cta_bulk_generate_source.id",
                "cta_bulk_generate_source.bulk_generate_task_id",
                "cta_bulk_generate_source.workspace",
            ],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["product_id", "workspace"],
            ["ecommerce_product.id", "ecommerce_product.workspace"],
            ondelete="CASCADE",
        ),
        CheckConstraint(one_of("status", PreviewStatus), name="status_known"),
        CheckConstraint(_FAILED_SAYS_WHY, name="failed_says_why"),
        CheckConstraint(
            "status <> 'done' OR coalesce(prefill ->> 'generated_background_url', '') <> ''",
            name="done_has_background",
        ),
        CheckConstraint(
            "filled_attempt IS NULL OR (prefill IS NOT NULL AND filled_attempt <= attempt)",
            name="filled_has_prefill",
        ),
        CheckConstraint(one_of("review", Review), name="review_known"),
        CheckConstraint("review IS NULL OR status = 'done'", name="review_of_what_is_done"),
        CheckConstraint(
            "(review IS NULL) = (reviewed_by IS NULL) AND (review IS NULL) = (reviewed_at IS NULL)",
            name="review_with_its_user",
        ),
        CheckConstraint("position BETWEEN 0 AND 9", name="position_0_to_9"),
        CheckConstraint("attempt >= 1", name="attempt_from_1"),
        UniqueConstraint("source_id", "position"),
        UniqueConstraint("id", "bulk_generate_task_id", "workspace"),
        Index(None, "bulk_generate_task_id", "headline_key"),
        # Every way to list them, newest or last changed first: a page is read off one of these,
        # wherever it begins.
        Index(None, "workspace", "created_at", "id"),
        Index(None, "workspace", "status", "created_at", "id"),
        Index(None, "bulk_generate_task_id", "created_at", "id"),
        Index(None, "bulk_generate_task_id", "updated_at", "id"),
        Index(None, "bulk_generate_task_id", "status", "created_at", "id"),
        Index(None, "bulk_generate_task_id", "product_id", "created_at", "id"),
        Index(None, "product_id", "created_at", "id"),
        Index(None, "product_id", "status", "created_at", "id"),
    )

    bulk_generate_task_id: Mapped[UUID]
    source_id: Mapped[UUID]
    product_id: Mapped[UUID]
    position: Mapped[int]
    source_image_url: Mapped[str] = mapped_column(Text)
    prefill: Mapped[dict[str, Any] | None]
    # By itself, for a search through thousands would unpack the whole prefill of each.
    headline: Mapped[str | None] = mapped_column(
        Text, Computed("prefill ->> 'headline'::text", persisted=True)
    )
    headline_key: Mapped[str | None] = mapped_column(String(120))
    edited_fields: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    status: Mapped[str] = mapped_column(String(20), default=PreviewStatus.QUEUED)
    error_message: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    background_url: Mapped[str | None] = mapped_column(Text)
    draft: Mapped[dict[str, Any] | None]
    filled_attempt: Mapped[int | None]
    review: Mapped[str | None] = mapped_column(String(20))
    reviewed_by: Mapped[str | None] = mapped_column(String(200))
    reviewed_at: Mapped[datetime | None]

    bulk_generate_task: Mapped[CTABulkGenerateTask] = relationship(
        lazy="raise",
        viewonly=True,
        foreign_keys="CTAIFramePreview.bulk_generate_task_id",
        primaryjoin="CTAIFramePreview.bulk_generate_task_id == CTABulkGenerateTask.id",
    )
    product: Mapped[ECommerceProduct] = relationship(
        lazy="raise",
        viewonly=True,
        foreign_keys="CTAIFramePreview.product_id",
        primaryjoin="CTAIFramePreview.product_id == ECommerceProduct.id",
    )


class CTAModelCall(Identified, Timestamped, Owned, Base):
    """One call of a model that a preview took, and what it cost in US dollars.

    It is kept with its bulk task when its preview is deleted, for it was paid.
    """

    __tablename__ = "cta_model_call"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bulk_generate_task_id", "workspace"],
            ["cta_bulk_generate_task.id", "cta_bulk_generate_task.workspace"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["preview_id", "bulk_generate_task_id", "workspace"],
            [
                "cta_iframe_preview.id",
                "cta_iframe_preview.bulk_generate_task_id",
                "cta_iframe_preview.workspace",
            ],
            ondelete="SET NULL (preview_id)",
        ),
        CheckConstraint("half IN ('background', 'prefill')", name="half_known"),
        CheckConstraint(
            "tokens_in >= 0 AND tokens_out >= 0 AND seconds >= 0 AND cost >= 0",
            name="nothing_below_zero",
        ),
        Index(None, "bulk_generate_task_id"),
        Index(None, "preview_id"),
    )

    bulk_generate_task_id: Mapped[UUID]
    preview_id: Mapped[UUID | None]
    attempt: Mapped[int]
    half: Mapped[str] = mapped_column(String(20))
    model: Mapped[str] = mapped_column(String(200))
    seconds: Mapped[float]
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    cost: Mapped[Decimal] = mapped_column(Numeric(14, 6))
    failure: Mapped[str | None] = mapped_column(String(100))


class CTAApiToken(Identified, Timestamped, Owned, Base):
    """The bearer token of one user in one workspace; of the token itself only the hash is kept."""

    __tablename__ = "cta_api_token"
    __table_args__ = (
        CheckConstraint("length(token_hash) = 32", name="hash_is_sha_256"),
        UniqueConstraint("token_hash"),
        Index(
            "uq_cta_api_token_one_that_is_valid",
            "workspace",
            "user",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    revoked_at: Mapped[datetime | None]
