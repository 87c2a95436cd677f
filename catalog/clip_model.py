"""A loaded open_clip model: pixels and words in, unit rows out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog.pixels import on_white
from catalog.precision import choose_precision, use_bfloat16
from settings import PROJECT_ROOT

MICRO = "micro"
WORKERS = 2
Pixels = NDArray[np.uint8]
Embeddings = NDArray[np.float32]

_MICRO_CONFIG = PROJECT_ROOT / "demo" / "micro_clip" / "model.json"
_MICRO_WEIGHTS = PROJECT_ROOT / "demo" / "micro_clip" / "weights.safetensors"


@dataclass(frozen=True)
class ClipModel:
    """A model in evaluation mode; `side` is the width and height in pixels that it looks at.

    `precision` is `float32`, or `bfloat16` where its blocks multiply so.
    """

    model: Any
    tokenize: Callable[..., Any]
    device: str
    precision: str
    side: int
    dimensions: int
    context: int
    resize_mode: str
    interpolation: str
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def of(cls, name: str, model: Any, *, precision: Literal["auto", "float32"]) -> "ClipModel":
        """An open_clip model that is called `name`, made ready on the device that it is for."""
        import open_clip
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        chosen = choose_precision(model, device) if precision == "auto" else precision
        if chosen == "bfloat16":
            use_bfloat16(model)
        _share_out_the_cores()
        seen = model.visual.preprocess_cfg
        tokenize = open_clip.get_tokenizer(name)
        return cls(
            model=model.to(device).eval(),
            tokenize=tokenize,
            device=device,
            precision=chosen,
            side=int(_first(seen["size"])),
            dimensions=int(open_clip.get_model_config(name)["embed_dim"]),
            context=int(tokenize.context_length),
            resize_mode=str(seen["resize_mode"]),
            interpolation=str(seen["interpolation"]),
            mean=tuple(seen["mean"]),
            deviation=tuple(seen["std"]),
        )

    def prepare(self, picture: Image.Image) -> Pixels:
        """The pixels that the model looks at, uint8 [side, side, 3], as open_clip cuts them.

        The picture may have any mode and size; transparency is laid on white.
        """
        import torch

        side = self.side
        picture = on_white(picture)
        if self.resize_mode == "shortest":
            picture = _middle_square(picture)
        elif self.resize_mode == "longest":
            longest = max(picture.size)
            square = Image.new("RGB", (longest, longest))
            corner = ((longest - picture.width) // 2, (longest - picture.height) // 2)
            square.paste(picture, corner)
            picture = square
        if picture.size == (side, side):
            return np.array(picture)
        # torch's kernel for bytes gives what Pillow's does, to one level, in a third of the time.
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]
        resized = torch.nn.functional.interpolate(
            pixels,
            (side, side),
            mode="bilinear" if self.interpolation == "bilinear" else "bicubic",
            antialias=True,
        )
        return np.ascontiguousarray(resized[0].permute(1, 2, 0).numpy())

    def encode_pixels(self, batch: Sequence[Pixels]) -> Embeddings:
        """One row of length 1 for each prepared picture, float32 [n, d]."""
        import torch

        with torch.inference_mode():
            pixels = torch.from_numpy(np.stack(batch)).to(self.device).permute(0, 3, 1, 2)
            mean = torch.tensor(self.mean, device=self.device)[:, None, None] * 255
            deviation = torch.tensor(self.deviation, device=self.device)[:, None, None] * 255
            return _unit_rows(self.model.encode_image((pixels.float() - mean) / deviation))

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """One row of length 1 for each text, float32 [n, d]; what is too long is cut off."""
        import torch

        with torch.inference_mode():
            tokens = self.tokenize(list(texts)).to(self.device)
            return _unit_rows(_text_rows(self.model, tokens))

    def fits(self, text: str) -> bool:
        """Whether the model reads the whole text: one place more would change no token."""
        longer = self.tokenize([text], context_length=self.context + 1)[0]
        return bool((longer[: self.context] == self.tokenize([text])[0]).all())


def load_clip(
    model_name: str, pretrained: str, precision: Literal["auto", "float32"] = "auto"
) -> ClipModel:
    """Load a model by open_clip's names, or the bundled one, which is called `micro`.

    Raises:
        RuntimeError, OSError, ValueError: the model is not known, or its weights cannot be had.
    """
    # Imported here because torch takes seconds to import and most processes never rank a picture.
    import open_clip

    name, weights = model_name, pretrained
    if model_name == MICRO:
        open_clip.add_model_config(_MICRO_CONFIG)
        name, weights = _MICRO_CONFIG.stem, str(_MICRO_WEIGHTS)
    return ClipModel.of(name, open_clip.create_model(name, pretrained=weights), precision=precision)


@lru_cache
def _share_out_the_cores() -> None:
    """Give each worker its part of the cores.

    Threads that compute one batch together wait for each other at every step, and longest while
    pictures are decoded beside them; batches side by side do not.
    """
    import torch

    torch.set_num_threads(max(1, torch.get_num_threads() // WORKERS))


def _text_rows(model: Any, tokens: Any) -> Any:
    """What a model makes of texts [n, context], reading no place behind the end of the longest.

    In a tower that looks only back, and takes the row of each text's end, those places change
    nothing; a product's text fills one in five of them. Not for several threads at a time.
    """
    import open_clip
    import torch

    if not isinstance(model, open_clip.CLIP) or model.text_pool_type != "argmax":
        return model.encode_text(tokens)
    length = int(tokens.argmax(dim=-1).max()) + 1
    shorter = {
        "positional_embedding": model.positional_embedding[:length],
        "attn_mask": model.attn_mask[:length, :length],
    }
    told = torch.func.functional_call(model, shorter, (None, tokens[:, :length]))
    return told["text_features"] if isinstance(told, dict) else told[1]


def _unit_rows(rows: Any) -> Embeddings:
    """Rows of length 1; they are brought to it in 32 bits, whatever the model computes with."""
    import torch

    unit: Embeddings = torch.nn.functional.normalize(rows.float(), dim=-1).cpu().numpy()
    return unit


def _middle_square(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    if width == height:
        return picture
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def _first(size: Any) -> Any:
    return size[0] if isinstance(size, tuple | list) else size
