"""A stored prefill, and how the tests edit it."""

from copy import deepcopy
from typing import Any

import pytest

from creative.edits import Edited, EditRefused, edit_prefill
from creative.prefill import Prefill

BACKGROUND = "file:///media/backgrounds/1.jpg"
PRICE_TAG = {"type": "price_tag", "text": "€24.00"}
GIVEN: dict[str, Any] = {
    "headline": "Keeps your coffee warm", "subtitle": "Luna Stoneware Mug – Holds 350 ml.",
    "cta": {"text": "Shop now", "url": "https://shop.example/p/luna"},
    "brand": "Atelier Nord", "price": None,
    "colors": {"background": "#F4EFE8", "text": "#201810", "accent": "#B0552F",
               "cta_background": "#5A2A14", "cta_text": "#FFFFFF"},
    "scrim": 0.4, "widgets": [PRICE_TAG, {"type": "badge", "text": "In stock"}],
    "visual_vibe": "pale amber", "layout": "left", "angle": "benefit", "locale": "en",
    "generated_by": {"generator": "gemini", "image_model": "painter", "text_model": None},
    "corrections": ["headline: it was too long."],
    "original_background_url": "https://shop.example/p/luna.jpg",
    "generated_background_url": BACKGROUND,
}  # fmt: skip
STORED: dict[str, Any] = Prefill.model_validate(GIVEN).model_dump(mode="json")
REQUIRED = sorted(name for name, field in Prefill.model_fields.items() if field.is_required())


def edit(**changes: Any) -> Edited:
    return edit_prefill(deepcopy(STORED), changes)


def after(**changes: Any) -> dict[str, Any]:
    return edit(**changes).prefill.model_dump(mode="json")


def refused(changes: dict[str, Any]) -> dict[str, str]:
    """The sentences by the fields that they name."""
    stored, before = deepcopy(STORED), deepcopy(changes)
    with pytest.raises(EditRefused) as caught:
        edit_prefill(stored, changes)
    assert (stored, changes) == (STORED, before)
    assert len(caught.value.problems) == len(dict(caught.value.problems))
    str(caught.value).encode()
    return dict(caught.value.problems)
