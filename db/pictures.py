"""Which pictures belong to previews."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.bookkeeping import CTADeletedPreview
from db.models import CTAIFramePreview

_REMEMBERED = timedelta(days=90)


@dataclass(frozen=True)
class KnownPictures:
    """What this database knows of pictures.

    `previews` are those that it has, or had before they were deleted; `named` are the addresses of
    the pictures that those which it has name.
    """

    previews: frozenset[UUID]
    named: frozenset[str]


def known(session: Session, preview_ids: Collection[UUID]) -> KnownPictures:
    """What is known of the pictures of some previews."""
    shown = CTAIFramePreview.prefill["generated_background_url"].astext
    rows = session.execute(
        select(CTAIFramePreview.id, CTAIFramePreview.background_url, shown).where(
            CTAIFramePreview.id.in_(preview_ids)
        )
    ).all()
    deleted = session.scalars(
        select(CTADeletedPreview.id).where(CTADeletedPreview.id.in_(preview_ids))
    )
    return KnownPictures(
        frozenset({row[0] for row in rows} | set(deleted)),
        frozenset(url for row in rows for url in row[1:] if url),
    )


def forget_deleted(session: Session) -> None:
    """Forget the previews that were deleted so long ago that their pictures are gone too."""
    session.execute(
        delete(CTADeletedPreview).where(CTADeletedPreview.deleted_at < func.now() - _REMEMBERED)
    )
