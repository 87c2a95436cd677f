"""A batch as a zip that is sent while it is made: its tables, pictures and overlays."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from slugify import slugify
from zipstream import ZIP_DEFLATED, ZIP_STORED, ZipStream

from api.gallery.export import BatchExport, is_done
from creative.edits import PrefillOutdated, as_prefill
from creative.frame import render_frame
from creative.media import MediaStore

_TITLE_LENGTH = 40
_TITLE_READ = 200
_CHUNK_BYTES = 64 * 1024
_ABOUT = """\
{name}

previews.csv, previews.json   all previews that were recorded, with their prefills and cost
previews/…/                   one folder for each of the {done:,} previews that are done:
                              the number of its source, its product, its own number
    background.webp or .jpg   the picture behind the words
    prefill.json              what fills the overlay
    overlay.html              the overlay, to be opened in a browser

Everything is as it stood at the moment when it was sent.
"""


@dataclass
class BatchArchive:
    """The zip of a batch; what it holds at one time is one piece of the rows."""

    export: BatchExport
    store: MediaStore
    _archive: ZipStream = field(default_factory=lambda: ZipStream(compress_type=ZIP_DEFLATED))
    _done: int = 0
    _left_out: list[str] = field(default_factory=list)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the zip, in order; they can be had once.

        Raises:
            TokenRefused: the token was revoked in the meantime.
            UnknownRecord: the batch was deleted in the meantime.
        """
        yield from self._file("previews.csv", self.export.csv())
        yield from self._file("previews.json", self.export.json())
        for piece in self.export.pieces():
            for row in filter(is_done, piece):
                yield from self._preview(row)
        yield from self._file("README.txt", self._about().encode())
        yield from self._archive.finalize()

    def _preview(self, row: dict[str, Any]) -> Iterator[bytes]:
        self._done += 1
        folder, address = folder_of(row), row["prefill"]["generated_background_url"]
        beside = None
        with contextlib.ExitStack() as opened:
            picture = self._open(row["preview_id"], address)
            if picture is not None:
                opened.enter_context(picture)
                beside = f"background{Path(picture.name).suffix}"
                yield from self._file(f"{folder}/{beside}", _read(picture), compressed=True)
        if beside is None:
            self._left_out.append(f"{folder}/background: {address} is not in the picture store")
        prefill = orjson.dumps(row["prefill"], option=orjson.OPT_INDENT_2)
        yield from self._file(f"{folder}/prefill.json", prefill)
        try:
            shown = as_prefill(row["prefill"])
        except PrefillOutdated as error:
            self._left_out.append(f"{folder}/overlay.html: {error}")
            return
        if beside is not None:
            shown = shown.model_copy(update={"generated_background_url": beside})
        yield from self._file(f"{folder}/overlay.html", render_frame(shown).encode())

    def _open(self, preview_id: UUID, address: str) -> BinaryIO | None:
        """The stored picture of a preview; an address may name one of another workspace too."""
        path = self.store.path_of(address)
        if path is None or not path.name.startswith(str(preview_id)):
            return None
        with contextlib.suppress(FileNotFoundError):  # somebody has removed it just now
            return path.open("rb")
        return None

    def _file(
        self, name: str, content: bytes | Iterable[bytes], *, compressed: bool = False
    ) -> Iterator[bytes]:
        self._archive.add(content, name, compress_type=ZIP_STORED if compressed else ZIP_DEFLATED)
        yield from self._archive.file()

    def _about(self) -> str:
        about = _ABOUT.format(name=self.export.name, done=self._done)
        if self._left_out:
            about += "\nLeft out:\n\n" + "".join(f"{line}\n" for line in self._left_out)
        return about.replace("\n", "\r\n")


def folder_of(row: dict[str, Any]) -> str:
    """The folder of a preview, such as `previews/0001-ember-kettle-1`.

    It is made of the number of its source, its product's title, and its own number among those of
    its source, from 1; so it is another for each, also where case does not count.
    """
    title = row["product_title"][:_TITLE_READ]
    words = slugify(title, max_length=_TITLE_LENGTH, word_boundary=True)
    parts = (f"{row['source_position'] + 1:04}", words, str(row["position"] + 1))
    return f"previews/{'-'.join(filter(None, parts))}"


def _read(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
