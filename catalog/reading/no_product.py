"""What a page is that shows no product, told in a sentence that a person understands."""

import re
from urllib.parse import urlsplit

from catalog.errors import (
    BotWall,
    CatalogError,
    ConsentWall,
    EmptyPage,
    ErrorPage,
    ListPage,
    LoginPage,
    NotAProductPage,
)
from catalog.reading.document import Document
from catalog.reading.headings import Titles, strip_site
from catalog.reading.outline import Outline

_WALL_TITLES = re.compile(
    r"^(just a moment|einen moment|un momento|un instant|bitte warten|one more step|"
    r"security check|please verify)\W*( bitte| por favor)?\W*$|attention required|robot check|"
    r"access (to this page has been )?denied|are you (a )?(robot|human)|pardon our interruption|"
    r"verify(ing)? you|captcha|bot verification|human verification|ddos[- ]guard|"
    r"checking your browser|you have been blocked|request (blocked|rejected)|403 forbidden|"
    r"sind sie ein (mensch|roboter)|verificación de seguridad|проверка (браузера|безопасности)|"
    r"доступ ограничен|アクセスが拒否|安全验证|人机验证|滑动验证|보안 확인",
    re.IGNORECASE,
)
_WALL_TEXTS = re.compile(
    r"checking your browser|verify (that )?you are (a )?human|"
    r"enable javascript and cookies to continue|unusual traffic|press (and|&) hold|"
    r"complete the security check|automated access|not a robot|are you a human|"
    r"enter the characters you see|type the characters|access to this page has been denied|"
    r"reference #[\da-f]+\.[\da-f]+|incident id|ray id|request unsuccessful|"
    r"you have been blocked|please complete the captcha|solve the captcha|ich bin kein roboter|"
    r"geben sie die zeichen|je ne suis pas un robot|saisissez les caractères|no soy un robot|"
    r"non sono un robot|подтвердите, что вы не робот|не робот|ロボットではありません|请完成验证|"
    r"拖动滑块|로봇이 아닙니다",
    re.IGNORECASE,
)
_WALL_MARKS = re.compile(
    r"cf-chl|cf_chl_|challenge-platform/h/|_Incapsula_Resource|px-captcha|captcha-delivery\.com|"
    r"validateCaptcha|distil_r_|ddos-guard|geo\.captcha|/_sec/cp_challenge|awswaf|aws-waf-token|"
    r"kpsdk|_pxAppId|sec-if-cpt",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\b(error|fehler|erreur|http|status)\W{0,3}[45]\d\d\b|^\W*(404|410|500|502|503)(\W*$|\s*[|"
    r"–—:-])|[|–—-]\s*404\W*$|\b404\b\W+(error|not|page|fehler|seite|erreur|página)|page (was |"
    r"is )?not (be )?found|not found|page (does not|doesn.t) exist|no longer (available|exists|"
    r"sold|offered)|(couldn.t|could not|can.t|cannot) (find|be found)|does not exist|"
    r"something went wrong|an error (has )?occurred|technical (difficulties|error|problem)|"
    r"internal server error|service unavailable|en (cours de )?maintenance|en mantenimiento|"
    r"in manutenzione|em manutenção|in onderhoud|przerwa techniczna|prace serwisowe|"
    r"údržb[aě] (webu|stránek|stránok|systému|e-shopu)|karbantart|bakım (çalışması|modu)|"
    r"технические работы|ошибка \d{3}|ошибка сервера|что-то пошло не так|(under|scheduled|site|"
    r"website) maintenance|^maintenance\W*$|be (right )?back soon|we.ll be back|^(oops|"
    r"uh[- ]oh)\W*( (we|something|this|that|the|page|looks)\b.*)?$|"
    r"not available in your (country|region)|seite (wurde )?nicht gefunden|"
    r"nicht (mehr )?(gefunden|verfügbar|vorhanden|im sortiment)|existiert nicht|wartungsarbeiten|"
    r"page introuvable|page non trouvée|n.existe (pas|plus)|n.est plus (disponible|en vente)|"
    r"introuvable|página no encontrada|no encontrad[ao]|no existe|ya no está disponible|"
    r"página não encontrada|não encontrad[ao]|não existe|pagina non trovata|"
    r"non (è stata )?trovat[ao]|non esiste|non è più disponibile|pagina niet gevonden|"
    r"niet gevonden|bestaat niet|nie znaleziono|nie istnieje|strona nie|stránka nenalezena|"
    r"nebyla nalezena|nenájden|neexistuje|sidan (kunde inte|hittades inte|finns inte)|"
    r"finner ikke|ikke funnet|findes ikke|ikke fundet|sivua ei löy|az oldal nem|nem található|"
    r"pagina nu a fost|nu (a fost găsit|există)|страница не найдена|не найден|не существует|"
    r"сторінку не знайдено|sayfa bulunamadı|bulunamadı|ページが見つかりません|見つかりません|"
    r"お探しの|販売終了|页面不存在|找不到|已下架|不存在|페이지를 찾을 수|존재하지 않",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\b(log ?in|sign ?in|log on|anmelden|anmeldung|einloggen|connexion|se connecter|identifiez|"
    r"iniciar sesión|acceder|entrar|accedi|login|inloggen|zaloguj|logowanie|přihlášení|přihlásit|"
    r"prihlásenie|logga in|logg inn|log ind|kirjaudu|bejelentkezés|autentificare|conectare|войти|"
    r"вход|авторизация|увійти|giriş yap)\b|ログイン|登录|登入|로그인|התחברות",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(before you continue|cookie|consent|einwilligung|zustimm\w*|datenschutz|consentement|"
    r"consentimiento|consenso|toestemming|zgod\w|souhlas|samtycke|age (verification|check|gate)|"
    r"over (18|21)|(18|21) (years|or older)|alter\w* ?(prüfung|bestätig\w+)|are you (over|"
    r"of legal)|legal drinking age|volljährig|choose your (country|region|store|location|"
    r"language)|select (your|a) (country|region|store|location|language)|wählen sie ihr land|"
    r"choisissez votre (pays|magasin)|elige tu (país|tienda)|welcome to .{0,40} choose|"
    r"avant de continuer|bevor sie fortfahren|privacy (settings|choices))\b|同意|年齢確認",
    re.IGNORECASE,
)
_LIST_TYPES = re.compile(
    r"\"@type\"\s*:\s*\"(ItemList|CollectionPage|SearchResultsPage|OfferCatalog)\"|schema\.org/(ItemList|CollectionPage|SearchResultsPage)",
)
_LIST_WORDS = re.compile(
    r"\b(\d+ (results|products|items|produkte|artikel|articles|produits|productos|prodotti|"
    r"producten|produktów)|sort by|filter by|sortieren|trier par|ordenar por|ordina per|sorteer|"
    r"sortuj|seřadit|sortera|search results|suchergebnis\w*|résultats|resultados|risultati|"
    r"all (products|categories)|shop by category|сортировать|並び替え)\b",
    re.IGNORECASE,
)
_SERVICE_ADDRESS = re.compile(
    r"/(cart|basket|bag|checkout|order[-_]?(status|confirm\w*|complete|tracking)|thank[-_]?you|"
    r"compare|coupons?|vouchers?|discount[-_]codes?|warenkorb|kasse|panier|commande|carrito|"
    r"cesta|carrello|winkelwagen|koszyk|kosik|kurv|varukorg|faq|hilfe|help|contact|kontakt|about|"
    r"impressum|wishlist|search|suche|recherche)(\.\w+)?/?$",
    re.IGNORECASE,
)
# A basket may be a product too: such words count where they are the whole of a heading.
_SERVICE = re.compile(
    r"^(your |my |ihr |mein |dein |votre |mon |tu |mi |il tuo |twój |váš |din |uw |je )?(basket|"
    r"shopping (cart|bag|basket)|cart|checkout|wish ?list|warenkorb|einkaufswagen|kasse|panier|"
    r"carrito|cesta|carrello|winkelwagen|koszyk|košík|kundvagn|varukorg|kurv|indkøbskurv|"
    r"ostoskori|корзина|кошик|sepetim?|カート|购物车|장바구니|lookbook|faq|porovnání|porovnanie|"
    r"porównanie|порівняння|сравнение|vergleich|versandkosten|"
    r"verzendkosten)( de (la )?compra)?(\s*\(\d+\))?\W*$|(thank you|thanks) for (your|"
    r"the) (order|purchase)|vielen dank für (ihre|deine) bestellung|merci (pour|"
    r"de) votre (commande|achat)|gracias por (su|tu) (compra|pedido)|grazie per (il tuo ordine|"
    r"l.acquisto)|dziękujemy za (zamów|zakup)|děkujeme za (objedn|nákup)|ďakujeme za objedn|"
    r"tack för (din )?(beställning|order)|takk for (din )?bestilling|tak for (din )?(ordre|"
    r"bestilling)|kiitos tilauk|köszönjük a rendel|спасибо за (заказ|покупку)|дякуємо за (замовл|"
    r"покупк)|ご注文ありがとう|order (status|confirmation|tracking)|bestellstatus|"
    r"bestellbestätigung|статус замовлення|статус заказа|stav objednávky|відстеження замовлення|"
    r"compare products|product comparison|produktvergleich|comparer les produits|"
    r"comparar productos|porovnání (výrobků|produktů)|porovnanie produktov|porównanie produktów|"
    r"сравнение товаров|порівняння товарів|(discount|coupon|voucher|promo) codes?\b|"
    r"gutscheincodes?|codes? promo|shipping (costs?|information|rates)|delivery information|"
    r"frais de (port|livraison)|gastos de envío|spese di spedizione|koszty dostawy|"
    r"frequently asked|häufige fragen|veelgestelde vragen|preguntas frecuentes|\bgift guide\b|"
    r"^\d+ gifts\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"\"@type\"\s*:\s*\"(News)?(Article|BlogPosting|Recipe|HowTo|Report)\"|"
    r"schema\.org/(News)?(Article|BlogPosting|Recipe)|single-post|"
    r"og:type\"[^>]{0,20}content=\"article|content=\"article\"[^>]{0,30}og:type",
    re.IGNORECASE,
)
_SHORT = 3_000
_FEW_WORDS = 600
_NOTHING = 80
_SENTENCES: dict[type[CatalogError], str] = {
    BotWall: "The shop answered with a check for robots in place of the product page; ask the shop "
    "to let this project in, or hand over the product's data instead.",
    LoginPage: "The shop asks to sign in before it shows this page; name a public address, or hand "
    "over the product's data instead.",
    ErrorPage: "The page says that there is nothing here, or no longer; check the address.",
    EmptyPage: "The page shows nothing to a reader without scripts; name another address, or hand "
    "over the product's data instead.",
    ConsentWall: "The page asks for consent, an age or a country before it shows the product; name "
    "an address that needs none, or hand over the product's data instead.",
    ListPage: "The page lists several products; name the address of one of them.",
    NotAProductPage: "No product was found on the page; check the address, or hand over the "
    "product's data instead.",
}


def is_wall(document: Document, outline: Outline, titles: Titles) -> bool:
    """Whether a page is a check for robots in place of what was asked for."""
    length = outline.length
    if _WALL_TITLES.search(titles.document) and length < 3 * _SHORT:
        return True
    if length < _SHORT and _WALL_TEXTS.search(outline.full_text(6000)):
        return True
    # The scripts of such checks stand on products' pages too, which have more to say.
    return length < _FEW_WORDS and bool(_WALL_MARKS.search(document.html))


def is_error(titles: Titles, heading: str | None) -> bool:
    """Whether a page's own titles say that there is nothing here."""
    return any(
        text and len(text) < 120 and _ERROR.search(text) for text in (titles.document, heading)
    )


def is_article(document: Document) -> bool:
    """Whether a page calls itself an article, a recipe or the like."""
    return bool(_ARTICLE.search(document.html))


def serves_shopping(document: Document, titles: Titles, heading: str | None) -> bool:
    """Whether a page is a basket, an order, a comparison or the like: prices, but no product."""
    if _SERVICE_ADDRESS.search(urlsplit(document.url).path):
        return True
    names = (strip_site(titles.document, titles.site), heading)
    return any(name and len(name) < 70 and _SERVICE.search(name) for name in names)


def is_login(document: Document, titles: Titles, heading: str | None) -> bool:
    """Whether a page's own titles ask the reader to sign in, and it has a field for a password."""
    names = [name for name in (titles.document, heading) if name and len(name) < 80]
    if document.tree.xpath("//input[@type='password']"):
        return any(_LOGIN.search(name) for name in names)
    return bool(document.tree.xpath("//input[@type='email']")) and any(
        _LOGIN.match(name) for name in names
    )


def why_no_product(
    document: Document, outline: Outline, titles: Titles, cards: int
) -> CatalogError:
    """The error that says what a page without a product is.

    Args:
        document: the page.
        outline: its parts.
        titles: what it calls itself.
        cards: how many other products it shows with a price.
    """
    headings = [
        text for part in outline.parts if part.tag in ("h1", "h2") and (text := outline.text(part))
    ]
    heading = headings[0] if headings else None
    told = " · ".join([titles.document, *headings[:3]])
    text = outline.full_text(6000)
    kind: type[CatalogError] = NotAProductPage
    if is_wall(document, outline, titles):
        kind = BotWall
    elif is_login(document, titles, heading):
        kind = LoginPage
    elif _ERROR.search(told) or (outline.length < 1200 and cards < 4 and _ERROR.search(text)):
        kind = ErrorPage
    elif outline.length < _NOTHING:
        kind = EmptyPage
    elif serves_shopping(document, titles, heading):
        kind = NotAProductPage
    elif _CONSENT.search(told) or (outline.length < 800 and cards < 3 and _CONSENT.search(text)):
        kind = ConsentWall
    elif cards >= 4 or _LIST_TYPES.search(document.html) or _LIST_WORDS.search(text):
        kind = ListPage
    return kind(document.url, _SENTENCES[kind])
