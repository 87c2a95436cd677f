"""The gallery: batches and previews as pages in a browser."""

from fastapi import APIRouter

from api.gallery import batches, downloads, media, new_batch, nowhere, previews, sign_in, standing


def routers() -> tuple[APIRouter, ...]:
    """All routes of the gallery; the last one takes what the others do not."""
    return (
        sign_in.router, batches.router, new_batch.router, standing.router, previews.router,
        media.router, downloads.router, nowhere.router,
    )  # fmt: skip
