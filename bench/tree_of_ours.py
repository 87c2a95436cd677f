"""The project's own flows, tasks, hooks and records, with nothing to do in the leaves.

Run as `python -m bench.tree_of_ours SOURCES PREVIEWS`, it prints what the run took. Sources come
with product data, so that no page is read; ranking, pictures and the generator answer at once.
"""

import itertools
import sys
from unittest.mock import patch

from PIL import Image

import flows
from bench.measuring import count_requests, spent_on
from catalog.ranked import Ranking, Role, ScoredImage
from creative.brief import Brief
from creative.calls import Calls
from creative.prefill import CallToAction, Colors, GeneratedBy, PrefillDraft

_PICTURE = Image.new("RGB", (8, 8))
_COLORS = Colors(
    background="#000000", text="#FFFFFF", accent="#FFFFFF", cta_background="#FFFFFF",
    cta_text="#000000",
)  # fmt: skip
_numbers = itertools.count()


class ReadyGenerator:
    """Answers at once, without a model; its headlines differ, as those of a batch have to."""

    def background(self, brief: Brief, calls: Calls) -> Image.Image:
        """A picture."""
        return _PICTURE

    def prefill(self, brief: Brief, calls: Calls) -> PrefillDraft:
        """A few words."""
        return PrefillDraft(
            headline=f"Kettle {next(_numbers)}", subtitle="It boils water.",
            cta=CallToAction(text="Buy", url="https://shop.example/kettle"), colors=_COLORS,
            visual_vibe="calm", layout="left", angle="benefit", locale="en",
            generated_by=GeneratedBy(generator="local"),
        )  # fmt: skip


class NoStore:
    """Keeps nothing."""

    def __init__(self, *folder_and_url: object) -> None:
        pass

    def save_background(self, *picture: object) -> str:
        """An address."""
        return "file:///background.jpg"

    def load(self, url: str) -> Image.Image:
        """A picture."""
        return _PICTURE


class NoEncoder:
    """A model that is never asked."""

    model_name = "none"


async def rank_pictures(product: object, image_urls: tuple[str, ...]) -> Ranking:
    """The pictures as they came."""
    return Ranking(tuple(ScoredImage(url, Role.PRODUCT, 0.5, 0.1) for url in image_urls), "none")


def idle_leaves() -> None:
    """Take the work out of the leaves, for as long as the process lives."""
    for name, replacement in (
        ("tasks.images.get_encoder", NoEncoder),
        ("tasks.images.rank_pictures", rank_pictures),
        ("tasks.backgrounds.get_generator", lambda *settings: ReadyGenerator()),
        ("tasks.prefills.get_generator", lambda *settings: ReadyGenerator()),
        ("tasks.backgrounds.MediaStore", NoStore),
        ("tasks.previews.MediaStore", NoStore),
        ("tasks.artifacts.MediaStore", NoStore),
        ("tasks.previews.load_picture", lambda url: _PICTURE),
        ("tasks.previews.make_readable", lambda draft, background: draft),
    ):
        patch(name, replacement).start()


def sources_of(batch: str, count: int, previews: int) -> list[dict[str, object]]:
    """Sources with product data."""
    return [
        {
            "url": f"https://shop.example/{batch}/{number}",
            "batch_size": previews,
            "product": {
                "title": f"Kettle {number}",
                "image_urls": [f"https://shop.example/{number}.jpg"],
            },
        }
        for number in range(count)
    ]


def main() -> int:
    """Run the flows once to warm up and once to be measured; 1 when a preview is missing."""
    sources, previews = int(sys.argv[1]), int(sys.argv[2])
    requests = count_requests()
    idle_leaves()
    flows.bulk_generate(sources_of("warm", 2, previews))
    results = []

    def run() -> None:
        results.append(flows.bulk_generate(sources_of("measured", sources, previews)))

    print(spent_on(run, requests).as_json(), flush=True)
    return int(results[0].progress["done"] != sources * previews)


if __name__ == "__main__":
    sys.exit(main())
