import pytest

from catalog.clip import get_encoder
from catalog.product import ScrapedProduct
from catalog.product_text import describe, plain_title
from settings import Settings


def product(title: str, brand: str | None = None) -> ScrapedProduct:
    return ScrapedProduct(url="https://shop.example/p", title=title, brand=brand)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Halden Kettle in Green", "Halden Kettle in Green"),
        ("Halden Kettle | Norrland Shop", "Halden Kettle"),
        ("Halden  Kettle\n – Green", "Halden Kettle – Green"),
        ("Halden Kettle (Pack of 2) [1.0 l]", "Halden Kettle"),
        ("Halden Kettle (green)", "Halden Kettle (green)"),
        ("Halden Kettle KT-4410X", "Halden Kettle"),
        ("Halden Kettle, 8712345678901", "Halden Kettle"),
        ("Air Max 90 Shoe", "Air Max 90 Shoe"),
        ("iPhone15 Case", "iPhone15 Case"),
        ("8712345678901", "8712345678901"),
        ("(2024)", "(2024)"),
        ("やかん 緑", "やかん 緑"),
    ],
)
def test_a_title_loses_what_shops_add(given: str, kept: str) -> None:
    assert plain_title(given) == kept


def test_the_brand_is_told_once() -> None:
    assert describe(product("Halden Kettle", "Norrland")) == "a photo of Halden Kettle by Norrland"
    assert describe(product("NORRLAND Kettle", "Norrland")) == "a photo of NORRLAND Kettle"
    assert describe(product("Kettle")) == "a photo of Kettle"


@pytest.mark.parametrize(
    ("category", "text"),
    [
        ("Kitchen > Tea and coffee", "a photo of Halden Classic by Norrland, Tea and coffee"),
        ("Kitchen / Classics", "a photo of Halden Classic by Norrland"),
        ("x" * 41, "a photo of Halden Classic by Norrland"),
        (" ", "a photo of Halden Classic by Norrland"),
        (None, "a photo of Halden Classic by Norrland"),
    ],
)
def test_the_kind_of_thing_is_told_where_the_title_does_not(
    category: str | None, text: str
) -> None:
    given = product("Halden Classic", "Norrland").model_copy(update={"category": category})
    assert describe(given) == text


def test_the_category_goes_before_words_of_the_title_do() -> None:
    given = product("Halden Classic", "Norrland").model_copy(update={"category": "Kettles"})
    assert (
        describe(given, lambda text: "Kettles" not in text)
        == "a photo of Halden Classic by Norrland"
    )


def test_a_long_title_is_cut_to_the_model_at_a_word_and_the_brand_stays() -> None:
    model = get_encoder(Settings(clip_model="micro")).load()
    words = [f"word{chr(97 + number)}" for number in range(26)]
    text = describe(product(" ".join(words), "Norrland"), model.fits)
    assert text.startswith("a photo of worda wordb ")
    assert text.endswith(" by Norrland")
    assert model.fits(text)
    last = words.index(text.split()[-3])
    longer = " ".join(["a photo of", *words[: last + 2], "by Norrland"])
    assert not model.fits(longer)


def test_fits_counts_tokens_up_to_the_last() -> None:
    model = get_encoder(Settings(clip_model="micro")).load()
    # Each of these words is one token; two places are taken by the marks of begin and end.
    assert model.fits(" ".join(["red"] * (model.context - 2)))
    assert not model.fits(" ".join(["red"] * (model.context - 1)))


def test_a_word_that_never_fits_is_left_to_the_tokenizer() -> None:
    assert describe(product("x" * 30), lambda text: False) == "a photo of " + "x" * 30
