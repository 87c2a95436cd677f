"""Pictures as files: small enough to be streamed, and saying what made them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from xml.sax.saxutils import quoteattr

from PIL import Image, ImageFilter, PngImagePlugin

LARGEST_BACKGROUND = 350_000
_XMP = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmp:CreatorTool={tool}
    Iptc4xmpExt:DigitalSourceType={source}/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


class DigitalSource(StrEnum):
    """How a picture came to be, as the IPTC names it.

    The concepts of the scheme *Digital Source Type*,
    http://cv.iptc.org/newscodes/digitalsourcetype/.
    """

    COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/composite"
    COMPOSITE_WITH_GENERATED_MEDIA = (
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    )


@dataclass(frozen=True)
class Origin:
    """What made a picture: its digital source, and the generator with its model, in words."""

    source: DigitalSource
    tool: str

    def xmp(self) -> bytes:
        """An XMP packet that says so (ISO 16684-1; IPTC Photo Metadata, *Digital Source Type*)."""
        return _XMP.format(tool=quoteattr(self.tool), source=quoteattr(self.source)).encode()


@dataclass(frozen=True)
class PictureFile:
    """A picture as the bytes of a file; `suffix` says of which format, ".jpg" for one."""

    body: bytes
    suffix: str


def encode_background(image: Image.Image, origin: Origin) -> PictureFile:
    """`image` (RGB) as a progressive JPEG, or as WebP where that is not enough, of 350 kB at most.

    Quality is lowered as far as the eye forgives it; a picture of nothing but noise is blurred.
    """
    for candidate in _ever_smaller(image, origin.xmp()):
        if len(candidate.body) <= LARGEST_BACKGROUND:
            return candidate
    raise AssertionError("a picture that is blurred often enough fits")


def encode_original(image: Image.Image, origin: Origin) -> PictureFile:
    """`image` (RGB) in full quality.

    A model's answer, which could be had again only by paying for it, loses nothing (PNG). What the
    embedded generator composed can be composed again, and is a JPEG of quality 95 without chroma
    subsampling, a seventh of the size.
    """
    body = io.BytesIO()
    if origin.source is DigitalSource.COMPOSITE:
        image.save(body, "JPEG", quality=95, subsampling=0, xmp=origin.xmp())
        return PictureFile(body.getvalue(), ".jpg")
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", origin.xmp().decode())
    image.save(body, "PNG", compress_level=1, pnginfo=notes)
    return PictureFile(body.getvalue(), ".png")


def _ever_smaller(image: Image.Image, xmp: bytes) -> Iterator[PictureFile]:
    for quality in (90, 84, 77):
        yield _jpeg(image, quality, xmp)
    for quality in (85, 72, 58):
        yield _webp(image, quality, xmp)
    while True:
        image = image.filter(ImageFilter.GaussianBlur(1.5))
        yield _webp(image, 58, xmp)


def _jpeg(image: Image.Image, quality: int, xmp: bytes) -> PictureFile:
    body = io.BytesIO()
    # Without Pillow's `optimize`, which has to hold a whole file of noise in one buffer and fails;
    # libjpeg optimizes what is progressive anyway.
    image.save(body, "JPEG", quality=quality, progressive=True, xmp=xmp)
    return PictureFile(body.getvalue(), ".jpg")


def _webp(image: Image.Image, quality: int, xmp: bytes) -> PictureFile:
    body = io.BytesIO()
    image.save(body, "WEBP", quality=quality, method=4, xmp=xmp)
    return PictureFile(body.getvalue(), ".webp")
