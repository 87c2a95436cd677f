"""The CLIP model that scores pictures against words, behind one small class."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from settings import PROJECT_ROOT, Settings, get_settings

MICRO = "micro"
Embeddings = NDArray[np.float32]

_MICRO_CONFIG = PROJECT_ROOT / "demo" / "micro_clip" / "model.json"
_MICRO_WEIGHTS = PROJECT_ROOT / "demo" / "micro_clip" / "weights.safetensors"
_BATCH = 32
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
            f"of a checkpoint, or set CTA_CLIP_MODEL={MICRO} for the demo."
        )

    def __reduce__(self) -> tuple[type["ClipUnavailable"], tuple[str, str, str]]:
        return type(self), (self.model, self.pretrained, self.reason)


@dataclass(frozen=True)
class _Loaded:
    model: Any
    preprocess: Callable[[Image.Image], Any]
    tokenize: Callable[[list[str]], Any]
    device: str
    dimensions: int


class ClipEncoder:
    """One open_clip model, loaded when it is first used; safe to share between threads.

    A load that failed is not tried again for five minutes, because open_clip waits for an
    unreachable hub for the better part of a minute, and each source would wait anew.

    `model_name` and `pretrained` are open_clip's names (or the path of a checkpoint); the model
    name `micro` stands for the bundled one, whose weights are always its own.
    """

    def __init__(self, model_name: str, pretrained: str) -> None:
        self._model_name = model_name
        self._pretrained = pretrained
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._refused_for = ""
        self._refused_until = 0.0

    @property
    def model_name(self) -> str:
        """What scored: the model's name and, unless it is the bundled one, its weights."""
        if self._model_name == MICRO:
            return MICRO
        return f"{self._model_name}/{self._pretrained}"

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """One row of length 1 for each text, float32 [n, d]. Raises `ClipUnavailable`."""
        loaded = self._load()
        return _in_batches(
            loaded, texts, lambda batch: loaded.tokenize(list(batch)), loaded.model.encode_text
        )

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """One row of length 1 for each picture, float32 [n, d]. Raises `ClipUnavailable`.

        The pictures may have any mode and size; transparency is laid on white.
        """
        import torch

        loaded = self._load()
        return _in_batches(
            loaded,
            images,
            lambda batch: torch.stack([loaded.preprocess(_opaque(image)) for image in batch]),
            loaded.model.encode_image,
        )

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is not None:
                return self._loaded
            if self._refused_for and time.monotonic() < self._refused_until:
                raise ClipUnavailable(self._model_name, self._pretrained, self._refused_for)
            try:
                self._loaded = _load(self._model_name, self._pretrained)
            except ClipUnavailable as refused:
                self._refused_for = refused.reason
                self._refused_until = time.monotonic() + _REMEMBER_REFUSAL
                raise
            return self._loaded


_encoders: dict[tuple[str, str], ClipEncoder] = {}
_encoders_lock = threading.Lock()


def get_encoder(settings: Settings | None = None) -> ClipEncoder:
    """This process's encoder for the model that the settings name; always the same object."""
    settings = settings or get_settings()
    key = (settings.clip_model, settings.clip_pretrained)
    with _encoders_lock:
        if key not in _encoders:
            _encoders[key] = ClipEncoder(*key)
        return _encoders[key]


def _load(model_name: str, pretrained: str) -> _Loaded:
    # Imported here because torch takes seconds to import and most processes never rank a picture.
    import open_clip
    import torch

    name, weights = model_name, pretrained
    try:
        if model_name == MICRO:
            open_clip.add_model_config(_MICRO_CONFIG)
            name, weights = _MICRO_CONFIG.stem, str(_MICRO_WEIGHTS)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        model, _, preprocess = open_clip.create_model_and_transforms(
            name, pretrained=weights, device=device
        )
        tokenize = open_clip.get_tokenizer(name)
    except (RuntimeError, OSError, ValueError) as error:
        raise ClipUnavailable(model_name, pretrained, _first_line(error)) from error
    model.eval()
    dimensions = int(open_clip.get_model_config(name)["embed_dim"])
    return _Loaded(model, preprocess, tokenize, device, dimensions)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _in_batches(
    loaded: _Loaded,
    items: Sequence[Any],
    prepare: Callable[[Sequence[Any]], Any],
    encode: Callable[..., Any],
) -> Embeddings:
    import torch

    rows = [np.zeros((0, loaded.dimensions), dtype=np.float32)]
    with torch.inference_mode():
        for begin in range(0, len(items), _BATCH):
            prepared = prepare(items[begin : begin + _BATCH]).to(loaded.device)
            rows.append(encode(prepared, normalize=True).float().cpu().numpy())
    return np.concatenate(rows)


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return image.convert("RGB")
    pixels = image.convert("RGBA")
    ground = Image.new("RGBA", pixels.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, pixels).convert("RGB")
