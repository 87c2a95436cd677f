"""Copy that claims what the page does not say is put right, and what was done is told."""

from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from catalog.product import ScrapedProduct
from creative.brief import Brief
from creative.facts import unsupported_claims
from creative.local import LocalGenerator
from creative.prefill import (
    BadgeWidget,
    PrefillDraft,
    PriceTagWidget,
    QRCodeWidget,
    RatingWidget,
    Words,
    headline_key,
)
from creative.review import review
from tests.creative.copy_samples import DEMO, HARD, REALISTIC

PICTURE = Image.new("RGB", (48, 48), "#3A6B5C")
PRODUCT = ScrapedProduct(
    url="https://shop.example/p/luna", title="Luna Stoneware Mug", brand="Atelier Nord",
    description="Keeps your coffee warm. Holds 350 ml. Thrown by hand in Porto. Rated 4.8/5 by 31.",
    price=Decimal("24"), currency="EUR", locale="en", availability="InStock",
)  # fmt: skip
FALLBACK = LocalGenerator().prefill(Brief(PRODUCT, PICTURE))


def draft(**changes: Any) -> PrefillDraft:
    known = {"headline": "Warm to the last sip", "subtitle": "Thrown by hand in Porto.",
             "alternatives": (Words(headline="By hand, in Porto", subtitle="Holds 350 ml."),)}  # fmt: skip
    return FALLBACK.model_copy(update=known | changes)


def reviewed(product: ScrapedProduct = PRODUCT, **changes: Any) -> PrefillDraft:
    made = review(draft(**changes), product, FALLBACK)
    assert review(made, product, FALLBACK) == made
    return made


def test_a_draft_that_claims_nothing_stays_as_it_is() -> None:
    made = reviewed()
    assert made.corrections == ()
    assert made.model_copy(update={"alternatives": ()}) == draft(alternatives=())


def test_a_headline_that_claims_gives_way_to_an_alternative() -> None:
    made = reviewed(headline="The best mug")
    assert made.headline == "By hand, in Porto"
    assert made.subtitle == "Thrown by hand in Porto."
    assert made.corrections == (
        "headline: “best” is not said by the product's page; "
        "it was replaced by “By hand, in Porto”.",
    )


def test_a_headline_without_an_alternative_gives_way_to_the_fallbacks() -> None:
    doubtful = (Words(headline="Half price", subtitle="Holds 350 ml."),
                Words(headline="Warm for long", subtitle="Warm for 12 hours."))  # fmt: skip
    made = reviewed(headline="The best mug", alternatives=doubtful)
    assert made.headline == FALLBACK.headline
    assert "Half price" not in [one.headline for one in made.alternatives]
    assert "Warm for long" not in [one.headline for one in made.alternatives]


def test_the_fallbacks_headlines_follow_the_drafts_own() -> None:
    headlines = [one.headline for one in reviewed().alternatives]
    assert headlines[:2] == ["By hand, in Porto", FALLBACK.headline]
    assert len(headlines) >= 40
    assert len({headline_key(one) for one in headlines}) == len(headlines)


@pytest.mark.parametrize(
    ("subtitle", "left"),
    [
        ("Thrown by hand in Porto. The best of all.", "Thrown by hand in Porto."),
        ("The best of all. Thrown by hand in Porto.", "Thrown by hand in Porto."),
        ("Thrown by hand in Porto, warm for 12 hours.", "Thrown by hand in Porto."),
        ("Thrown by hand in Porto – and now reduced!", "Thrown by hand in Porto!"),
        ("Thrown by hand in Porto, and the finest; holds 350 ml", "Thrown by hand in Porto"),
    ],
)  # fmt: skip
def test_a_subtitle_loses_the_part_that_claims(subtitle: str, left: str) -> None:
    made = reviewed(subtitle=subtitle)
    assert made.subtitle == left
    (told,) = made.corrections
    assert told.startswith("subtitle: “")
    assert left in told


@pytest.mark.parametrize(
    "subtitle",
    ["The best mug that you will ever hold in your hands",
     "Dishwasher safe, but not at more than 70 °C.", "Nice. Half price."],
)  # fmt: skip
def test_a_subtitle_of_which_nothing_whole_is_left_is_replaced(subtitle: str) -> None:
    made = reviewed(subtitle=subtitle)
    assert made.subtitle == "Holds 350 ml."
    assert "it was replaced by “Holds 350 ml.”" in made.corrections[0]


def test_button_and_vibe_are_reviewed() -> None:
    cta = FALLBACK.cta.model_copy(update={"text": "Save 20 % now"})
    made = reviewed(cta=cta, visual_vibe="the finest teal")
    assert made.cta == FALLBACK.cta
    assert made.visual_vibe == FALLBACK.visual_vibe
    told = " ".join(made.corrections)
    assert "cta.text: “Save” and “20 %” are not said" in told
    assert "visual_vibe: “finest”" in told


def test_widgets_that_the_page_does_not_support_are_left_out() -> None:
    true = (QRCodeWidget(url=PRODUCT.url), PriceTagWidget(text="24 €"), BadgeWidget(text="In stock"),
            RatingWidget(value=4.8, count=31), BadgeWidget(text="By hand"))  # fmt: skip
    false = (PriceTagWidget(text="€19"), PriceTagWidget(text="24"), BadgeWidget(text="Bestseller"),
             RatingWidget(value=4.9), RatingWidget(value=4.8, count=900))  # fmt: skip
    made = reviewed(widgets=(*false, *true))
    assert made.widgets == true
    assert [told.split(":")[0] for told in made.corrections] == [
        "price_tag", "price_tag", "badge", "rating", "rating"
    ]  # fmt: skip


def test_a_product_that_is_sold_out_has_no_badge_that_says_otherwise() -> None:
    gone = PRODUCT.model_copy(update={"availability": "OutOfStock"})
    made = reviewed(gone, widgets=(BadgeWidget(text="In stock"), BadgeWidget(text="Auf Lager")))
    assert made.widgets == ()


def test_a_price_that_is_not_the_products_gives_way_to_it() -> None:
    made = reviewed(price="€19.00")
    assert made.price == "€24.00"
    assert made.corrections == (
        "price: “€19.00” is not the price on the product's page; it was replaced by “€24.00”.",
    )
    unknown = PRODUCT.model_copy(update={"price": None})
    without = FALLBACK.model_copy(update={"price": None, "widgets": ()})
    assert review(draft(price="€24.00"), unknown, without).price is None


@pytest.mark.parametrize("product", [*DEMO, *REALISTIC, *HARD], ids=lambda one: one.title[:30])
def test_the_embedded_generators_drafts_pass_unchanged(product: ScrapedProduct) -> None:
    for position in (0, 4, 7):
        made = LocalGenerator().prefill(Brief(product, PICTURE, position))
        assert review(made, product, made) == made


def test_nothing_unsupported_is_left_anywhere() -> None:
    made = reviewed(
        headline="World's No. 1", subtitle="Best. 5-star. Half price. 70 % softer.",
        visual_vibe="most vivid", alternatives=(Words(headline="12 left", subtitle="€9 off"),),
        cta=FALLBACK.cta.model_copy(update={"text": "Get it free of charge"}),
    )  # fmt: skip
    texts = [made.headline, made.subtitle, made.cta.text, made.visual_vibe]
    texts += [text for one in made.alternatives for text in (one.headline, one.subtitle)]
    assert not [claim for text in texts for claim in unsupported_claims(text, PRODUCT)]
    assert PrefillDraft.model_validate(made.model_dump()) == made


def test_a_price_in_the_signs_of_its_country_is_left_alone() -> None:
    product = PRODUCT.model_copy(
        update={"price": Decimal("189900"), "currency": "COP", "locale": "es-CO"}
    )
    fallback = LocalGenerator().prefill(Brief(product, PICTURE))
    assert any(isinstance(widget, PriceTagWidget) for widget in fallback.widgets)
    made = review(fallback, product, fallback)
    assert made.corrections == ()
    assert made.widgets == fallback.widgets
    assert made.price == fallback.price
