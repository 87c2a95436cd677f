"""A prefill from the product's own data: nothing in it that the page did not say."""

import re
from decimal import Decimal

from babel.numbers import format_currency

from catalog.product import ScrapedProduct
from creative.brief import Brief
from creative.colors import Palette, hue_name, lightness_and_chroma, palette_of
from creative.copywriting.headlines import material_of, words_for
from creative.copywriting.locales import locale_of
from creative.copywriting.phrases import tidy
from creative.copywriting.wording import ELSEWHERE, WORDINGS, Wording
from creative.prefill import (
    BRAND_LENGTH,
    BadgeWidget,
    CallToAction,
    Colors,
    GeneratedBy,
    PrefillDraft,
    PriceTagWidget,
    QRCodeWidget,
    Widget,
    cut_at_a_word,
)

_PRICE_LENGTH = 30
_HIGHEST_PRICE = 10**12


def write_prefill(brief: Brief) -> PrefillDraft:
    """The words, colours and widgets of one preview.

    Angle and position choose among the page's own phrases. The headlines of the ten positions of
    a batch all differ.
    """
    product = brief.product
    locale = locale_of(product.locale)
    wording = wording_of(locale)
    palette = palette_of(brief.picture, brief.mood)
    price = shown_price(product.price, product.currency, locale)
    own, *alternatives = words_for(material_of(product, wording, locale, price), brief.position)
    wants_details = brief.angle in ("feature", "brand")
    return PrefillDraft(
        headline=own.headline,
        subtitle=own.subtitle,
        alternatives=tuple(alternatives),
        cta=CallToAction(text=wording.details if wants_details else wording.shop, url=product.url),
        brand=cut_at_a_word(tidy(product.brand), BRAND_LENGTH) or None,
        price=price,
        colors=_colors(palette),
        widgets=_widgets(product, wording, price),
        visual_vibe=_vibe(brief, palette),
        layout=brief.layout,
        angle=brief.angle,
        locale=locale,
        generated_by=GeneratedBy(generator="local"),
    )


def wording_of(locale: str) -> Wording:
    """The stock of words in the language of `locale`, or in English."""
    return WORDINGS.get(locale.split("-")[0], ELSEWHERE)


def shown_price(price: Decimal | None, currency: str | None, locale: str) -> str | None:
    """A price as it is written in `locale`, "€1,299.00" or "1.299,00 €"; None when not known.

    A currency's letters are kept apart from the digits, as CLDR's *currency spacing* says and Babel
    does not do.
    """
    if price is None or not price.is_finite() or not 0 < price < _HIGHEST_PRICE:
        return None
    if currency is None or not re.fullmatch("[A-Z]{3}", currency):
        return None
    text = format_currency(price, currency, locale=locale.replace("-", "_"))
    text = re.sub(r"(?<=[^\W\d_])(?=\d)", "\N{NO-BREAK SPACE}", text)
    return text if len(text) <= _PRICE_LENGTH else None


def is_in_stock(availability: str | None) -> bool:
    """Whether the page says that the product can be had now (schema.org *ItemAvailability*)."""
    state = re.sub(r"[^a-z]", "", (availability or "").rsplit("/", 1)[-1].lower())
    return state == "instock"


def _colors(palette: Palette) -> Colors:
    return Colors(
        background=palette.background,
        text=palette.text,
        accent=palette.accent,
        cta_background=palette.cta_background,
        cta_text=palette.cta_text,
    )


def _widgets(product: ScrapedProduct, wording: Wording, price: str | None) -> tuple[Widget, ...]:
    widgets: list[Widget] = [QRCodeWidget(url=product.url)]
    if price:
        widgets.append(PriceTagWidget(text=price))
    if is_in_stock(product.availability):
        widgets.append(BadgeWidget(text=wording.in_stock))
    return tuple(widgets)


def _vibe(brief: Brief, palette: Palette) -> str:
    _, chroma = lightness_and_chroma(palette.surface)
    tone = {"light": "pale", "dark": "deep", "vivid": "vivid"}[brief.mood]
    light = {"light": "soft daylight", "dark": "low-key light", "vivid": "bright studio light"}
    return f"{tone} {hue_name(palette.hue, chroma)}, {light[brief.mood]}"
