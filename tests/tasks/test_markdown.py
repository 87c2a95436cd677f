"""Words of pages and models mean nothing as Markdown, in text and in the cells of tables."""

import html
import re

import pytest
from markdown_it import MarkdownIt

from tasks.markdown import address_cell, cell, link, one_line, words

# As Prefect's UIs have it: HTML is let through, with GitHub's additions.
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<b>bold</b> &lt;i&gt; &amp; &#60;u&#62;",
    "[click](javascript:alert(1))",
    "![pixel](http://127.0.0.1:9/pixel.png)",
    "[a][b] [b]: javascript:alert(1)",
    "<javascript:alert(1)> <http://evil.example>",
    "`code` ``more`` ```",
    "**bold** _it_ *it* ~~gone~~ a_b_c",
    "| a | b | |---|---|",
    "# Heading",
    "- list",
    "1. list",
    "> quote",
    "--- and ===",
    "\\[x\\] \\<b\\>",
    "[x]: http://evil.example",
    "</div></td></table>",
    "a](javascript:alert(1)) [b",
    "2:1 (two) at 10 % + 3.5 = $5!",
]  # fmt: skip
UNSEEN = str.maketrans(dict.fromkeys("\u200b\u200a") | {"\u02cb": "`"})


def shown(rendered: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", rendered)).strip()


def tags(rendered: str) -> set[str]:
    return set(re.findall(r"<(\w+)", rendered))


@pytest.mark.parametrize("text", HOSTILE)
def test_words_are_shown_as_they_are(text: str) -> None:
    assert RENDERER.render(words(text)) == f"<p>{html.escape(text)}</p>\n".replace("&#x27;", "'")
    for line, allowed in (
        (f"**{words(text)}**", {"p", "strong"}),
        (f"- 2 × {words(text)}", {"ul", "li"}),
        (f"1. {words(text)}", {"ol", "li"}),
        (f"| a |\n|---|\n| {words(text)} |", {"table", "thead", "tbody", "tr", "th", "td"}),
        (f"# {words(text)}", {"h1"}),
    ):
        rendered = RENDERER.render(line)
        assert tags(rendered) <= allowed, rendered
        assert text in shown(rendered)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_looks_the_same_as_text_and_as_markdown(text: str) -> None:
    assert cell(text).translate(UNSEEN) == text
    rendered = RENDERER.render(cell(text))
    assert tags(rendered) == {"p"}, rendered
    assert shown(rendered).translate(UNSEEN) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_link_leads_where_it_should_whatever_its_words_are(text: str) -> None:
    rendered = RENDERER.render(link(text, "https://shop.example/a_b?x=1&y=(2)[3]<4>|`\\\n"))
    target = "https://shop.example/a_b?x=1&amp;y=%282%29%5B3%5D%3C4%3E%7C%60%5C%0A"
    assert re.findall('href="([^"]*)"', rendered) == [target], rendered
    assert tags(rendered) == {"p", "a"}
    assert shown(rendered) == text


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " https://x.example", "data:text/html,x", "//x.example", ""]
)
def test_other_addresses_are_no_links(address: str) -> None:
    assert tags(RENDERER.render(link("words", address))) == {"p"}
    assert tags(RENDERER.render(address_cell(address))) <= {"p"}


def test_an_address_can_be_copied_from_its_cell() -> None:
    assert (
        address_cell("https://shop.example/a_b?x=1&y=2#z~") == "https://shop.example/a_b?x=1&y=2#z~"
    )
    assert tags(RENDERER.render(address_cell("https://x.example/<b>](javascript:x)`c`"))) == {"p"}


def test_a_line_has_no_breaks_and_nothing_that_turns_it_round() -> None:
    assert one_line(" a\r\n\tb\x07\u2028c \u202egpj.exe\u2066 ") == "a b c gpj.exe"
    assert one_line("é" * 300) == "é" * 199 + "…"
    assert one_line("👩‍🍳 קומקום") == "👩‍🍳 קומקום"
