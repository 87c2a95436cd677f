"""Bearer tokens: one for each user of a workspace, kept as hashes."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.models import CTAApiToken

PREFIX = "cta_"
_BYTES = 32


@dataclass(frozen=True)
class Member:
    """A user of a workspace."""

    workspace: str
    user: str


class TokenRefused(Exception):
    """There is no token, or one that is unknown or was revoked."""

    def __init__(self) -> None:
        super().__init__(
            "A valid bearer token is needed: Authorization: Bearer …. An operator makes one with "
            "`python -m api.tokens create --workspace W --user U`."
        )

    def __reduce__(self) -> tuple[type["TokenRefused"], tuple[()]]:
        return type(self), ()


class TokenExists(Exception):
    """The user has a valid token already, and may have one alone."""

    def __init__(self, member: Member) -> None:
        self.member = member
        super().__init__(
            f"{member.user!r} has a token in the workspace {member.workspace!r} already; "
            "revoke it before you make another."
        )


class NoValidToken(LookupError):
    """The user has no token that could be revoked."""

    def __init__(self, member: Member) -> None:
        self.member = member
        super().__init__(
            f"{member.user!r} has no valid token in the workspace {member.workspace!r}."
        )


def hash_of(token: str) -> bytes:
    """SHA-256 of a token. The 256 random bits in it make a slow hash and a salt needless."""
    return hashlib.sha256(token.encode()).digest()


def create(session: Session, member: Member) -> str:
    """Make the token of a user, and return it; it cannot be had again.

    Raises:
        TokenExists: the user has a valid one.
    """
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    session.add(
        CTAApiToken(token_hash=hash_of(token), workspace=member.workspace, user=member.user)
    )
    try:
        session.flush()
    except IntegrityError as error:
        raise TokenExists(member) from error
    return token


def revoke(session: Session, member: Member) -> None:
    """Make the token of a user worthless, from now on.

    Raises:
        NoValidToken: the user has none.
    """
    revoked = session.execute(
        update(CTAApiToken)
        .where(
            CTAApiToken.workspace == member.workspace,
            CTAApiToken.user == member.user,
            CTAApiToken.revoked_at.is_(None),
        )
        .values(revoked_at=func.clock_timestamp())
        .returning(CTAApiToken.id)
    ).scalar_one_or_none()
    if revoked is None:
        raise NoValidToken(member)


def valid(session: Session) -> list[tuple[Member, datetime]]:
    """Who has a valid token, and since when; by workspace and user."""
    rows = session.execute(
        select(CTAApiToken.workspace, CTAApiToken.user, CTAApiToken.created_at)
        .where(CTAApiToken.revoked_at.is_(None))
        .order_by(CTAApiToken.workspace, CTAApiToken.user)
    )
    return [(Member(row.workspace, row.user), row.created_at) for row in rows]
