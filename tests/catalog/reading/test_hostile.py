"""Pages that are made to cost time or memory; each ends, and none takes its reader down."""

import time

import pytest

from catalog.errors import CatalogError
from catalog.parse import parse_product
from catalog.product import ScrapedProduct

HEAD = "<title>Halden Kettle | Shop</title><h1>Halden Kettle</h1>"
MOST_SECONDS = 10  # of a processor, of which each takes one or two
LD = '<script type="application/ld+json">'
PAGES = {
    "deep elements": HEAD + "<div>" * 100_000 + "5 €",
    "a hundred thousand attributes": HEAD + "<p " + " ".join(f"a{n}=1" for n in range(100_000)),
    "a megabyte in one attribute": HEAD + f'<img src=a.jpg alt="{"Kettle " * 150_000}">',
    "a title of a megabyte": f"<title>{'Kettle ' * 150_000}</title>" + HEAD,
    "twenty thousand pictures": HEAD + "".join(f"<img src=/a{n}.jpg>" for n in range(20_000)),
    "twenty thousand prices": HEAD + "".join(f"<b class=price>{n} €</b>" for n in range(20_000)),
    "twenty thousand headings": "".join(f"<h1>Kettle {n}</h1>" for n in range(20_000)),
    "twenty thousand neighbours": HEAD + "<h2>Related products</h2>" * 20_000,
    "twenty thousand shared pictures": HEAD
    + "".join(f'<meta property="og:image" content="/{n}.jpg">' for n in range(20_000)),
    "a megabyte of digits": HEAD + "<p class=price>" + "1,1" * 300_000 + "€",
    "a megabyte of white space": HEAD + " " * 1_000_000,
    "a megabyte of entities": HEAD + "&amp;" * 200_000,
    "deep JSON": LD + '[{"a":' * 100_000 + "</script>" + HEAD,
    "JSON beyond repair": f'{LD}{{"@type":"Product","name":"x" {chr(34)}a",'
    + '"a",' * 40_000
    + "</script>"
    + HEAD,
    "twenty thousand products": LD
    + "["
    + ",".join(f'{{"@type":"Product","name":"Pan {n}"}}' for n in range(20_000))
    + "]</script>"
    + HEAD,
    "JSON that names itself": LD
    + "["
    + ",".join(
        f'{{"@id":"{n}","@type":"Product","name":"K","x":[{{"@id":"1"}},{{"@id":"2"}}]}}'
        for n in range(50)
    )
    + f"]</script>{HEAD}",
    "items within items": '<div itemscope itemtype="https://schema.org/Product">' * 2_000,
    "a thousand references": '<div id=a></div>' + '<p itemscope itemref="a" itemtype="product">' * 1_000,
    "a set of a megabyte": HEAD
    + f'<img srcset="{", ".join(f"/a{n}.jpg {n}w" for n in range(50_000))}">',
    "a list of a megabyte": HEAD
    + "<img src=/a5.jpg><script>["
    + ",".join(f'"https://x.example/a{n}.jpg"' for n in range(30_000))
    + "]</script>",
    "a node of references to itself": LD
    + '{"@id":"1","@type":"Product","name":"K",'
    + ",".join(f'"a{n}":{{"@id":"1"}}' for n in range(100))
    + f"}}</script>{HEAD}",
    "a list of references to its node": LD
    + '{"@id":"1","@type":"Product","name":"K","a":['
    + ",".join(['{"@id":"1"}'] * 50_000)
    + f"]}}</script>{HEAD}",
    "links of a node to itself": f'{HEAD}<div prefix="s: http://schema.org/" typeof="s:Product" resource="#a">'
    + "".join(f'<link property="s:a{n}" href="#a">' for n in range(10)),
    "a heading of forty thousand parts": f"<title>Kettle</title><h1>{'<b>x</b>' * 40_000}</h1>",
    "a hundred thousand types of items": HEAD + "<p itemtype=" + "itemtype=" * 100_000,
    "types of items behind white space": HEAD + "<p itemtype=" + " " * 1_000_000 + "x",
    "white space within JSON": f'{LD}{{"@type":"Product",{" " * 500_000}"name":"Kettle"}}</script>{HEAD}',
    "signs of comments behind JSON": f'{LD}{{"@type":"Product","name":"K"}}{"//" * 300_000}x</script>{HEAD}',
    "open tags in JSON": f'{LD}{{"@type":"Product","name":"Kettle {"<br " * 100_000}"}}</script>{HEAD}',
    "an address of a size that does not end": f"{HEAD}<img src=/il_{'x' * 400_000}.jpg>",
    "an address of many sizes": f"{HEAD}<img src=/{'_400x300_crop_' * 30_000}!.jpg>",
    "sets of white space": HEAD + f"<img srcset='{' ' * 20_000}'>" * 20,
    "sets of commas": HEAD + f"<img srcset='{',' * 20_000}'>" * 20,
    "sets of one long word": HEAD + f"<img srcset='{'a' * 19_000} b'>" * 20,
    "sources of one picture": f"{HEAD}<picture>{'<source srcset=/a.jpg></source><img src=/b.jpg>' * 15_000}",
    "pictures below a long address": f"<base href='https://shop.example/{'a' * 500_000}/'>{HEAD}"
    + "".join(f"<img src=a{n}.jpg>" for n in range(1_000)),
    "a price of a megabyte": f'{LD}{{"@type":"Product","name":"K","offers":{{"price":"{"1,1" * 300_000}"}}}}</script>{HEAD}',
    "properties within properties": f'{HEAD}<div itemscope itemtype="https://schema.org/Product">'
    + "<div itemprop=name>" * 200
    + "kettle " * 300_000,
    "references of one item": HEAD
    + "<p itemref=x></p>" * 50
    + '<b id=a itemprop=name>K</b><div itemscope itemtype="https://schema.org/Product" itemref="'
    + "a " * 100_000
    + '"></div>',
    "every byte": bytes(range(256)).decode("latin-1") * 1_000,
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_hostile_page_ends_in_a_product_or_a_named_error(page: str) -> None:
    began = time.process_time()
    outcome = read(page)
    assert time.process_time() - began < MOST_SECONDS
    if isinstance(outcome, CatalogError):
        assert str(outcome).endswith(".")
    else:
        assert len(outcome.title) <= 500
        assert len(outcome.image_urls) <= 2_500


def read(page: str) -> ScrapedProduct | CatalogError:
    try:
        return parse_product(page.encode(), "https://shop.example/p/kettle")
    except CatalogError as error:
        return error
