"""The gallery: batches and previews as pages in a browser."""

from fastapi import APIRouter

from api.gallery import batches, media, new_batch, sign_in, standing


def routers() -> tuple[APIRouter, ...]:
    """All routes of the gallery."""
    return (sign_in.router, batches.router, new_batch.router, standing.router, media.router)
