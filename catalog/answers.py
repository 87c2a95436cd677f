"""What a server answers: its status, its body within bounds, and what its failures mean."""

import http.client
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from requests import RequestException, Response
from urllib3.exceptions import (
    DecodeError,
    EmptyPoolError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as WaitedTooLong
from urllib3.util.request import ACCEPT_ENCODING

from catalog.addresses import Address
from catalog.connections import seconds_left
from catalog.errors import CatalogError, PageGone, PageRefused, PageUnreachable, TooLarge

CODINGS = ACCEPT_ENCODING
# One at a time: a body packed twice may keep a reader unpacking for hours, and come to nothing.
_KNOWN_CODINGS = {"", "identity", "x-gzip", *CODINGS.split(",")}
_CHUNK = 65_536
_MAY_PASS = (429, 502, 503, 504)
_IN_TROUBLE = (408, 425, 429)


class MayPass(Exception):
    """A try that failed in a way that may pass; `wait` is what the server asks for, in seconds."""

    def __init__(self, error: PageUnreachable, wait: float | None = None) -> None:
        self.error = error
        self.wait = wait
        super().__init__(str(error))


def redirect_of(response: Response) -> str | None:
    """Where an answer sends its reader, if it does."""
    if not response.is_redirect:
        return None
    # Headers are read as Latin-1, and servers write UTF-8.
    return response.headers["Location"].encode("latin-1").decode("utf-8", "replace")


def check_status(response: Response, address: Address) -> None:
    """Let a success through.

    Raises:
        MayPass: another try may help.
        PageGone, PageRefused, PageUnreachable: none will.
    """
    status, url = response.status_code, address.url
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise PageGone(url, f"The page is gone: the server answered {_named(status)}.")
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _IN_TROUBLE:
        raise PageRefused(url, f"The server does not show this page: it answered {_named(status)}.")
    wait = _retry_after(response) if status in _MAY_PASS else None
    if wait is not None and wait >= seconds_left():
        raise PageUnreachable(
            url,
            f"The server answered {_named(status)} and asks to be left alone for {wait:,.0f} "
            "seconds; try again after that.",
        )
    trouble = PageUnreachable(
        url, f"The server is in trouble and answered {_named(status)}; try again later."
    )
    if status in _MAY_PASS:
        raise MayPass(trouble, wait)
    raise trouble


def read_body(response: Response, max_bytes: int, *, cut: bool) -> bytes:
    """The body, decompressed; one larger than `max_bytes` ends there (`cut`) or is refused.

    Raises:
        TooLarge: it is larger.
        TimeoutError: the time limit is over.
        HTTPError: it broke off, or cannot be unpacked.
    """
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in _KNOWN_CODINGS:
        raise DecodeError(f"it is packed as {coding[:100]}.")
    too_large = TooLarge("", f"The file is larger than {max_bytes:,} bytes.")
    declared = response.raw.length_remaining
    if declared is not None and declared > max_bytes and not cut:
        raise too_large
    chunks, size = [], 0
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            if cut:
                break
            raise too_large
        seconds_left()
    return b"".join(chunks)[:max_bytes]


def explain(
    error: RequestException | HTTPError | TimeoutError, address: Address
) -> CatalogError | MayPass:
    """What went wrong on the way, as an error of the catalog's or as one that may pass."""
    if isinstance(error, RequestException):
        error = error.args[0]  # what urllib3 raised, of which requests tells less
    host, cause = address.host, next(filter(_is_error, (error.__cause__, *error.args)), None)

    def final(sentence: str) -> PageUnreachable:
        return PageUnreachable(address.url, sentence)

    if isinstance(error, EmptyPoolError):
        return final(f"All connections to {host} stayed busy with other pages and pictures.")
    if isinstance(error, NameResolutionError) and _is_unknown(cause):
        return final(f"There is no host of the name {host}.")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return final(f"The certificate of {host} is not valid: {cause.verify_message}.")
    if isinstance(error, DecodeError):
        return final(f"The answer of {host} cannot be unpacked: {error.args[0]}")
    broken = isinstance(error, NewConnectionError | SSLError) or (
        isinstance(error, ProtocolError) and isinstance(cause, OSError | http.client.IncompleteRead)
    )
    if broken:
        return MayPass(final(f"No connection to {host} could be made, or it broke off."))
    # After those above: urllib3 counts every connection that failed as one that took too long.
    if isinstance(error, WaitedTooLong | TimeoutError):
        return MayPass(final("The server did not answer in time."))
    return final(f"What {host} answers is not proper HTTP.")


def _is_error(value: object) -> bool:
    return isinstance(value, BaseException)


def _is_unknown(cause: object) -> bool:
    return isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _retry_after(response: Response) -> float | None:
    """The header Retry-After in seconds from now: a number or a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0)
    except (ValueError, OverflowError):
        return None
