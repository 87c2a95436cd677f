"""The overlay page: safe, self-contained, and laid out for a television."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from creative.background import words_area
from creative.frame import render_frame
from creative.prefill import (
    BadgeWidget,
    CallToAction,
    Colors,
    GeneratedBy,
    Layout,
    Prefill,
    PriceTagWidget,
    QRCodeWidget,
    RatingWidget,
)

BACKGROUND = "https://media.example/backgrounds/1.jpg"


def prefill(**changes: object) -> Prefill:
    known: dict[str, object] = {
        "headline": "Keeps your coffee warm", "subtitle": "Luna Stoneware Mug – Holds 350 ml.",
        "cta": CallToAction(text="Shop now", url="https://shop.example/p/luna?a=1&b=2"),
        "brand": "Atelier Nord", "price": "€24.00",
        "colors": Colors(background="#F4EFE8", text="#201810", accent="#B0552F",
                         cta_background="#5A2A14", cta_text="#FFFFFF"),
        "widgets": (QRCodeWidget(url="https://shop.example/p/luna"), PriceTagWidget(text="€24.00"),
                    BadgeWidget(text="In stock")),
        "visual_vibe": "pale amber", "layout": "left", "angle": "benefit", "locale": "en",
        "generated_by": GeneratedBy(generator="local"),
        "original_background_url": "https://shop.example/p/luna.jpg",
        "generated_background_url": BACKGROUND,
    }  # fmt: skip
    return Prefill.model_validate(known | changes)


class _Page(HTMLParser):
    """The page's elements, and the text that is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown = ""
        self.style = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.style += data
        elif self._inside != "title":
            self.shown += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def policy(self) -> str:
        metas = self.attributes("meta")
        found = [one for one in metas if one.get("http-equiv") == "Content-Security-Policy"]
        return found[0]["content"] or ""


def test_all_that_the_prefill_says_is_shown() -> None:
    page = _Page(render_frame(prefill()))
    text = page.shown.replace("\N{NO-BREAK SPACE}", " ")
    for part in ("Keeps your coffee warm", "Holds 350 ml", "Atelier Nord", "€24.00", "In stock"):
        assert part in text
    assert page.attributes("a")[0]["href"] == "https://shop.example/p/luna?a=1&b=2"
    assert page.attributes("img")[0]["src"] == BACKGROUND


def test_the_price_stands_once() -> None:
    assert _Page(render_frame(prefill())).shown.count("€24.00") == 1
    told = prefill(headline="Yours for €24.00")
    assert _Page(render_frame(told)).shown.count("€24.00") == 1
    only_tag = prefill(price=None)
    assert _Page(render_frame(only_tag)).shown.count("€24.00") == 1


def test_a_rating_is_written_in_the_pages_language() -> None:
    rated = prefill(locale="de-DE", widgets=(RatingWidget(value=4.6, count=1213),))
    assert "4,6/5 (1.213)" in _Page(render_frame(rated)).shown


@pytest.mark.parametrize("field", ["headline", "subtitle", "brand", "price"])
def test_markup_in_the_words_stays_text(field: str) -> None:
    attack = "<img src=x onerror=a()>"
    page = _Page(render_frame(prefill(**{field: attack})))
    assert attack in page.shown.replace("\N{NO-BREAK SPACE}", " ")
    assert [one["src"] for one in page.attributes("img")] == [BACKGROUND]


def test_markup_in_an_address_stays_an_address() -> None:
    url = 'https://x.example/"><script>alert(1)</script>'
    cta = CallToAction(text="Go", url=url)
    page = _Page(render_frame(prefill(cta=cta, generated_background_url=url)))
    assert page.attributes("script") == []
    assert page.attributes("a")[0]["href"] == url


def test_the_page_has_no_script_and_asks_for_nothing_but_the_background() -> None:
    html = render_frame(prefill())
    page = _Page(html)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "video"}
    assert not any(name.startswith("on") for _, found in page.tags for name in found)
    assert "url(" not in page.style
    assert "@import" not in page.style
    hosts = re.findall(r"https?://([^/\s\"'<>;]+)", html)
    assert sorted(hosts) == ["media.example", "media.example", "shop.example", "shop.example"]


def test_the_policy_allows_this_style_and_this_host_alone() -> None:
    page = _Page(render_frame(prefill()))
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.policy
    assert page.policy.startswith("default-src 'none'; img-src https://media.example;")
    assert "unsafe" not in page.policy
    assert not any("style" in found for _, found in page.tags)


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("file:///media/1.jpg", "file:"),
        ("data:image/png;base64,AAAA", "data:"),
        ("http://127.0.0.1:8000/media/1.jpg", "http://127.0.0.1:8000"),
        ("/media/1.jpg", "'self' file:"),
        ("javascript:alert(1)", "'none'"),
        ("https://evil.example;script-src *", "'none'"),
        ("https://[", "'none'"),
    ],
)
def test_the_policy_names_where_the_background_is(url: str, source: str) -> None:
    page = _Page(render_frame(prefill(generated_background_url=url)))
    assert f"img-src {source};" in page.policy
    assert "script-src" not in page.policy


@pytest.mark.parametrize("layout", ["left", "right", "center"])
def test_the_words_stand_where_the_background_keeps_room(layout: Layout) -> None:
    style = _Page(render_frame(prefill(layout=layout))).style
    place = re.search(
        r"left: ([\d.]+)%; top: ([\d.]+)%; width: ([\d.]+)%; height: ([\d.]+)%", style
    )
    assert place
    left, top, width, height = map(float, place.groups())
    box = words_area(layout)
    assert left * 19.2 == pytest.approx(box.left, abs=0.1)
    assert top * 10.8 == pytest.approx(box.top, abs=0.1)
    assert (left + width) * 19.2 == pytest.approx(box.right, abs=0.1)
    assert (top + height) * 10.8 == pytest.approx(box.bottom, abs=0.1)


@pytest.mark.parametrize("layout", ["left", "right", "center"])
@pytest.mark.parametrize(
    "headline", ["Mug", "Keeps your coffee warm", "Donaudampfschifffahrtsabend"]
)
def test_type_is_large_enough_for_a_room_and_scales_with_the_frame(
    layout: Layout, headline: str
) -> None:
    style = _Page(render_frame(prefill(layout=layout, headline=headline))).style
    assert re.search(r"h1 \{ font-size: ([\d.]+)cqw", style)
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)cqw", style)]
    assert len(sizes) == len(re.findall("font-size:", style))
    assert min(sizes) * 19.2 >= 48
    heading = re.search(r"h1 \{ font-size: ([\d.]+)cqw", style)
    assert heading
    assert float(heading.group(1)) * 19.2 >= 90
    assert "px" not in style


def test_a_short_headline_is_set_larger_than_a_long_one() -> None:
    def size(headline: str) -> float:
        found = re.search(r"h1 \{ font-size: ([\d.]+)cqw", render_frame(prefill(headline=headline)))
        assert found
        return float(found.group(1))

    assert size("Mug") > size("Keeps your coffee warm now ok")
    assert size("ΩΩΩΩ マグカップマグカップマグ") < size("Mug")


def test_long_words_push_the_lesser_facts_out_and_not_the_button() -> None:
    long = prefill(
        headline="職人が一つずつ手作りしていますので毎朝のコーヒーに最適", subtitle="陶器の" * 28
    )
    shown = _Page(render_frame(long)).shown
    assert "In stock" not in shown
    assert "Shop now" in shown
    assert "€24.00" in shown
    assert "In stock" in _Page(render_frame(prefill())).shown


def scrim_of(shown: Prefill) -> list[tuple[int, float]]:
    """Opacity, 0 to 255, and the percentage at which it is reached."""
    scrim = re.search(r"\.scrim \{ background: linear-gradient\(to \w+, (.+?)\); \}",
                      render_frame(shown))  # fmt: skip
    assert scrim
    stops = re.findall(r"#F4EFE8([0-9A-F]{2}) ([\d.]+)%", scrim.group(1))
    return [(int(opacity, 16), float(place)) for opacity, place in stops]


@pytest.mark.parametrize("layout", ["left", "right", "center"])
def test_the_scrim_is_whole_under_the_words_and_clear_at_the_product(layout: Layout) -> None:
    stops = scrim_of(prefill(layout=layout, scrim=1.0))
    area = words_area(layout)
    end = {"left": area.right / 19.2, "right": 100 - area.left / 19.2,
           "center": 100 - area.top / 10.8}[layout]  # fmt: skip
    assert all(opacity == 255 for opacity, place in stops if place <= end)
    assert stops[-1][0] == 0
    assert stops[-1][1] <= end + 10.1


def test_the_scrim_is_as_strong_as_the_prefill_says() -> None:
    assert max(opacity for opacity, _ in scrim_of(prefill(scrim=0.4))) == 102
    assert {opacity for opacity, _ in scrim_of(prefill(scrim=0.0))} == {0}


def test_languages_that_run_right_to_left_do() -> None:
    page = _Page(render_frame(prefill(locale="ar", headline="كوب خزفي")))
    assert page.attributes("html")[0] == {"lang": "ar", "dir": "rtl"}


def test_a_number_is_kept_beside_its_unit() -> None:
    assert "350\N{NO-BREAK SPACE}ml" in render_frame(prefill())


def test_the_code_comes_after_the_button_and_leads_to_the_same_place() -> None:
    for layout in ("left", "right", "center"):
        button, code = _Page(render_frame(prefill(layout=layout))).attributes("a")
        assert (button["class"], code["class"]) == ("cta", "code")
        assert button["href"] == code["href"]
        assert "Shop now" in str(code["aria-label"])


def test_a_prefill_without_a_code_or_with_one_too_long_has_none() -> None:
    without = prefill(widgets=(PriceTagWidget(text="€24.00"),))
    too_long = prefill(widgets=(QRCodeWidget(url="https://shop.example/" + "a" * 700),))
    for shown in (without, too_long):
        assert len(_Page(render_frame(shown)).attributes("a")) == 1
        assert '<svg viewBox="0 0 33' not in render_frame(shown)


def test_a_code_stands_on_white_in_the_size_that_it_needs() -> None:
    style = _Page(render_frame(prefill())).style
    card = re.search(r"\.code \{[^}]*width: ([\d.]+)cqw; height: ([\d.]+)cqw;[^}]*#FFF", style)
    assert card
    assert card.group(1) == card.group(2)
    # 25 modules of the code, and four of quiet zone on each side.
    assert float(card.group(1)) * 19.2 * 25 / 33 == pytest.approx(216, abs=0.5)
