"""Addresses of the gallery that lead nowhere: told on a page, as everything else is."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException

from api.gallery.routes import GalleryRoute

router = APIRouter(prefix="/gallery", include_in_schema=False, route_class=GalleryRoute)


@router.get("/{path:path}")
def show_nothing(path: str) -> None:
    """There is no such page."""
    raise HTTPException(404, "There is nothing at this address")
