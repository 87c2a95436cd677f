"""Where generated pictures are kept, and under which address they are read."""

import contextlib
import os
import re
import tempfile
from pathlib import Path

from PIL import Image

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{_PART}(/{_PART})*")
_QUALITY = 90


class MediaStoreFailed(Exception):
    """A picture could not be written; the message is a sentence, `name` the picture's."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"The picture {name!r} could not be stored: {reason}.")

    def __reduce__(self) -> tuple[type["MediaStoreFailed"], tuple[str, str]]:
        return type(self), (self.name, self.reason)


class MediaStore:
    """A folder of pictures; `base_url` is the address at which it is served, if it is."""

    def __init__(self, root: Path, base_url: str | None) -> None:
        self._root = root
        self._base_url = base_url.rstrip("/") if base_url else None

    def save(self, image: Image.Image, name: str) -> str:
        """Store `image` as `name`.jpg and return its address, file:// when nothing serves it.

        The file is complete before it gets its name, so that nobody reads half of one; one of the
        same name is replaced.

        Args:
            image: any mode; what can be seen through is lost.
            name: parts of letters, digits, `.`, `_` and `-`, joined by `/`.

        Raises:
            ValueError: the name has other characters or would lead out of the folder.
            MediaStoreFailed: the file could not be written.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a name for a picture")
        root = self._root.resolve()
        target = root / f"{name}.jpg"
        try:
            if not target.parent.resolve().is_relative_to(root):
                raise ValueError(f"{name!r} leads out of the folder of pictures")
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(image.convert("RGB"), target)
        except OSError as error:
            raise MediaStoreFailed(name, error.strerror or type(error).__name__) from error
        return f"{self._base_url}/{name}.jpg" if self._base_url else target.as_uri()


def _write(image: Image.Image, target: Path) -> None:
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            image.save(file, "JPEG", quality=_QUALITY, progressive=True, optimize=True)
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
