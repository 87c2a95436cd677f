"""Product pictures first, each view once; the same again, decoration and what fails behind them."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from catalog import clip, ranking
from catalog.clip import ClipUnavailable, get_encoder
from catalog.clip_model import ClipModel
from catalog.page import fetch
from catalog.parse import parse_product
from catalog.product import ScrapedProduct
from catalog.ranked import PAGE_ORDER, Ranking, Role, ScoredImage, choose_images, in_order
from catalog.ranking import rank_pictures, rank_product_images_by_relevance
from demo.drawings import draw_decoy, draw_product
from demo.products import PRODUCTS, DemoProduct
from demo.shop import Shop
from settings import Settings, get_settings
from tests.pages import Pages, jpeg
from tests.sparing import mostly_long

DECOYS = ("logo", "payment-badges", "size-chart", "shipping-banner")
MUG = ScrapedProduct(url="https://shop.example/mug", title="Red Mug", brand="Norrland")


def ranked(product: ScrapedProduct, urls: list[str], settings: Settings | None = None) -> Ranking:
    return asyncio.run(rank_pictures(product, urls, settings))


def roles(ranking: Ranking) -> dict[str, Role]:
    return {image.url.rsplit("/", 1)[-1]: image.role for image in ranking.images}


@pytest.mark.parametrize(
    "product",
    mostly_long(PRODUCTS),
    ids=lambda product: product.slug,
)
def test_the_demo_ranks_every_decoy_below_every_product_picture(
    shop: Shop, product: DemoProduct
) -> None:
    url = shop.product_urls[PRODUCTS.index(product)]
    page = fetch(url, max_bytes=10_000_000)
    read = parse_product(page.body, page.url, page.content_type)
    own = set(shop.picture_urls(product))
    decoys = {f"{shop.url}media/shop/{decoy}.jpg" for decoy in DECOYS}
    decoys |= set(read.image_urls) - own
    ranking = ranked(read, [*sorted(decoys), *read.image_urls])
    order = [image.url for image in ranking.images]
    assert set(order[: len(own)]) == own
    assert set(order[len(own) :]) == decoys
    assert {image.role for image in ranking.images if image.url in decoys} == {Role.DECORATION}
    assert all(image.score is not None for image in ranking.images)
    assert set(choose_images(ranking.images, 10)) == own


def test_a_batch_of_five_shows_five_pictures_where_the_page_has_them(pages: Pages) -> None:
    views = [draw_product("mug", "red", seed=seed, size=500, details=0) for seed in (0, 2, 5, 6, 9)]
    for number, view in enumerate(views):
        pages.pictures[f"/view-{number}.jpg"] = jpeg(view)
        pages.pictures[f"/view-{number}-small.jpg"] = jpeg(view.resize((200, 200)))
        pages.pictures[f"/view-{number}-tiny.jpg"] = jpeg(view.resize((120, 120)))
    names = [name for name in pages.pictures if name.startswith("/view-")]
    ranking = ranked(MUG, [pages.url + name for name in sorted(names, reverse=True)])
    large = {f"{pages.url}/view-{number}.jpg" for number in range(5)}
    assert {image.url for image in ranking.images[:5]} == large
    assert {image.role for image in ranking.images[5:]} == {Role.DUPLICATE}
    assert {image.duplicate_of for image in ranking.images[5:]} == large
    assert set(choose_images(ranking.images, 5)) == large
    assert set(choose_images(ranking.images, 7)) == large


def test_what_does_not_load_comes_last_in_its_order_and_nothing_is_raised(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ranking.load_thumbnail

    def fails_oddly(url: str, *rest: object, **named: object) -> object:
        if "odd" in url:
            raise RecursionError("a decoder went astray")
        return real(url, *rest, **named)

    monkeypatch.setattr(ranking, "load_thumbnail", fails_oddly)
    bad = ["broken.jpg", "missing.jpg", "odd.jpg"]
    urls = [f"{pages.url}/{name}" for name in (*bad, "logo.jpg", "mug.jpg")]
    urls += ["http://10.0.0.1/private.jpg", "not an address"]
    order = asyncio.run(rank_product_images_by_relevance(MUG, urls))
    assert order[:2] == [f"{pages.url}/mug.jpg", f"{pages.url}/logo.jpg"]
    assert order[2:] == [*urls[:3], *urls[5:]]


def test_icons_strips_and_plain_colours_are_decoration(pages: Pages) -> None:
    mug = draw_product("mug", "red", size=600)
    pages.pictures["/icon.jpg"] = jpeg(mug.resize((40, 40)))
    pages.pictures["/strip.jpg"] = jpeg(mug.crop((0, 250, 600, 350)))
    pages.pictures["/swatch.jpg"] = jpeg(Image.new("RGB", (600, 600), (196, 58, 44)))
    names = ["icon.jpg", "strip.jpg", "swatch.jpg", "mug.jpg"]
    found = roles(ranked(MUG, [f"{pages.url}/{name}" for name in names]))
    assert found.pop("mug.jpg") is Role.PRODUCT
    assert set(found.values()) == {Role.DECORATION}


def test_a_page_of_nothing_but_decoration_still_gives_a_picture(pages: Pages) -> None:
    ranking = ranked(MUG, [f"{pages.url}/logo.jpg", f"{pages.url}/missing.jpg"])
    assert choose_images(ranking.images, 2) == [f"{pages.url}/logo.jpg"] * 2
    assert choose_images(ranked(MUG, [f"{pages.url}/missing.jpg"]).images, 2) == []


def test_only_so_many_pictures_are_loaded_and_each_address_once(pages: Pages) -> None:
    settings = Settings(clip_model="micro", max_ranked_images=2)
    urls = [f"{pages.url}/{name}" for name in ("mug.jpg", "mug.jpg", "mug-2.jpg", "logo.jpg")]
    assert set(roles(ranked(MUG, urls, settings))) == {"mug.jpg", "mug-2.jpg"}


def test_no_pictures_is_no_ranking() -> None:
    assert ranked(MUG, []).images == ()


def test_rankings_in_several_threads_share_their_batches(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip, "_encoders", {})
    monkeypatch.setattr(clip, "_LINGER", 5.0)
    sizes: list[int] = []
    real = ClipModel.encode_pixels

    def counted(model: ClipModel, batch: list[clip.Pixels]) -> object:
        sizes.append(len(batch))
        return real(model, batch)

    monkeypatch.setattr(ClipModel, "encode_pixels", counted)
    get_encoder().load()
    for number in range(16):
        for view in ("a", "b"):
            picture = draw_product("mug", "red", seed=number, size=100)
            pages.pictures[f"/{number}-{view}.jpg"] = jpeg(picture)

    def rank(number: int) -> int:
        urls = [f"{pages.url}/{number}-{view}.jpg" for view in ("a", "b")]
        return len(ranked(MUG, urls).images)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(rank, range(16))) == [2] * 16
    assert sizes == [16, 16]


def test_an_error_of_the_model_reaches_who_ranked_and_nobody_waits_for_ever(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip, "_encoders", {})
    failing = threading.Event()
    real = ClipModel.encode_pixels

    def fails_once(model: ClipModel, batch: list[clip.Pixels]) -> object:
        if not failing.is_set():
            failing.set()
            raise MemoryError("no room for the batch")
        return real(model, batch)

    monkeypatch.setattr(ClipModel, "encode_pixels", fails_once)
    with pytest.raises(MemoryError, match="no room"):
        ranked(MUG, [f"{pages.url}/mug.jpg"])
    assert roles(ranked(MUG, [f"{pages.url}/mug.jpg"])) == {"mug.jpg": Role.PRODUCT}


def test_without_weights_the_error_says_what_to_do_before_anything_is_loaded(
    pages: Pages,
) -> None:
    settings = Settings(clip_model="no-such-model")
    with pytest.raises(ClipUnavailable, match="CTA_RANK_WITHOUT_CLIP=true"):
        ranked(MUG, [f"{pages.url}/mug.jpg"], settings)
    assert not pages.hits


def test_without_weights_a_run_may_go_on_in_page_order(pages: Pages) -> None:
    settings = Settings(clip_model="no-such-model", rank_without_clip=True)
    pages.pictures["/mug-small.jpg"] = jpeg(draw_product("mug", "red", size=300))
    names = ["mug-small.jpg", "mug-2.jpg", "missing.jpg", "logo.jpg", "mug.jpg"]
    ranking = ranked(MUG, [f"{pages.url}/{name}" for name in names], settings)
    assert ranking.ranked_by == PAGE_ORDER
    assert list(roles(ranking)) == [
        "mug-2.jpg", "logo.jpg", "mug.jpg", "mug-small.jpg", "missing.jpg",
    ]  # fmt: skip
    assert {image.score for image in ranking.images} == {None}


def test_what_ranked_is_told(pages: Pages) -> None:
    assert ranked(MUG, [f"{pages.url}/mug.jpg"]).ranked_by == get_settings().clip_model == "micro"


def test_order_is_by_role_then_score() -> None:
    images = [
        ScoredImage("unloaded", Role.UNLOADED),
        ScoredImage("decoration", Role.DECORATION, 0.9),
        ScoredImage("duplicate", Role.DUPLICATE, 0.8),
        ScoredImage("worse", Role.PRODUCT, -0.1),
        ScoredImage("better", Role.PRODUCT, 0.1),
    ]
    assert [image.url for image in in_order(images)] == [
        "better", "worse", "duplicate", "decoration", "unloaded",
    ]  # fmt: skip
    assert choose_images(images, 3) == ["worse", "better", "worse"]


def test_decoys_are_told_on_other_seeds_too(pages: Pages) -> None:
    for kind in ("logo", "size_chart", "payment_badges", "shipping_banner"):
        for seed in range(4):
            pages.pictures[f"/{kind}-{seed}.jpg"] = jpeg(draw_decoy(kind, seed))
    urls = [pages.url + path for path in pages.pictures if path.count("-") == 1 and "_" in path]
    urls += [f"{pages.url}/logo-{seed}.jpg" for seed in range(4)]
    assert set(roles(ranked(MUG, urls)).values()) == {Role.DECORATION}
