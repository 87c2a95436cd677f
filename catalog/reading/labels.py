"""Brand and availability as a page shows them: beside a label, or in a part that is named so."""

import re
from collections.abc import Iterator

from catalog.reading.candidate import Candidate
from catalog.reading.headings import squeezed
from catalog.reading.outline import Outline, Part

_BRAND_LABEL = re.compile(
    r"(?:^\W{0,3}|(?<=[\s|·,;(])(?=[^:：]{2,20}[:：]))(mf[rg]\.?|brands?(?: name)?|product brand|"
    r"manufacturer|manufactured by|maker|make|make ?/ ?manufacturer|vendor|marke|hersteller|"
    r"markenname|marque|fabricant|marca|fabricante|produttore|merk|fabrikant|marka|producent|"
    r"firma|značka|výrobce|výrobca|proizvajalec|proizvođač|blagovna znamka|brend|gyártó|márka|"
    r"marcă|producător|brand/producător|varumärke|tillverkare|märke|merke|mærke|produsent|"
    r"producent|tuotemerkki|merkki|valmistaja|kaubamärk|bränd|tootja|zīmols|ražotājs|"
    r"prekės ženklas|gamintojas|бренд|производитель|марка|торговая марка|виробник|производител|"
    r"üretici|thương hiệu|merek|ยี่ห้อ|แบรนด์|ブランド(?:名)?|メーカー(?:名)?|品牌|厂商|製造商|"
    r"브랜드|제조사|מותג|יצרן|العلامة التجارية|الماركة|برند|μάρκα|κατασκευαστής)\s*(?:[:：]|"
    r"$)\s*(?P<value>.*?)(?=\s+[^\s:：]{2,20}\s?[:：]|\s+[|·]|$)",
    re.IGNORECASE,
)
_BRAND_MARKS = re.compile(
    r"(?<![a-z])(brand|maker|brand[-_]?(name|link|logo|title)|manufacturer|vendor|"
    r"product[-_]?(brand|vendor|manufacturer)|designer|byline(info)?|marque|marke|hersteller|"
    r"productbrand|pdp-?brand|item-?brand)(?![a-z])",
    re.IGNORECASE,
)
_BRAND_ADDRESS = re.compile(
    r"/(brands?|marken?|marques?|hersteller|manufacturers?|marcas?|merk(en)?|producent|znacka|"
    r"vyrobce|vyrobca|marki|designers?|brend|zimols|stores/[^/]+/page)[/_-]|[?&](brand|"
    r"manufacturer|marca)=",
    re.IGNORECASE,
)
_STORE = re.compile(
    r"^(?:visit the|besuchen? sie den|besuche den|visita lo|visiter la boutique|"
    r"visita la tienda de|visit|shop all|shop|more from|more by|by|von|par|de|di|from|see all|"
    r"view all|mehr von|alle artikel von|alles von|brand)\s+|[- ](?:store|shop)$|[’']s (?:store|"
    r"shop)$|\s+(?:products|produkte)$",
    re.IGNORECASE,
)
_NO_BRAND = re.compile(
    r"^(n/?a|không có|keine?|ninguno|sin marca|brak|nincs|aucune?|nessun\w*|geen|нет|없음|なし|"
    r"无|無|none|no brand|unbranded|generic|unknown|other|brands?|marke|marken|all brands|"
    r"markenwelt|null|undefined|-+|ohne|sonstige|details|reviews?|more|mehr|see more|view|show|"
    r"logo|home|shop|name)$|[\n{}<>]|https?:|@",
    re.IGNORECASE,
)
_IN_SCRIPTS = re.compile(
    r"[\"'](?:brand|brandName|brand_name|manufacturer|vendor|product_brand|item_brand|"
    r"productBrand)[\"']?\s*[:=]\s*(?:\{\s*[\"']name[\"']\s*:\s*)?[\"']([^\"'<>{}]{2,50})[\"']"
)
_STOCK = (
    ("out_of_stock", re.compile(
        r"\b(out of stock|sold out|currently unavailable|temporarily unavailable|"
        r"not available|no longer available|ausverkauft|nicht (auf lager|verfügbar|"
        r"lieferbar|vorrätig)|derzeit nicht|vergriffen|épuisé|rupture de stock|"
        r"indisponible|actuellement indisponible|agotado|sin existencias|no disponible|"
        r"esgotado|indisponível|esaurito|non disponibile|uitverkocht|niet (op voorraad|"
        r"leverbaar)|wyprzedan\w*|niedostępn\w*|brak w magazynie|vyprodáno|není skladem|"
        r"nedostupn\w*|vypredané|nie je skladom|slutsåld|ej i lager|slut i lager|utsolgt|"
        r"udsolgt|ikke på lager|loppu(unmyyty)?|ei varastossa|nincs (készleten|raktáron)|"
        r"stoc epuizat|indisponibil|нет в наличии|изчерпан\w*|распродан\w*|"
        r"немає в наявності|stokta yok|tükendi)\b|在庫切れ|売り切れ|品切れ|缺貨|缺货|"
        r"售罄|품절|已售完|אזל|หมด|hết hàng|غير متوفر", re.I)),
    ("preorder", re.compile(
        r"\b(pre-?order|vorbestell\w*|précommand\w*|reserva anticipada|preventa|"
        r"pre-?ordine|przedsprzedaż|předobjednat|предзаказ)\b|予約", re.I)),
    ("in_stock", re.compile(
        r"\b(in stock|available now|ready to ship|ships (today|within)|auf lager|"
        r"sofort lieferbar|lieferbar|verfügbar|vorrätig|en stock|disponible|disponível|"
        r"disponibile|em estoque|op voorraad|dostępny|w magazynie|skladem|skladom|"
        r"i lager|på lager|varastossa|raktáron|készleten|în stoc|in stoc|в наличии|"
        r"в наличност|наличен|є в наявності|stokta|na zalogi|na skladištu|in magazzino|"
        r"laos|ir noliktavā|noliktavā|yra sandėlyje)\b|在庫あり|有貨|有货|現貨|现货|재고|"
        r"במלאי|มีสินค้า|còn hàng|متوفر", re.I)),
)  # fmt: skip
_STOCK_MARKS = re.compile(
    r"stock|avail|lager|dispon|verf|dostup|skladem|inventory|lieferzeit|наличи", re.I
)
_ATTRIBUTES = {
    "data-price": "price", "data-product-price": "price", "data-current-price": "price",
    "data-price-amount": "price", "data-sale-price": "price", "data-currency": "currency",
    "data-price-currency": "currency", "data-brand": "brand", "data-product-brand": "brand",
    "data-vendor": "brand", "data-manufacturer": "brand",
}  # fmt: skip
_LONGEST_BRAND = 60


def shown_brand(outline: Outline, heading: Part | None, title: str, html: str) -> str | None:
    """The brand that a page shows; best where it is labelled, then linked, then in its scripts."""
    named = next(_labelled(outline), None) or next(_marked(outline, heading), None)
    return named or _scripted(html, title)


def shop_brand(title: str, shop: str) -> str | None:
    """The shop's own name, where the product's begins with it: its own brand."""
    wanted = squeezed(shop)
    words = title.split()
    for count in range(1, min(len(words), 5)):
        if len(wanted) > 2 and squeezed("".join(words[:count])) == wanted:
            return clean_brand(" ".join(words[:count]))
    return None


def shown_availability(outline: Outline, heading: Part | None) -> str | None:
    """Whether the page says, near its heading, that the product can be had."""
    first = heading.place if heading else 0
    fallback = None
    for part in outline.parts:
        if part.elsewhere or part.hidden or part.place < first or part.place > first + 600:
            continue
        text = outline.text(part, 90)
        if not text:
            continue
        found = next((name for name, sign in _STOCK if sign.search(text)), None)
        if found and (_STOCK_MARKS.search(part.marks) or len(text) < 40):
            return found
        fallback = fallback or found
    return fallback


def attribute_candidate(heading: Part | None) -> Candidate:
    """What the `data-` attributes of the parts around a heading tell the page's scripts."""
    found: dict[str, str] = {}
    for part in heading.lineage(10) if heading else ():
        for attribute, name in _ATTRIBUTES.items():
            if (value := part.element.get(attribute)) and name not in found:
                found[name] = value
    return Candidate(
        read_from="html",
        brand=found.get("brand"),
        prices=(found["price"],) if "price" in found else (),
        currency=found.get("currency"),
    )


def clean_brand(written: str | None) -> str | None:
    """A brand's name without words such as *Visit the … Store*; None when it is no name."""
    if not written:
        return None
    name = re.sub(r"\s+", " ", written).strip(" :-–|,;•*")
    label = _BRAND_LABEL.match(name)
    if label and label["value"]:
        name = label["value"]
    for _ in range(2):
        name = _STORE.sub("", name).strip(" :-–|,;•*")
    if not 1 < len(name) <= _LONGEST_BRAND or _NO_BRAND.search(name):
        return None
    return name if any(sign.isalpha() for sign in name) or name.isdigit() else None


def _labelled(outline: Outline) -> Iterator[str]:
    parts = outline.parts
    found: list[tuple[Part, str]] = []
    for index, part in enumerate(parts):
        if part.elsewhere or part.tag in ("option", "button", "label"):
            continue
        text = outline.text(part, 90)
        match = _BRAND_LABEL.search(text) if text else None
        if match is not None:
            while found and found[-1][0].end >= part.end:
                found.pop()
            found.append((part, match["value"] or _next_text(outline, parts, index)))
    yield from (name for _, value in found if (name := clean_brand(value)))


def _next_text(outline: Outline, parts: list[Part], index: int) -> str:
    label = parts[index]
    for part in parts[index + 1 : index + 8]:
        if part.begin >= label.end and (text := outline.text(part, _LONGEST_BRAND)):
            return text
    return outline.after(label, _LONGEST_BRAND) if label.tag in ("b", "strong", "span") else ""


def _marked(outline: Outline, heading: Part | None) -> Iterator[str]:
    found: list[tuple[float, str]] = []
    for part in outline.parts:
        if part.elsewhere or part.tag in ("body", "html", "h1", "form", "ul"):
            continue
        marked = bool(part.marks and _BRAND_MARKS.search(part.marks))
        linked = part.tag == "a" and bool(_BRAND_ADDRESS.search(part.element.get("href") or ""))
        if not (marked or linked):
            continue
        text = outline.text(part, _LONGEST_BRAND + 20)
        if not text:
            image = next(part.element.iter("img"), None)
            text = (image.get("alt") or image.get("title") or "") if image is not None else ""
        if name := clean_brand(text):
            distance = abs(part.place - heading.place) if heading else part.place
            if distance < 400:
                found.append((distance - 100 * marked, name))
    yield from (name for _, name in sorted(found))


def _scripted(html: str, title: str) -> str | None:
    folded = title.casefold()
    names = [name for match in _IN_SCRIPTS.finditer(html) if (name := clean_brand(match[1]))]
    told = next((name for name in names if name.casefold() in folded), None)
    return told or (names[0] if len({name.casefold() for name in names}) == 1 else None)
