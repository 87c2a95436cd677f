"""Headlines and subtitles: enough for any batch, none said twice, all of them the page's own."""

import re
import unicodedata

import pytest
from PIL import Image

from catalog.product import ScrapedProduct
from creative.brief import Brief
from creative.copywriting.phrases import phrases_of, sentences_of
from creative.copywriting.titles import quiet_title, short_title
from creative.copywriting.wording import ELSEWHERE, WORDINGS
from creative.facts import unsupported_claims
from creative.local import LocalGenerator
from creative.prefill import PrefillDraft, headline_key
from tests.creative.copy_samples import DEMO, HARD, REALISTIC, sample

PICTURE = Image.new("RGB", (48, 48), "#3A6B5C")
ALL = [*DEMO, *REALISTIC, *HARD]
names = [one.title[:30] for one in ALL]


def drafts(product: ScrapedProduct) -> list[PrefillDraft]:
    generator = LocalGenerator()
    return [generator.prefill(Brief(product, PICTURE, position)) for position in range(10)]


@pytest.fixture(scope="module", params=ALL, ids=names)
def written(request: pytest.FixtureRequest) -> tuple[ScrapedProduct, list[PrefillDraft]]:
    return request.param, drafts(request.param)


Written = tuple[ScrapedProduct, list[PrefillDraft]]


def test_nothing_is_said_that_the_page_does_not_say(written: Written) -> None:
    product, made = written
    for draft in made:
        texts = [draft.headline, draft.subtitle, draft.cta.text, draft.visual_vibe]
        texts += [text for one in draft.alternatives for text in (one.headline, one.subtitle)]
        texts += [one.text for one in draft.widgets if one.type in ("badge", "price_tag")]
        for text in texts:
            assert not unsupported_claims(text, product), text


def test_there_are_forty_headlines_at_least_and_none_twice(written: Written) -> None:
    _, made = written
    for draft in made:
        headlines = [draft.headline, *(one.headline for one in draft.alternatives)]
        assert 40 <= len(headlines) <= 61
        assert len({headline_key(one) for one in headlines}) == len(headlines)


def test_the_first_headlines_of_ten_positions_differ(written: Written) -> None:
    _, made = written
    assert len({headline_key(draft.headline) for draft in made}) == 10


def test_a_subtitle_says_something_else_than_its_headline(written: Written) -> None:
    _, made = written
    for draft in made:
        for one in (draft, *draft.alternatives):
            assert headline_key(one.subtitle) != headline_key(one.headline)
            assert headline_key(one.subtitle) not in headline_key(one.headline)


def test_a_headline_is_not_followed_by_the_sentence_that_it_quotes_where_there_is_another() -> None:
    page = "The walnut grip stays cool, and one filling makes four cups. A thin, steady stream."
    product = sample("Halden Kettle", page, "Norrland")
    for draft in drafts(product):
        for one in (draft, *draft.alternatives):
            if one.headline in ("The walnut grip stays cool", "One filling makes four cups"):
                assert one.subtitle == "Halden Kettle – A thin, steady stream."


def test_no_headline_is_cut_inside_a_word_or_left_hanging(written: Written) -> None:
    product, made = written
    said = unicodedata.normalize("NFC", f"{product.title} {product.description} {product.brand}")
    words = {word.casefold() for word in re.findall(r"[^\W_]+", said)}
    stock = {
        word.casefold()
        for one in (*WORDINGS.values(), ELSEWHERE)
        for text in (one.meet, *one.titled, *one.makers, *one.costs, *one.neutral, *one.acts, *one.manners)
        for word in re.findall(r"[^\W_]+", text)
    }  # fmt: skip
    for draft in made:
        for one in (draft, *draft.alternatives):
            bare = one.headline.replace(draft.price or "\0", "")
            if "…" in bare:  # one word that is longer than a headline
                continue
            for word in re.findall(r"[^\W_]+", bare.casefold()):
                assert word in words | stock, one.headline
            assert not re.search(
                r"(?:[,;:–—&(/-]|\b(?:and|with|the|und|mit|et|de|con|en))$", one.headline
            )


@pytest.mark.parametrize(
    "unwanted",
    ["Ships", "returns", "Size chart", "Versand", "MwSt", "Livraison", "Envíos", "Spedizione",
     "verzending", "reserved", "money back", "Artikelnummer", "mannequin", "Model ist", "送料", "شحن",
     "Garantie", "please", "Machine wash"],
)  # fmt: skip
def test_what_a_shop_says_of_itself_is_never_quoted(unwanted: str) -> None:
    assert any(unwanted.casefold() in (one.description or "").casefold() for one in REALISTIC)
    for product in REALISTIC:
        for sentence in sentences_of(product.description, (product.locale or "en")[:2]):
            assert unwanted.casefold() not in sentence.text.casefold()


@pytest.mark.parametrize(
    ("sentence", "phrases"),
    [
        ("The swan neck pours a thin, steady stream.", []),
        ("Available in red, blue and green.", []),
        ("Ideal for salads, fish, and toast with oil.", []),
        ("The walnut grip stays cool, and one filling makes four cups.",
         ["The walnut grip stays cool", "One filling makes four cups"]),
        ("Bezug aus Schurwolle, Beine aus geölter Eiche.",
         ["Bezug aus Schurwolle", "Beine aus geölter Eiche"]),
        ("Material: 100% Baumwolle", ["100% Baumwolle"]),
        ("Gewicht: 240 g", []),
        ("A lamp that you can dim, with a brass stem.", []),
        ("Holds up to", []),
        ("KEEPS YOUR COFFEE WARM ALL DAY", ["Keeps your coffee warm all day"]),
        ("PRODUCT DETAILS", []),
        ("Waterproof, but only in light rain that falls gently.", []),
    ],
)  # fmt: skip
def test_only_what_stands_on_its_own_becomes_a_headline(sentence: str, phrases: list[str]) -> None:
    assert [one.text for one in phrases_of(sentences_of(sentence))] == phrases


@pytest.mark.parametrize(
    ("title", "brand", "quiet"),
    [
        ("WOMENS RUNNING SHOES SIZE 38-42", "", "Womens Running Shoes Size 38-42"),
        ("NIKE AIR ZOOM PEGASUS 40 HERREN", "Nike", "Nike Air Zoom Pegasus 40 Herren"),
        ("BOSCH GSR 12V-15 Akku-Bohrschrauber", "BOSCH", "BOSCH GSR 12V-15 Akku-Bohrschrauber"),
        ("USB LED LAMP FOR THE DESK", "", "USB LED Lamp for the Desk"),
    ],
)  # fmt: skip
def test_a_shouted_title_is_put_quietly(title: str, brand: str, quiet: str) -> None:
    assert quiet_title(title, brand) == quiet


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Halden Pour-Over Kettle in Forest Green", "Halden Pour-Over Kettle"),
        ("Robe midi fleurie à manches courtes", "Robe midi fleurie"),
        ("Kiln & Clay Stoneware Mug – Terracotta Red", "Kiln & Clay Stoneware Mug"),
        ("Nike Air Zoom Pegasus 40 Herren Laufschuhe", "Nike Air Zoom Pegasus 40"),
        ("Apple Smartphone iPhone 15 128 GB Blau", "Apple Smartphone iPhone 15"),
    ],
)  # fmt: skip
def test_a_long_title_is_known_by_its_head(title: str, short: str) -> None:
    assert short_title(title, 30) == short


def test_a_title_goes_into_a_pattern_whole_or_not_at_all() -> None:
    product = sample("Halden Pour-Over Kettle in Forest Green", None, "Norrland")
    headlines = [one.headline for one in drafts(product)[0].alternatives]
    assert "The Halden Pour-Over Kettle" in headlines
    assert not [one for one in headlines if "Halden" in one and "Kettle" not in one]


def test_english_stock_words_do_not_stand_around_another_languages_title() -> None:
    product = sample("南部鉄器 急須", "お湯がまろやかになります。", "岩鋳", "8800", "JPY", "ja")
    made = drafts(product)
    assert made[3].headline == "岩鋳"
    assert made[4].headline == "￥8,800"
    for draft in made:
        for one in (draft, *draft.alternatives):
            assert not re.search(r"[A-Za-z]{3}.*[一-龯]|[一-龯].*[A-Za-z]{3}", one.headline)


@pytest.mark.parametrize("wording", [*WORDINGS.values(), ELSEWHERE], ids=[*WORDINGS, "elsewhere"])
def test_the_stock_of_words_claims_nothing_and_fits(wording: object) -> None:
    for name, value in vars(wording).items():
        for text in (value,) if isinstance(value, str) else value:
            limit = {"shop": 20, "details": 20, "in_stock": 20}.get(name, 30)
            assert len(text) <= limit
            for locale in (None, *WORDINGS):
                nothing = ScrapedProduct(url="https://shop.example/", title="", locale=locale)
                assert not unsupported_claims(text, nothing), text
