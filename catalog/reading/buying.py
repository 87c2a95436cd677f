"""Whether a page offers its product for sale, told by the controls for buying it."""

import re
from functools import lru_cache

from catalog.reading.outline import Outline, Part

_BUY = re.compile(
    r"add[-_ ]?to[-_ ]?(shopping[-_ ]?)?(cart|bag|basket|trolley)|addtocart|add2cart|"
    r"buy[-_ ]?(it[-_ ]?)?now|buybutton|pre-?order now|in den (waren|einkaufs)korb|"
    r"warenkorb legen|jetzt kaufen|ajouter au panier|añadir (al|a la) (carrito|cesta|bolsa)|"
    r"agregar al carr|comprar|aggiungi al carrello|acquista|in (mijn )?winkel(wagen|mand)|"
    r"do koszyka|dodaj do|do košík|vložit do|kúpiť|lägg i (varukorg|kundvagn)|köp\b|"
    r"legg i handle|læg i kurv|lisää (osto)?kori|kosárba|în coș|in cos|в корзину|купить|"
    r"до кошика|купити|sepete ekle|adicionar (ao|à)|lisa ostukorvi|pievienot grozam|į krepšelį|"
    r"προσθήκη στο καλάθι|στο καλάθι|adaugă|u košaricu|u korpu|v košarico|добави в|"
    r"カートに入れる|買い物かご|加入購物車|加入购物车|立即购买|立即購買|장바구니|구매하기|"
    r"바로구매|הוספה לסל|הוסף לסל|หยิบใส่|thêm vào giỏ|mua ngay|beli sekarang|pirkti|pirkt\b|"
    r"krepšel|grozā|satın al|खरीदें|ซื้อ|beli\b|αγορά|keranjang|beli langsung|أضف إلى",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\W*(order|buy|bestell|kauf|command|achet|pedir|ordina|zamów|objedna|beställ|bestill|tilaa|заказать)",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\W*(reply|message|email|call|contact (the )?(seller|advertiser|owner|dealer)|"
    r"make (an )?offer|napisz|zadzwoń|wyślij wiadomość|nachricht|anbieter|verkäufer|contacter|"
    r"contactar|contatta|bericht|skicka|ring\b|написать|позвонить|показать телефон)",
    re.IGNORECASE,
)
_CONTROLS = frozenset(("button", "input", "a", "form"))
_BLOCKS = frozenset(("div", "span", "img"))
_ATTRIBUTES = ("value", "name", "action", "aria-label", "alt", "title")


def can_be_bought(outline: Outline) -> bool:
    """Whether a button, link or form outside of menus and recommendations buys something."""
    return any(_buys(outline, part) for part in outline.parts if _is_control(part))


def is_advertised(outline: Outline) -> bool:
    """Whether a page lets its reader write to or call the seller, as classified ads do."""
    return any(
        part.tag in ("button", "a", "input") and _CONTACT.match(outline.text(part, 40))
        for part in outline.parts
        if _is_control(part)
    )


def _buys(outline: Outline, part: Part) -> bool:
    if part.tag in _BLOCKS:
        return _is_marked_for_buying(part.marks)
    attributes = (part.element.get(name) or "" for name in _ATTRIBUTES)
    text = outline.text(part, 40)
    if _BUY.search(" ".join((part.marks, *attributes, text))):
        return True
    said = part.element.get("value") or text
    return part.tag in ("button", "input") and bool(_ORDER.match(said))


@lru_cache(maxsize=4096)
def _is_marked_for_buying(marks: str) -> bool:
    return bool(_BUY.search(marks))


def _is_control(part: Part) -> bool:
    return not part.elsewhere and (
        part.tag in _CONTROLS or (part.tag in _BLOCKS and bool(part.marks))
    )
