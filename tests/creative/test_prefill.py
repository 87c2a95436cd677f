"""The words of a preview: valid, different by position, and nothing that the page did not say."""

import re
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from catalog.product import ScrapedProduct
from creative.brief import ANGLES, Brief
from creative.copywriting.locales import locale_of
from creative.copywriting.wording import WORDINGS
from creative.copywriting.words import is_in_stock, shown_price
from creative.errors import GenerationError, HeadlinesUsedUp
from creative.local import LocalGenerator
from creative.prefill import (
    Colors,
    Prefill,
    PrefillDraft,
    choose_words,
    cut_at_a_word,
    headline_key,
)
from demo.drawings import draw_product

PICTURE = draw_product("mug", "teal", size=200).resize((48, 48))
DESCRIPTION = (
    "Handmade stoneware with a matte glaze, speckled like river sand. Keeps your coffee warm. "
    "Holds 350 ml. Dishwasher safe, but not suitable for the microwave. "
    "Made for slow mornings. Every mug is thrown by hand in our Porto studio."
)


def product(**changes: Any) -> ScrapedProduct:
    known: dict[str, Any] = {
        "url": "https://shop.example/p/luna", "title": "Luna Stoneware Mug",
        "description": DESCRIPTION, "brand": "Atelier Nord", "price": Decimal("24"),
        "currency": "EUR", "availability": "https://schema.org/InStock", "locale": "en",
    }  # fmt: skip
    return ScrapedProduct.model_validate(known | changes)


def prefill(position: int = 0, **changes: Any) -> PrefillDraft:
    return LocalGenerator().prefill(Brief(product(**changes), PICTURE, position))


def headlines(count: int = 10, **changes: Any) -> list[str]:
    return [prefill(position, **changes).headline for position in range(count)]


def bare(**changes: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("description", "brand", "price", "currency", "availability", "locale"), None
    )
    return nothing | changes


@pytest.mark.parametrize("position", range(10))
def test_angle_and_layout_are_those_of_the_position(position: int) -> None:
    draft = prefill(position)
    assert draft.angle == ANGLES[position % 5]
    assert draft.layout == ("left", "right", "center")[position % 3]
    assert draft.generated_by.generator == "local"


def test_the_ten_headlines_of_a_batch_differ() -> None:
    assert len({headline.casefold() for headline in headlines()}) == 10


@pytest.mark.parametrize(
    "title", ["Mug", "", "x" * 300, "陶器のマグカップ" * 8, "word " * 60, "🎧" * 40, "<b>Mug</b>"]
)
@pytest.mark.parametrize("language", [*WORDINGS, "ja"])
def test_headlines_differ_even_when_only_a_title_is_known(title: str, language: str) -> None:
    found = headlines(**bare(title=title, locale=language))
    assert len({headline.casefold() for headline in found}) == 10


def test_each_angle_speaks_of_its_subject() -> None:
    benefit, feature, occasion, brand, price = headlines(5)
    assert benefit == "Keeps your coffee warm"
    assert feature == "Holds 350 ml"
    assert occasion == "Made for slow mornings"
    assert brand == "From Atelier Nord"
    assert price == "Yours for €24.00"


def test_headline_and_subtitle_are_the_pages_own_words_or_neutral_ones() -> None:
    for position in range(10):
        draft = prefill(position)
        rest = f"{draft.headline} {draft.subtitle}"
        stock = WORDINGS["en"]
        for own in (*stock.neutral, stock.meet, *stock.makers, *stock.costs, "€24.00", "{}"):
            rest = rest.replace(own.replace("{}", "").strip() or own, " ")
        said = f"{DESCRIPTION} Luna Stoneware Mug Atelier Nord".casefold()
        for word in re.findall(r"[^\W_]+", rest.casefold()):
            assert word in said, (position, word)


def test_a_part_of_a_sentence_that_denies_something_is_never_a_headline() -> None:
    text = "Waterproof, but only in light rain. Suitable for dogs, not for cats. Never rusts."
    for headline in headlines(**bare(description=text)):
        assert not re.search("water|suitable|rust|cats", headline.casefold())


def test_prices_and_addresses_in_a_description_are_not_quoted() -> None:
    text = "Now only €9.99 for you. Save 20% off today. See www.shop.example for your sizes."
    for position in range(10):
        draft = prefill(position, **bare(description=text))
        assert not re.search(r"9\.99|20%|www", f"{draft.headline} {draft.subtitle}")


def test_the_subtitle_names_the_product_where_the_headline_does_not() -> None:
    draft = prefill(1)
    assert draft.headline == "Holds 350 ml"
    assert "Luna Stoneware Mug" in draft.subtitle


def test_headline_and_subtitle_of_one_preview_say_different_things() -> None:
    for position in range(10):
        draft = prefill(position)
        assert draft.headline.casefold() != draft.subtitle.casefold().rstrip(".")


@pytest.mark.parametrize(
    ("locale", "currency", "shown"),
    [
        ("en-US", "EUR", "€1,299.00"),
        ("de-DE", "EUR", "1.299,00\N{NO-BREAK SPACE}€"),
        ("nl", "EUR", "€\N{NO-BREAK SPACE}1.299,00"),
        ("ja", "JPY", "￥1,299"),
        ("en", "CHF", "CHF\N{NO-BREAK SPACE}1,299.00"),
    ],
)
def test_prices_are_written_as_the_locale_writes_them(
    locale: str, currency: str, shown: str
) -> None:
    assert shown_price(Decimal("1299"), currency, locale) == shown


@pytest.mark.parametrize(
    ("price", "currency"),
    [(None, "EUR"), (Decimal(5), None), (Decimal(0), "EUR"), (Decimal(-3), "EUR"),
     (Decimal(5), "euro"), (Decimal("1e40"), "EUR")],
)  # fmt: skip
def test_a_price_that_is_not_known_is_not_shown(price: Decimal | None, currency: str) -> None:
    draft = prefill(4, price=price, currency=currency)
    assert draft.price is None
    assert all(widget.type != "price_tag" for widget in draft.widgets)
    assert not re.search("[€$]", draft.headline)


def test_widgets_follow_what_the_page_says() -> None:
    widgets = {widget.type: widget for widget in prefill().widgets}
    assert set(widgets) == {"qr_code", "price_tag", "badge"}
    assert widgets["qr_code"].url == "https://shop.example/p/luna"  # type: ignore[union-attr]
    assert widgets["price_tag"].text == "€24.00"  # type: ignore[union-attr]
    assert {widget.type for widget in prefill(**bare()).widgets} == {"qr_code"}


@pytest.mark.parametrize(
    ("state", "known"),
    [("InStock", True), ("http://schema.org/InStock", True), ("in stock", True),
     ("https://schema.org/OutOfStock", False), ("not in stock", False), ("", False), (None, False)],
)  # fmt: skip
def test_only_a_page_that_says_so_is_in_stock(state: str | None, known: bool) -> None:
    assert is_in_stock(state) is known


@pytest.mark.parametrize(
    ("page", "known"),
    [("de_DE", "de-DE"), ("EN", "en"), ("fr-CA", "fr-CA"), ("zh-Hans-CN", "zh-CN"),
     ("pt-br", "pt-BR"), ("en-US-posix", "en-US"), ("es-419", "es"), ("xx", "en"), ("", "en"),
     (None, "en"), ("not a locale", "en")],
)  # fmt: skip
def test_locales_are_brought_to_one_form(page: str | None, known: str) -> None:
    assert locale_of(page) == known


@pytest.mark.parametrize(
    ("locale", "button", "stock"),
    [("de-AT", "Jetzt ansehen", "Auf Lager"), ("fr", "Voir le produit", "En stock"),
     ("sv", "Se produkten", "I lager"), ("fi", "Shop now", "In stock")],
)  # fmt: skip
def test_the_preview_speaks_the_pages_language_or_english(
    locale: str, button: str, stock: str
) -> None:
    draft = prefill(locale=locale)
    assert draft.cta.text == button
    assert stock in [widget.text for widget in draft.widgets if widget.type == "badge"]


@pytest.mark.parametrize(
    "title",
    [
        "x" * 300, "a " * 200, "<script>alert(1)</script> & “Mug”", "🎧🎧🎧 Kopfhörer " * 9,
        "كوب خزفي مصنوع يدويا بسعة ثلاثمائة وخمسين مليلتر", "陶器のマグカップ、手作り" * 20,
        "Line\nbreak\x00 and \x07 bell\u202e reversed", "\ud83d broken", "  ", "-",
    ],
)  # fmt: skip
@pytest.mark.parametrize("position", [0, 1, 4, 6])
def test_any_title_gives_a_valid_prefill(title: str, position: int) -> None:
    draft = prefill(position, title=title, description=title)
    assert PrefillDraft.model_validate_json(draft.model_dump_json()) == draft
    assert not re.search("[\x00-\x1f\u202a-\u202e]", draft.headline + draft.subtitle)


def test_a_long_sentence_is_cut_at_a_word_and_says_that_it_was() -> None:
    text = (
        "Woven in the north from the wool of sheep that spend all of their summers out of doors "
        * 2
    )
    draft = prefill(**bare(title="Wool Blanket", description=text))
    assert draft.subtitle.endswith("…")
    assert len(draft.subtitle) <= 90
    assert text.startswith(draft.subtitle.rstrip("…"))


def test_the_vibe_names_the_colour_and_the_light() -> None:
    mug = draw_product("mug", "teal", size=200)
    draft = LocalGenerator().prefill(Brief(product(), mug, 0))
    assert draft.visual_vibe == "pale teal, soft daylight"
    flat = Brief(product(), Image.new("RGB", (90, 90), "#B02020"), 1)
    assert LocalGenerator().prefill(flat).visual_vibe.endswith(", low-key light")


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("Keeps your coffee warm for an hour", 30, "Keeps your coffee warm"),
        ("Für die Reise und den Alltag gemacht", 26, "Für die Reise"),
        ("short  enough", 30, "short enough"),
        ("Stoneware, glazed", 12, "Stoneware"),
        ("a" * 40, 10, "aaaaaaaaa…"),
        ("", 10, ""),
    ],
)
def test_text_is_cut_at_a_word_without_a_dangling_end(text: str, length: int, cut: str) -> None:
    assert cut_at_a_word(text, length) == cut


def test_colours_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"contrast of .*4\.5:1"):
        Colors(
            background="#FFFFFF", text="#BBBBBB", accent="#FF0000",
            cta_background="#000000", cta_text="#FFFFFF",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        ("Keeps you warm", "KEEPS  you warm!", True), ("Straße", "STRASSE", True),
        ("Ｋeeps\N{NO-BREAK SPACE}warm", "keeps warm…", True), ("Holds 2", "Holds 3", False),
        ("Up close.", "Up close", True), ("!!!", "???", False), ("Warm, not hot", "Warm not hot", False),
    ],
)  # fmt: skip
def test_headlines_that_read_alike_share_a_key(one: str, other: str, are_equal: bool) -> None:
    assert (headline_key(one) == headline_key(other)) is are_equal


def test_the_first_words_that_are_free_are_chosen() -> None:
    draft = prefill()
    assert choose_words(draft, set()) == draft
    first, second = draft.alternatives[:2]
    taken = {headline_key(draft.headline.upper()), headline_key(first.headline)}
    chosen = choose_words(draft, taken)
    assert (chosen.headline, chosen.subtitle) == (second.headline, second.subtitle)
    assert chosen.corrections == (
        f"headline: “{draft.headline}” is taken by another preview of this batch; "
        f"it was replaced by “{second.headline}”.",
    )
    assert chosen.colors == draft.colors


def test_forty_previews_of_one_position_have_forty_headlines() -> None:
    taken: set[str] = set()
    for _ in range(40):
        taken.add(headline_key(choose_words(prefill(3, **bare(title="Mug")), taken).headline))
    assert len(taken) == 40


def test_when_every_headline_is_taken_it_is_said() -> None:
    draft = prefill()
    every = {headline_key(one.headline) for one in (draft, *draft.alternatives)}
    with pytest.raises(HeadlinesUsedUp, match=f"All {len(every)} headlines .* ask for fewer"):
        choose_words(draft, every)
    assert issubclass(HeadlinesUsedUp, GenerationError)
    assert not HeadlinesUsedUp.may_pass


def test_the_schema_tells_a_reader_what_every_text_is() -> None:
    schema = Prefill.model_json_schema()
    told = schema["properties"] | schema["$defs"]["CallToAction"]["properties"]
    for name in ("headline", "subtitle", "visual_vibe", "text", "url"):
        assert len(told[name]["description"]) > 10
    assert all("description" in one for one in schema["$defs"]["Colors"]["properties"].values())
    assert told["headline"]["maxLength"] == 30


@pytest.mark.parametrize("given", ["#fff", "red", "#GGGGGG", "#12345", "#1234567", ""])
def test_a_colour_is_six_hex_digits(given: str) -> None:
    known = dict.fromkeys(("background", "accent", "cta_background"), "#FFFFFF")
    with pytest.raises(ValidationError):
        Colors.model_validate(known | {"text": given, "cta_text": "#000000"})
    colors = Colors.model_validate(known | {"text": "#0a0b0c", "cta_text": "#000000"})
    assert colors.text == "#0A0B0C"
