"""What Prefect's server has of the artifacts of a run."""

import base64
import io
import json
from typing import Any
from uuid import UUID

from PIL import Image
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter
from prefect.client.schemas.objects import Artifact


def artifacts_of(flow_run_id: object) -> dict[str, Artifact]:
    """The artifacts of a run by their keys, of which it has each once."""
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter.model_validate(
                {"flow_run_id": {"any_": [UUID(str(flow_run_id))]}}
            )
        )
    keyed = [artifact for artifact in found if artifact.key]
    by_key = {str(artifact.key): artifact for artifact in keyed}
    assert len(by_key) == len(keyed), "a key has two versions in one run"
    return by_key


def rows_of(artifact: Artifact) -> list[dict[str, Any]]:
    """The rows of a table."""
    rows: list[dict[str, Any]] = json.loads(str(artifact.data))
    return rows


def picture_of(artifact: Artifact) -> Image.Image:
    """The picture that an image artifact carries with it."""
    kind, _, body = str(artifact.data).partition(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(body))).convert("RGBA")
