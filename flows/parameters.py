"""Parameters that flows share, as forms show them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

RecordId = Annotated[
    UUID,
    Field(
        json_schema_extra={"pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    ),
]
"""The id of a record. Prefect's server holds forms to patterns, and not to the format `uuid`."""
