"""Pictures of any mode and size as plain RGB, no larger than they have to be."""

from PIL import Image


def on_white(picture: Image.Image) -> Image.Image:
    """The picture as RGB, its transparency laid on white; an RGB picture is returned as it is."""
    picture = eight_bits(picture)
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    pixels = picture.convert("RGBA")
    ground = Image.new("RGBA", pixels.size, "white")
    return Image.alpha_composite(ground, pixels).convert("RGB")


def eight_bits(picture: Image.Image) -> Image.Image:
    """A picture of 16 bits a sample (modes `I;16` and, from older readers, `I`) with 8.

    Pillow's own conversion clips such samples at 255, which makes nearly all of them white.
    """
    if picture.mode not in ("I", "I;16", "I;16B", "I;16L", "I;16N"):
        return picture
    # Imported here: a process that only downloads would hold a quarter more for this rarity.
    import numpy as np

    samples = np.asarray(picture.convert("I")).clip(0, 65_535)
    return Image.fromarray((samples // 257).astype(np.uint8))


def draft(picture: Image.Image, side: int) -> None:
    """Have a JPEG that is not decoded yet come out smaller, its shorter side at least `side`.

    Its decoder can leave out what a half, a quarter or an eighth does not need; other formats
    cannot, and stay as they are.
    """
    picture.draft(None, (side, side))


def reduced(picture: Image.Image, side: int) -> Image.Image:
    """The picture shrunk by the largest whole factor that leaves its shorter side at `side`."""
    factor = min(picture.size) // side
    return picture.reduce(factor) if factor > 1 else picture
