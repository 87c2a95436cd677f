"""The gallery: batches and previews as pages in a browser."""

from fastapi import APIRouter

from api.gallery import media, sign_in


def routers() -> tuple[APIRouter, ...]:
    """All routes of the gallery."""
    return (sign_in.router, media.router)
