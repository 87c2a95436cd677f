"""Pictures that belong to no preview any more: removed once nobody can be about to name them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from uuid import UUID

from creative.media import MediaStore
from db import pictures
from db.session import unit_of_work
from settings import get_settings

_LOOKED_UP_AT_ONCE = 500
_UNFINISHED = re.compile(r"\.[^/]*\.part")
_OF_PREVIEW = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)


def sweep_media() -> int:
    """Remove the pictures older than `CTA_MEDIA_GRACE_HOURS` that no preview names.

    Those of previews that this database has never had stay: they may be another's. Returns how
    many files there were.
    """
    settings = get_settings()
    store = MediaStore(settings.media_dir, settings.media_url)
    names = store.stored(timedelta(hours=settings.media_grace_hours))
    removed = 0
    while some := list(islice(names, _LOOKED_UP_AT_ONCE)):
        for name in _unnamed(store, some):
            store.remove(name)
            removed += 1
    with unit_of_work() as session:
        pictures.forget_deleted(session)
    return removed


def _unnamed(store: MediaStore, names: list[str]) -> Iterator[str]:
    """Those of the files that no preview names, and that only this database's could."""
    previews = {name: _preview_of(name) for name in names}
    with unit_of_work() as session:
        known = pictures.known(session, {found for found in previews.values() if found})
    named = {_stem(store.name_of(url)) for url in known.named}
    for name, preview_id in previews.items():
        was_never_ended = _UNFINISHED.fullmatch(name.partition("/")[2])
        if was_never_ended or (preview_id in known.previews and _stem(name) not in named):
            yield name


def _preview_of(name: str) -> UUID | None:
    found = _OF_PREVIEW.match(name.partition("/")[2])
    return UUID(found[0]) if found else None


def _stem(name: str) -> str:
    """What a background and its original have in common."""
    return name.rpartition("/")[2].rpartition(".")[0]
