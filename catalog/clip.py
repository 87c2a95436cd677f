"""The CLIP encoder that scores pictures against words: one a process, shared by all threads."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Literal

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from PIL import Image

from catalog.batching import Batcher
from catalog.clip_model import MICRO as MICRO
from catalog.clip_model import WORKERS, ClipModel, Embeddings, Pixels, load_clip
from settings import Settings, get_settings

Row = NDArray[np.float32]

_LARGEST_BATCH = 16
_LINGER = 0.04  # seconds; the last pictures of a product wait as long
_TEXTS_KEPT = 2_048
_REMEMBER_REFUSAL = 300.0  # seconds


class ClipUnavailable(Exception):
    """The model cannot be loaded; the message says what to do about it."""

    def __init__(self, model: str, pretrained: str, reason: str) -> None:
        self.model = model
        self.pretrained = pretrained
        self.reason = reason
        super().__init__(
            f"The CLIP model {model!r} with the weights {pretrained!r} could not be loaded "
            f"({reason}). Let this machine reach the network, set CTA_CLIP_PRETRAINED to the path "
            f"of a checkpoint, set CTA_CLIP_MODEL={MICRO} for the demo, or set "
            "CTA_RANK_WITHOUT_CLIP=true to take pictures in the order of their page."
        )

    def __reduce__(self) -> tuple[type["ClipUnavailable"], tuple[str, str, str]]:
        return type(self), (self.model, self.pretrained, self.reason)


class ClipEncoder:
    """One open_clip model, loaded when it is first used; safe to share between threads.

    What several threads ask for at the same time is computed in the same batches, and texts are
    remembered. A load that failed is not tried again for five minutes, because open_clip waits
    for an unreachable hub for the better part of a minute, and each source would wait anew.

    `model_name` and `pretrained` are open_clip's names (or the path of a checkpoint); the model
    name `micro` stands for the bundled one, whose weights are always its own. `precision` is
    `auto`, which computes with 16 bits where this machine is faster so, or `float32`.
    """

    def __init__(
        self, model_name: str, pretrained: str, precision: Literal["auto", "float32"] = "auto"
    ) -> None:
        self._model_name = model_name
        self._pretrained = pretrained
        self._precision = precision
        self._lock = threading.Lock()
        self._loaded: ClipModel | None = None
        self._refused_for = ""
        self._refused_until = 0.0
        self._known: LRUCache[str, Future[Row]] = LRUCache(_TEXTS_KEPT)
        self._known_lock = threading.Lock()
        self._pictures = Batcher[Pixels, Row](
            lambda batch: _rows(self.load().encode_pixels(batch)),
            largest=_LARGEST_BATCH, workers=WORKERS, linger=_LINGER, name="clip-pictures",
        )  # fmt: skip
        self._texts = Batcher[str, Row](
            lambda batch: _rows(self.load().encode_texts(batch)),
            largest=_LARGEST_BATCH, workers=1, linger=_LINGER, name="clip-texts",
        )  # fmt: skip

    @property
    def model_name(self) -> str:
        """What scored: the model's name and, unless it is the bundled one, its weights."""
        if self._model_name == MICRO:
            return MICRO
        return f"{self._model_name}/{self._pretrained}"

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """One row of length 1 for each text, float32 [n, d]. Raises `ClipUnavailable`."""
        loaded = self.load()
        return _stacked([self._text(text) for text in texts], loaded.dimensions)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """One row of length 1 for each picture, float32 [n, d]. Raises `ClipUnavailable`.

        The pictures may have any mode and size; transparency is laid on white.
        """
        loaded = self.load()
        futures = [self.submit(loaded.prepare(image)) for image in images]
        return _stacked(futures, loaded.dimensions)

    def submit(self, pixels: Pixels, turn: int = 0) -> Future[Row]:
        """The row of one picture that the model's `prepare` has made ready, in the future.

        Of those that wait, the ones of the earliest `turn` are encoded first.
        """
        return self._pictures.submit(pixels, turn)

    def load(self) -> ClipModel:
        """The model, loaded by whoever comes first.

        Raises:
            ClipUnavailable: it cannot be loaded.
        """
        with self._lock:
            if self._loaded is not None:
                return self._loaded
            if self._refused_for and time.monotonic() < self._refused_until:
                raise ClipUnavailable(self._model_name, self._pretrained, self._refused_for)
            try:
                self._loaded = load_clip(self._model_name, self._pretrained, self._precision)
            except (RuntimeError, OSError, ValueError) as error:
                self._refused_for = _first_line(error)
                self._refused_until = time.monotonic() + _REMEMBER_REFUSAL
                raise ClipUnavailable(
                    self._model_name, self._pretrained, self._refused_for
                ) from error
            return self._loaded

    def _text(self, text: str) -> Future[Row]:
        with self._known_lock:
            known = self._known.get(text)
            failed = known is not None and known.done() and known.exception() is not None
            if known is None or failed:
                known = self._known[text] = self._texts.submit(text)
            return known


_encoders: dict[tuple[str, str, Literal["auto", "float32"]], ClipEncoder] = {}
_encoders_lock = threading.Lock()


def get_encoder(settings: Settings | None = None) -> ClipEncoder:
    """This process's encoder for the model that the settings name; always the same object."""
    settings = settings or get_settings()
    key = (settings.clip_model, settings.clip_pretrained, settings.clip_precision)
    with _encoders_lock:
        if key not in _encoders:
            _encoders[key] = ClipEncoder(*key)
        return _encoders[key]


def _rows(embeddings: Embeddings) -> list[Row]:
    # Copies, because a row that is kept would otherwise keep its whole batch.
    return [row.copy() for row in embeddings]


def _stacked(futures: Sequence[Future[Row]], dimensions: int) -> Embeddings:
    rows = [future.result() for future in futures]
    return np.stack(rows) if rows else np.zeros((0, dimensions), dtype=np.float32)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
