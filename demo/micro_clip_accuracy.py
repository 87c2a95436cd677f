"""How well the bundled micro CLIP knows drawings that it has never seen."""

from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog.clip import MICRO, ClipEncoder
from demo.drawings import BACKDROPS, COLORS, DECOY_KINDS, KINDS, draw_decoy, draw_product

LEAST_OBJECTS_RIGHT = 0.95

_Floats = NDArray[np.float32]
_KEPT = 256


def measure(
    rounds: int = 3, first_seed: int = 500, size: int = 1200, processes: int = 2
) -> dict[str, float]:
    """Shares of held-out drawings that are told right, and how many were drawn.

    Each round draws every kind in every colour once, `size` pixels wide, a quarter as close-ups:
    `objects_right` chooses among the kinds, `colors_right` among the colours of the right kind,
    `exact` among both; `above_decoys` is the share whose own title scores it above every decoy.
    """
    labels = [(kind, color) for kind in KINDS for color in COLORS] * rounds
    jobs = [(*label, first_seed + index, size) for index, label in enumerate(labels)]
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            pictures = list(pool.map(_draw, jobs, chunksize=10))
    else:
        pictures = [_draw(job) for job in jobs]
    encoder = ClipEncoder(MICRO, "")
    seen = encoder.encode_images(pictures)
    decoys = encoder.encode_images(
        [draw_decoy(kind, first_seed + seed) for kind in DECOY_KINDS for seed in range(10)]
    )
    return {
        "drawings": len(pictures),
        "first_seed": first_seed,
        **_shares(encoder, seen, decoys, labels),
    }


def draw_any_view(kind: str, color: str, seed: int, size: int) -> Image.Image:
    """The product before a backdrop that the seed chooses, in a quarter of the seeds close up."""
    rng = np.random.default_rng([seed, 3])
    backdrop = BACKDROPS[int(rng.integers(len(BACKDROPS)))]
    close_up = bool(rng.random() < 0.25)
    return draw_product(kind, color, seed=seed, size=size, backdrop=backdrop, close_up=close_up)


def _draw(job: tuple[str, str, int, int]) -> Image.Image:
    picture = draw_any_view(*job)
    # The model sees 64 pixels; a smaller copy passes between the processes more cheaply.
    picture.thumbnail((_KEPT, _KEPT), Image.Resampling.LANCZOS)
    return picture


def _shares(
    encoder: ClipEncoder, seen: _Floats, decoys: _Floats, labels: list[tuple[str, str]]
) -> dict[str, float]:
    kinds, colors = list(KINDS), list(COLORS)
    kind_of = np.array([kinds.index(kind) for kind, _ in labels])
    color_of = np.array([colors.index(color) for _, color in labels])
    of_kinds = encoder.encode_texts([f"a photo of a {kind}" for kind in kinds])
    of_both = encoder.encode_texts([f"a photo of a {c} {k}" for k in kinds for c in colors])
    by_kind = seen @ of_kinds.T
    by_both = (seen @ of_both.T).reshape(len(labels), len(kinds), len(colors))
    own = by_both[np.arange(len(labels)), kind_of]
    exact = by_both.reshape(len(labels), -1).argmax(1) == kind_of * len(colors) + color_of
    title = of_both[kind_of * len(colors) + color_of]
    above = (seen * title).sum(1) > (title @ decoys.T).max(1)
    shares = {
        "objects_right": by_kind.argmax(1) == kind_of,
        "colors_right": own.argmax(1) == color_of,
        "exact": exact,
        "above_decoys": above,
    }
    return {name: round(float(right.mean()), 4) for name, right in shares.items()}
