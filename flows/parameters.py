"""Parameters that flows share, as forms show them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

RecordId = Annotated[
    UUID,
    Field(
        json_schema_extra={
            "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            "examples": ["0b9f2c1e-7a43-4f6e-9c55-3d1c8a7e2f10"],
        }
    ),
]
"""The id of a record. Prefect's server checks patterns, but not the format `uuid`."""
