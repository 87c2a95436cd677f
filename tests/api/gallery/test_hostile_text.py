"""Text that others wrote shows as text, wherever it stands, and makes nothing happen."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Frame, Page
from sqlalchemy import Engine

from tests.api.gallery.browser import Visit, in_browser
from tests.api.gallery.hostile_records import HostileBatches, record
from tests.sparing import mostly_long

RAN = "window.__ran=1"
PAYLOADS = [
    f"<script>{RAN}</script>",
    f"</title><script>{RAN}</script>",
    f"</script><script>{RAN}</script>",
    f"</textarea><script>{RAN}</script>",
    f"<img src=canary.png onerror={RAN}>",
    f'"><img src="https://canary.example/x.png" onerror="{RAN}">',
    f"' autofocus onfocus='{RAN}' x='",
    f'" autofocus onfocus="{RAN}" style="position:fixed;inset:0" x="',
    f"` onmouseover=`{RAN}",
    f"<svg onload={RAN}><animate onbegin={RAN} attributeName=x></svg>",
    '<iframe srcdoc="<script>parent.__ran=1</script>"></iframe>',
    f"<a href=javascript:{RAN}>canary</a>",
    f"javascript:{RAN}//",
    "<style>*{display:none!important}@import 'https://canary.example/x.css';</style>",
    "<link rel=stylesheet href=//canary.example/x.css><base href=//canary.example/>",
    "<meta http-equiv=refresh content='0;url=https://canary.example/'>",
    "<form action=https://canary.example/><button>Approve",
    "<math><mtext><table><mglyph><style><!--</style><img src=canary.png onerror=window.__ran=1>",
    "<template><canary-element></template></main></body></html><canary-element>",
    f"<!--<img src='--><img src=canary.png onerror={RAN}//'>",
    "{{7*7}} {% raw %} ${7*7} #{7*7} <%= 7*7 %> {{ csrf }}",
    f"&lt;script&gt;{RAN}&lt;/script&gt; &amp;lt; &#60;b&#62;",
    "\u202egnp.exe\u202c \u2066left\u2069 \u200f",
    "null undefined NaN None %00 \\u0000 \ufffd",
    "W" * 10_000,
    "%22%3E%3Cscript%3Ewindow.__ran=1%3C/script%3E &next=//canary.example&#10;Set-Cookie: a=b",
    "<details open ontoggle=window.__ran=1><summary>canary</summary>",
    "'; DROP TABLE cta_iframe_preview; -- \" OR 1=1 \\' %s {0}",
]
EACH = mostly_long(PAYLOADS, kept=[1, 7, 14, 19])
PLAIN = "Plain words of a shop"
# Every element with the names of its attributes, in order; those that say a state come and go.
_SHAPE = """() => [...document.querySelectorAll("*")].map(element =>
    element.tagName + " " + element.getAttributeNames()
        .filter(name => !["hidden", "open", "style", "class", "width", "x"].includes(name)).sort())"""
_ALL_TEXT = """() => [document.title, document.body.textContent,
    ...[...document.querySelectorAll("input, textarea")].map(field => field.value)]"""


@pytest.fixture
def look(
    database: Engine, gallery_url: str, visits: Callable[..., Visit], pages: Any
) -> Callable[[str], tuple[Visit, HostileBatches]]:
    """Records the batches of a text, and opens a window of their user."""

    def open_window(text: str) -> tuple[Visit, HostileBatches]:
        made = record(text, f"{pages.url}/mug.jpg")
        visit = visits(gallery_url)
        visit.sign_in(made.member)
        return visit, made

    return open_window


def paths(made: HostileBatches, text: str) -> dict[str, tuple[str, int, int]]:
    """All pages, by name: the address, the status, and how often they say the text whole."""
    batch, said = f"/gallery/batches/{made.id}", quote(text[:200].strip())
    return {
        "batches": ("/", 200, 1),
        "cursor": (f"/?cursor={quote(text[:500])}", 400, 0),
        "batch": (batch, 200, 5),
        "failed batch": (f"/gallery/batches/{made.failed_batch}", 200, 1),
        "search": (f"{batch}?words={said}", 200, 1),
        "filter": (f"{batch}?status={said}", 422, 0),
        "sources": (f"{batch}/sources", 200, 3),
        "done": (f"/gallery/previews/{made.done}", 200, 1),
        "done of a search": (f"/gallery/previews/{made.done}?words={said}", 200, 1),
        "failed": (f"/gallery/previews/{made.failed}", 200, 1),
        "nowhere": (f"/gallery/{quote(text[:500], safe='')}", 404, 0),
        "no batch": (f"/gallery/batches/{quote(text[:500], safe='')}", 404, 0),
        "sign-in": (f"/gallery/sign-in?next={said}", 200, 0),
    }


def shapes_of(visit: Visit, made: HostileBatches, text: str) -> Iterator[tuple[str, list[str]]]:
    """Opens all pages, and gives the elements that each is made of."""
    for name, (path, status, said) in paths(made, text).items():
        visit.refusals = {status} if status >= 400 else set()
        assert visit.go(path) == status, name
        visit.page.wait_for_load_state("load")
        whole = " ".join(text.split())
        shown = [" ".join(one.split()) for one in visit.page.evaluate(_ALL_TEXT)]
        # A field of a page and a name of a record hold only so much of a text.
        beginning = whole[:150]
        assert sum(one.count(beginning) for one in shown) >= said, name
        yield name, visit.page.evaluate(_SHAPE)
        no_harm(visit, name)


def no_harm(visit: Visit, name: str) -> None:
    """Nothing ran in the page or its frames, and nothing was asked for that the text names."""
    # A frame that is out of view is not loaded, and has no page that could be asked.
    for frame in visit.page.frames:
        if frame.url not in ("", ":", "about:blank"):
            assert_untouched(frame, name)
    for url in visit.asked:
        assert url == visit.page.url or "canary" not in urlsplit(url).path, (name, url)
    visit.asked.clear()
    visit.check()


def assert_untouched(frame: Frame, name: str) -> None:
    assert frame.evaluate("window.__ran") is None, name
    made = frame.evaluate(
        """[...document.querySelectorAll(
            "canary-element, [src*=canary], [srcdoc], math, base, meta[http-equiv=refresh], animate"
        )].filter(one => !/[?]/.test(one.getAttribute("src") || "")).length"""
    )
    assert made == 0, name


@pytest.fixture(scope="module")
def plain_shapes() -> dict[str, list[str]]:
    """What the pages are made of where all text is harmless; the first test fills it in."""
    return {}


@pytest.mark.parametrize("payload", EACH, ids=range(len(EACH)))
@in_browser
def test_the_pages_are_the_same_whatever_the_text_says(
    payload: str, look: Callable[[str], tuple[Visit, HostileBatches]], plain_shapes: dict[str, Any]
) -> None:
    if not plain_shapes:
        plain_shapes.update(shapes_of(*look(PLAIN), PLAIN))
    visit, made = look(payload)
    for name, shape in shapes_of(visit, made, payload):
        assert shape == plain_shapes[name], name


@pytest.mark.parametrize("payload", EACH, ids=range(len(EACH)))
@in_browser
def test_the_overlay_says_it(
    payload: str, look: Callable[[str], tuple[Visit, HostileBatches]]
) -> None:
    visit, made = look(payload)
    assert visit.go(f"/gallery/previews/{made.done}/frame") == 200
    shown = " ".join(visit.page.locator("body").inner_text().split())
    # Where words are too long for their place, the overlay breaks them.
    expected = "".join(payload[:12].split())
    assert expected.casefold() in "".join(shown.split()).casefold()
    no_harm(visit, "overlay")
    assert visit.page.locator("iframe, script, form, object, embed, link, img + img").count() == 0


@pytest.mark.parametrize("as_file", [False, True], ids=["pasted", "in a file"])
@in_browser
def test_lines_show_as_they_were_sent(
    as_file: bool, look: Callable[[str], tuple[Visit, HostileBatches]]
) -> None:
    visit, _ = look(PLAIN)
    page = visit.page
    visit.go("/gallery/new")
    lines = [
        *PAYLOADS,
        *(f"https://shop.example/{number}?{quote(one[:300])}" for number, one in enumerate(PAYLOADS)),
        *(f"https://shop.example/{number}?{''.join(one[:300].split())}" for number, one in enumerate(PAYLOADS)),
    ]  # fmt: skip
    text = "\n".join(lines)
    if as_file:
        # Its name, too, is what somebody wrote; a first line with an address has no names of columns.
        body = "\n".join(["https://shop.example/", *lines]).encode()
        page.locator("#file").set_input_files(
            {
                "name": f"<img src=canary.png onerror={RAN}>.csv",
                "mimeType": "text/csv",
                "buffer": body,
            }
        )
    else:
        page.locator("#addresses").fill(text)
    page.get_by_role("button", name="Check").click()
    page.locator("#plan .figure").wait_for()
    shown = "".join(page.locator("#plan").inner_text().split())
    for payload in PAYLOADS:
        assert "".join(payload[:190].split()) in shown, payload
    assert page.locator("#plan").locator("script, img, iframe, svg, style, a, math").count() == 0
    if not as_file:
        # Browsers write the ends of lines as they do in forms.
        assert page.locator("#addresses").input_value() == text
    no_harm(visit, "plan")


@in_browser
def test_a_name_of_a_card_is_said_by_its_link_and_its_frame(
    look: Callable[[str], tuple[Visit, HostileBatches]],
) -> None:
    payload = PAYLOADS[7]
    visit, made = look(payload)
    visit.go(f"/gallery/batches/{made.id}")
    card = visit.page.locator(f"#preview-{made.done}")
    headline = card.locator("h3").inner_text()
    assert payload.startswith(headline)
    assert card.locator("iframe").get_attribute("title") == f"Overlay: {headline}"
    assert card.locator(".cover").get_attribute("aria-label") == f"Open {headline}, preview 1"


@in_browser
def test_what_a_script_says_shows_as_text(
    look: Callable[[str], tuple[Visit, HostileBatches]],
) -> None:
    visit, made = look(PLAIN)
    page: Page = visit.page
    visit.refusals = {409}
    answer = f'{{"detail": "<img src=canary.png onerror={RAN}>"}}'
    page.route(
        "**/review", lambda route: route.fulfill(status=409, body=answer, content_type="text/json")
    )
    visit.go(f"/gallery/batches/{made.id}")
    page.get_by_role("button", name="Approve").click()
    page.locator("#toast:not(:empty)").wait_for()
    assert page.locator("#toast").inner_text() == f"<img src=canary.png onerror={RAN}>"
    no_harm(visit, "toast")
