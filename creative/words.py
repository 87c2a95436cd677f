"""A prefill from the product's own data: nothing in it that the page did not say."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from catalog.product import ScrapedProduct
from creative.brief import ANGLES, Angle, Brief
from creative.colors import Palette, hue_name, lightness_and_chroma, palette_of
from creative.phrases import (
    Phrase,
    as_subtitle,
    is_limiting,
    phrases_of,
    score,
    sentences_of,
    short_title,
    tidy,
)
from creative.prefill import (
    BRAND_LENGTH,
    HEADLINE_LENGTH,
    SUBTITLE_LENGTH,
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
from creative.wording import WORDINGS, Wording

_MOST_POSITIONS = 10
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
    line = _plan(product, wording, price)[brief.position % _MOST_POSITIONS]
    wants_details = brief.angle in ("feature", "brand")
    return PrefillDraft(
        headline=line.headline,
        subtitle=line.subtitle,
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


def locale_of(name: str | None) -> str:
    """A page's locale as "en" or "de-DE": language and, where known, territory; "en" for others."""
    try:
        locale = Locale.parse((name or "en").strip().replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        language = re.match(r"[A-Za-z]{2}(?=[-_])", name or "")
        return locale_of(language.group()) if language else "en"
    territory = locale.territory or ""
    known = re.fullmatch("[A-Z]{2}", territory)
    return f"{locale.language}-{territory}" if known else str(locale.language)


def wording_of(locale: str) -> Wording:
    """The stock of words in the language of `locale`, or in English."""
    return WORDINGS.get(locale.split("-")[0], WORDINGS["en"])


def shown_price(price: Decimal | None, currency: str | None, locale: str) -> str | None:
    """A price as it is written in `locale`, "€1,299.00" or "1.299,00 €"; None when not known."""
    if price is None or not price.is_finite() or not 0 < price < _HIGHEST_PRICE:
        return None
    if currency is None or not re.fullmatch("[A-Z]{3}", currency):
        return None
    text = format_currency(price, currency, locale=locale.replace("-", "_"))
    return text if len(text) <= _PRICE_LENGTH else None


def is_in_stock(availability: str | None) -> bool:
    """Whether the page says that the product can be had now (schema.org *ItemAvailability*)."""
    state = re.sub(r"[^a-z]", "", (availability or "").rsplit("/", 1)[-1].lower())
    return state == "instock"


@dataclass(frozen=True)
class _Line:
    headline: str
    subtitle: str


@dataclass
class _Copy:
    """The material of one product, and what of it earlier positions have used."""

    title: str
    brand: str
    price: str | None
    wording: Wording
    sentences: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    headlines: set[str] = field(default_factory=set)
    spent: list[str] = field(default_factory=list)


def _plan(product: ScrapedProduct, wording: Wording, price: str | None) -> list[_Line]:
    """Headline and subtitle of every position, so that no two of them share a headline."""
    sentences = sentences_of(product.description)
    title = tidy(product.title) or tidy(product.brand)
    material = _Copy(title, tidy(product.brand), price, wording, sentences, phrases_of(sentences))
    return [
        _line(material, ANGLES[position % len(ANGLES)], position)
        for position in range(_MOST_POSITIONS)
    ]


def _line(material: _Copy, angle: Angle, position: int) -> _Line:
    candidates = _headlines(material, angle, first=position < len(ANGLES))
    headline, source = next(
        (text, source) for text, source in candidates if text.casefold() not in material.headlines
    )
    material.headlines.add(headline.casefold())
    if source:
        material.spent.append(source)
    return _Line(headline, _subtitle(material, angle, headline))


def _headlines(material: _Copy, angle: Angle, first: bool) -> list[tuple[str, str]]:
    """The headlines that suit an angle, best first, each with the sentence that it quotes."""
    wording, title = material.wording, short_title(material.title, HEADLINE_LENGTH)
    ranked = sorted(
        material.phrases,
        key=lambda phrase: (-score(phrase.text, angle, material.brand), not phrase.whole),
    )
    telling = [phrase for phrase in ranked if score(phrase.text, angle, material.brand)]
    quoted = [(phrase.text, phrase.sentence) for phrase in telling]
    others = [(phrase.text, phrase.sentence) for phrase in ranked if phrase not in telling]
    own: list[tuple[str, str]] = []
    if angle == "price" and material.price:
        own.append((_filled(wording.cost, material.price), ""))
    if angle == "brand" and material.brand:
        own.append((_filled(wording.maker, material.brand), ""))
    named = [(title, ""), (_met(wording, material.title), "")]
    fillers = [(text, "") for text in wording.neutral]
    if first and angle == "benefit":
        # A title that has to be cut says less than a phrase of the page.
        ordered = quoted + (named[:1] if title == material.title else []) + others
    else:
        ordered = own + quoted + others + named
    return [candidate for candidate in ordered + named + fillers if candidate[0]]


def _subtitle(material: _Copy, angle: Angle, headline: str) -> str:
    """What the headline leaves open: the product's name where it is missing, and a sentence."""
    title, named = material.title, _names(headline, material.title)
    usable = [one for one in material.sentences if not _quotes(one, headline)]
    usable.sort(
        key=lambda one: (
            is_limiting(one),
            material.spent.count(one),
            -score(one, angle, material.brand),
            len(one) > SUBTITLE_LENGTH,
        )
    )
    name = short_title(title, 48)
    for sentence in usable:
        text = sentence if named or _names(sentence, title) else f"{name} – {sentence}"
        if len(text) <= SUBTITLE_LENGTH:
            material.spent.append(sentence)
            return text
    if named and usable:
        material.spent.append(usable[0])
        return as_subtitle(usable[0])
    if title and not _quotes(title, headline):
        return cut_at_a_word(title, SUBTITLE_LENGTH)
    facts = " · ".join(part for part in (material.brand, material.price) if part)
    if facts and len(facts) <= SUBTITLE_LENGTH and not _quotes(facts, headline):
        return facts
    return next(text for text in material.wording.neutral if text != headline)


def _met(wording: Wording, title: str) -> str:
    """ "Meet the …" with the title's head, or nothing where too little of it would be left."""
    if not title:
        return ""
    bare = re.sub(r"^(the|a|an)\s+", "", title, flags=re.I) if "the" in wording.meet else title
    head = short_title(bare, HEADLINE_LENGTH - len(wording.meet) + 2)
    return "" if head.endswith("…") else wording.meet.format(head)


def _filled(pattern: str, text: str) -> str:
    filled = pattern.format(text)
    return filled if len(filled) <= HEADLINE_LENGTH else cut_at_a_word(text, HEADLINE_LENGTH)


def _names(text: str, title: str) -> bool:
    """Whether `text` already names the product, by most of its title's first words."""
    words = [word for word in re.findall(r"\w+", title.casefold())[:4] if len(word) > 2]
    known = set(re.findall(r"\w+", text.casefold()))
    return bool(words) and sum(word in known for word in words) >= 0.5 * len(words)


def _quotes(text: str, headline: str) -> bool:
    """Whether `headline` is `text`, or a good part of it."""
    said, quoted = text.casefold().rstrip(".!… "), headline.casefold().rstrip(".!… ")
    return said == quoted or (quoted in said and len(quoted) > 0.5 * len(said))


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
