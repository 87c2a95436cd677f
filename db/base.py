"""What all records share: names of constraints, ids, times, and whose they are."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, MetaData, Numeric, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The base of all records, with the names that constraints get."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        Decimal: Numeric(14, 4),
    }


class Identified:
    """A UUID primary key."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)


class Timestamped:
    """When the row was made and last changed, with time zone."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), onupdate=func.clock_timestamp()
    )


class Owned:
    """Whose row it is: the workspace is the tenant, the user is the person within it."""

    user: Mapped[str] = mapped_column(String(200))
    workspace: Mapped[str] = mapped_column(String(200))


class WorkedOn:
    """Which run works on the row, in which process, and when that began and ended.

    `lease_id` is the lease of the process (see `db.leases`), and `times_lost` counts how often a
    process was lost that was at it, since a person asked for it last.
    """

    flow_run_id: Mapped[UUID | None]
    lease_id: Mapped[UUID | None]
    times_lost: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
