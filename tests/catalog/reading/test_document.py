import pytest

from catalog.errors import EmptyPage
from catalog.reading.document import decode, read_document

URL = "https://shop.example/p/1"


@pytest.mark.parametrize(
    ("text", "encoding", "content_type", "declared"),
    [
        ("Kettle – 49 €", "utf-8", None, None),
        ("Wasserkocher für 49 €", "utf-8", "text/html; charset=iso-8859-1", "iso-8859-1"),
        ("Bouilloire à sifflet", "cp1252", None, None),
        ("Bouilloire à sifflet", "cp1252", "text/html; charset=utf-8", "utf-8"),
        ("Чайник эмалированный со свистком", "cp1251", None, "windows-1251"),
        ("Czajnik z gwizdkiem żółty", "iso8859-2", None, "iso-8859-2"),
        ("ケトル 3,980円", "cp932", "text/html; charset=Shift_JIS", None),
        ("不锈钢水壶 ¥199", "gb18030", None, "gb2312"),
        ("주전자 12,000원", "cp949", None, "euc-kr"),
        ("Kettle – 49 €", "utf-16", None, "utf-8"),
        ("Kettle – 49 €", "utf-8-sig", None, "iso-8859-1"),
    ],
)
def test_text_is_read_whatever_the_page_declares(
    text: str, encoding: str, content_type: str | None, declared: str | None
) -> None:
    meta = f'<meta charset="{declared}">' if declared else ""
    page = f"<html>{meta}<h1>{text}</h1></html>".encode(encoding)
    assert f"<h1>{text}</h1>" in decode(page, content_type)


@pytest.mark.parametrize(
    ("language", "encoding", "text"),
    [
        ("pl", "iso8859-2", "Młotek ślusarski z trzonkiem jesionowym"),
        ("cs-CZ", "cp1250", "Příborový nůž s rukojetí z olivového dřeva"),
        ("ru", "cp1251", "Чайник эмалированный"),
        ("ru", "koi8-r", "Чайник эмалированный"),
        ("el", "cp1253", "Μπρίκι χάλκινο"),
        ("ja", "euc_jp", "南部鉄器の急須"),
        ("fr", "cp1252", "Chaudière à sirop"),
    ],
)
def test_an_undeclared_charset_is_one_of_its_language(
    language: str, encoding: str, text: str
) -> None:
    page = f'<html lang="{language}"><h1>{text}</h1></html>'.encode(encoding)
    assert text in decode(page, None)


def test_addresses_are_relative_to_the_base_of_the_page() -> None:
    page = b'<base href="/de/"><h1>Kettle</h1>'
    document = read_document(page, URL)
    assert document.absolute("a.jpg") == "https://shop.example/de/a.jpg"
    assert document.absolute("//cdn.example/a.jpg") == "https://cdn.example/a.jpg"
    assert document.absolute("http://[broken") == ""


@pytest.mark.parametrize("body", [b"", b"  \n ", b"\x00" * 100, b"<!-- -->"])
def test_nothing_is_an_empty_page(body: bytes) -> None:
    with pytest.raises(EmptyPage, match="empty") as caught:
        read_document(body, URL)
    assert caught.value.url == URL


def test_a_tag_with_a_hundred_thousand_attributes_costs_nothing() -> None:
    attributes = " ".join(f"a{number}=1" for number in range(100_000))
    document = read_document(f"<h1 {attributes}>Kettle</h1>".encode(), URL)
    [heading] = document.tree.xpath("//h1")
    assert (heading.text, len(heading.attrib)) == ("Kettle", 0)


def test_a_stray_quote_in_a_tag_costs_no_attribute() -> None:
    words = " ".join(f"word{number}" for number in range(2_000))
    page = f'<p name=“stray" style="x">one</p><a href="/p">Kettle</a><p>"{words}"</p>'
    document = read_document(page.encode(), URL)
    assert document.tree.xpath("//a/@href") == ["/p"]
    assert words in document.html
