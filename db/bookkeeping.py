"""Records of the project's own that belong to no workspace."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, func
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class CTAGenerationTurn(Base):
    """When a generation was started last under a limit, by any process (see `db.turns`)."""

    __tablename__ = "cta_generation_turn"

    limit_name: Mapped[str] = mapped_column(String(200), primary_key=True)
    started_at: Mapped[datetime]


class CTALease(Base):
    """Until when a process that works on rows counts as alive (see `db.leases`)."""

    __tablename__ = "cta_lease"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]
    seconds: Mapped[float]


class CTADeletedPreview(Base):
    """A preview that was deleted, whose files are to go too; a trigger notes it."""

    __tablename__ = "cta_deleted_preview"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    deleted_at: Mapped[datetime] = mapped_column(server_default=func.now())
