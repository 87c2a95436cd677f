"""A feed at an address → its bytes, unpacked and within a bound."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from fsspec.core import url_to_fs

from catalog.errors import CatalogError
from catalog.feeds import InvalidFeed
from catalog.page import fetch
from settings import Settings

# Storage whose addresses name a bucket, or a file of this machine, and no host to connect to.
_STORAGE = frozenset("file local memory s3 s3a gs gcs az abfs abfss adl oss oci r2 hf".split())
_WEB_SECONDS = 600
_GZIP = b"\x1f\x8b"
_BUFFER = 1 << 20


def shown_address(address: str) -> str:
    """An address as it may be shown: without a password, and without the signature of a query."""
    scheme, mark, rest = address.strip().partition("://")
    if not mark:
        return address.strip()
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


@contextmanager
def open_feed(address: str, settings: Settings) -> Iterator[io.BufferedReader]:
    """The bytes of a feed, unpacked where they are packed with gzip, as a stream.

    http and https go through `catalog.page.fetch`, with all its guards; every other address is
    opened by fsspec. One that names a host (`sftp://host/…`) is opened where that host stands in
    `CTA_ALLOWED_PRIVATE_HOSTS`, for fsspec has no guards.

    Raises:
        InvalidFeed: it cannot be opened; raised while it is read, where it cannot be unpacked or
            has more than `CTA_MAX_FEED_BYTES`.
    """
    address, most = address.strip(), settings.max_feed_bytes
    with ExitStack() as stack:
        with _told_as_feed_errors(address):
            opened = stack.enter_context(_open(address, settings))
        packed: Any = _Bounded(opened, address, most)
        stream = io.BufferedReader(packed, _BUFFER)
        if stream.peek(2)[:2] == _GZIP:
            unpacked: Any = stack.enter_context(gzip.GzipFile(fileobj=stream))
            bounded: Any = _Bounded(unpacked, address, most)
            stream = io.BufferedReader(bounded, _BUFFER)
        yield stream


def _open(address: str, settings: Settings) -> Any:
    protocol = address.partition("://")[0].lower() if "://" in address else ""
    if protocol in ("http", "https"):
        # A feed may be a thousand times as long as a page.
        patient = settings.model_copy(update={"fetch_total_seconds": _WEB_SECONDS})
        return io.BytesIO(fetch(address, max_bytes=settings.max_feed_bytes, settings=patient).body)
    if protocol and "::" in address:
        # fsspec would read the inner address by itself, past the guards.
        raise InvalidFeed([f"The feed {shown_address(address)} is an address within an address."])
    if protocol and protocol not in _STORAGE:
        _check_host(address, settings)
    return _open_with_fsspec(address, protocol)


def _check_host(address: str, settings: Settings) -> None:
    authority = urlsplit(address).netloc.rpartition("@")[2].lower()
    if not {authority, authority.partition(":")[0]} & settings.allowed_private_hosts:
        raise InvalidFeed(
            [
                f"The feed {shown_address(address)} lies on a host that is read without the guards "
                "of the web: name the host in CTA_ALLOWED_PRIVATE_HOSTS, or use https."
            ]
        )


def _open_with_fsspec(address: str, protocol: str) -> Any:
    try:
        files, path = url_to_fs(address)
        return files.open(path, "rb")
    except ImportError as error:
        raise InvalidFeed(
            [f"To read {protocol}:// addresses, a package is missing here. {error}."]
        ) from None
    except ValueError as error:
        if protocol and "rotocol" in str(error):
            raise InvalidFeed(
                [f"There is no way to read {protocol}:// addresses; s3://, gs:// and https:// "
                 "are some that there are."]
            ) from None  # fmt: skip
        raise


@contextmanager
def _told_as_feed_errors(address: str) -> Iterator[None]:
    """Failures of files, networks and packing as sentences about the feed."""
    shown = shown_address(address)
    try:
        yield
    except (InvalidFeed, MemoryError):
        raise
    except CatalogError as error:
        raise InvalidFeed([f"The feed {shown} cannot be read. {error}"]) from None
    except FileNotFoundError:
        raise InvalidFeed([f"There is no feed at {shown}."]) from None
    except IsADirectoryError:
        raise InvalidFeed([f"{shown} is a folder; name a file in it."]) from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise InvalidFeed([f"The feed {shown} is packed with gzip and damaged."]) from None
    except Exception as error:
        # Each kind of storage has failures of its own, such as credentials that are missing.
        raise InvalidFeed(
            [f"The feed {shown} cannot be read ({type(error).__name__}): {error}"]
        ) from error


class _Bounded(io.RawIOBase):
    """A stream that ends with an error where it is larger than it may be."""

    def __init__(self, inner: BinaryIO, address: str, most: int) -> None:
        self._inner, self._address, self._most, self._read = inner, address, most, 0

    def readable(self) -> bool:
        """It is read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what fits into the buffer."""
        with _told_as_feed_errors(self._address):
            chunk = self._inner.read(len(buffer))
        self._read += len(chunk)
        if self._read > self._most:
            raise InvalidFeed(
                [f"The feed is larger than {self._most:,} bytes, unpacked (CTA_MAX_FEED_BYTES)."]
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)


def ending_of(address: str) -> str:
    """The ending of a feed's name, in lower case and without `.gz`: `.csv`, or nothing."""
    path = address.strip().partition("://")[2].partition("?")[0].partition("#")[0]
    name = (path or address.strip()).rpartition("/")[2].lower().removesuffix(".gz")
    return "." + name.rpartition(".")[2] if "." in name else ""
