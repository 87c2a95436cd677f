"""Where generated pictures are kept, and under which address they are read."""

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

from PIL import Image

from creative.background import fit_background, without_transparency
from creative.encoding import Origin, PictureFile, encode_background, encode_original

_FOLDERS = ("backgrounds", "originals")
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{_PART}(/{_PART})*")


class MediaStoreFailed(Exception):
    """A picture could not be stored, or read; the message is a sentence, `name` the picture's."""

    def __init__(self, name: str, action: str, reason: str) -> None:
        self.name = name
        self.action = action
        self.reason = reason
        super().__init__(f"The picture {name!r} could not be {action}: {reason}.")

    def __reduce__(self) -> tuple[type["MediaStoreFailed"], tuple[str, str, str]]:
        return type(self), (self.name, self.action, self.reason)


class MediaStore:
    """A folder of pictures; `base_url` is the address at which it is served, if it is."""

    def __init__(self, root: Path, base_url: str | None) -> None:
        self._root = root
        self._base_url = base_url.rstrip("/") if base_url else None

    def save_background(self, image: Image.Image, name: str, origin: Origin) -> str:
        """Store a background and, beside it, what it was made of in full quality.

        The background is `backgrounds/<name>`, 1920×1080 and of 350 kB at most, a JPEG or a WebP;
        `image` as it came is `originals/<name>`. Both say in their XMP what made them. Files of
        the same name are replaced.

        Args:
            image: any mode and size.
            name: parts of letters, digits, `.`, `_` and `-`, joined by `/`, without a suffix.
            origin: what made the picture.

        Returns:
            The background's address, file:// when nothing serves the folder.

        Raises:
            ValueError: the name has other characters or would lead out of the folder.
            MediaStoreFailed: a file could not be written.
        """
        flat = without_transparency(image)
        self._write(f"originals/{name}", encode_original(flat, origin))
        return self._write(f"backgrounds/{name}", encode_background(fit_background(flat), origin))

    def stored(self, age: timedelta) -> Iterator[str]:
        """The names of the files that are older than `age`: `backgrounds/…`, `originals/…`.

        Files that were being written when their process died are among them.
        """
        written_before = time.time() - age.total_seconds()
        for folder in _FOLDERS:
            for path in sorted((self._root / folder).glob("*")):
                with contextlib.suppress(FileNotFoundError):  # somebody else has removed it
                    if path.is_file() and path.stat().st_mtime < written_before:
                        yield f"{folder}/{path.name}"

    def name_of(self, url: str) -> str:
        """The name of the file that was stored under an address; the address itself if it is not
        this store's.
        """
        return unquote(url.removeprefix(f"{self._base}/"))

    def path_of(self, url: str) -> Path | None:
        """The file that was stored under an address, served or not; None where it is not here.

        The address may be of the time before the folder was served, or the other way round.
        """
        for base in filter(None, (self._base_url, self._root.resolve().as_uri())):
            name = unquote(url.removeprefix(f"{base}/"))
            if url.startswith(f"{base}/") and _NAME.fullmatch(name):
                path = self._root / name
                return path if path.is_file() else None
        return None

    def remove(self, name: str) -> None:
        """Remove a file, whatever is still there of it.

        Raises:
            MediaStoreFailed: it could not be removed.
        """
        try:
            (self._root / name).unlink(missing_ok=True)
        except OSError as error:
            raise MediaStoreFailed(name, "removed", _reason(error)) from error

    @property
    def _base(self) -> str:
        return self._base_url or self._root.resolve().as_uri()

    def load(self, url: str) -> Image.Image:
        """The picture that was stored under an address, RGB.

        Raises:
            MediaStoreFailed: the address is not this store's, or its file cannot be read.
        """
        path = self.path_of(url)
        if path is None:
            raise MediaStoreFailed(url, "read", "it is not in the folder of pictures")
        try:
            with Image.open(path, formats=("JPEG", "WEBP")) as picture:
                return picture.convert("RGB")
        except OSError as error:
            raise MediaStoreFailed(url, "read", _reason(error)) from error

    def _write(self, name: str, file: PictureFile) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a name for a picture")
        root = self._root.resolve()
        target = root / f"{name}{file.suffix}"
        try:
            if not target.parent.resolve().is_relative_to(root):
                raise ValueError(f"{name!r} leads out of the folder of pictures")
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(file.body, target)
        except OSError as error:
            raise MediaStoreFailed(name, "stored", _reason(error)) from error
        return f"{self._base_url}/{target.relative_to(root)}" if self._base_url else target.as_uri()


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _write(body: bytes, target: Path) -> None:
    """Write a file that is complete before it gets its name, so that nobody reads half of one."""
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            # Made by mkstemp for its owner alone, and to be read by a web server too.
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(aside).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(aside).unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
