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
    r"just a moment|attention required|access (to this page has been )?denied|robot check|"
    r"are you (a )?(robot|human)|pardon our interruption|security check|please verify|"
    r"verify(ing)? you|captcha|bot verification|human verification|ddos|checking your browser|"
    r"one more step|you have been blocked|request (blocked|rejected)|403 forbidden|bitte warten|"
    r"einen moment|sind sie ein (mensch|roboter)|un momento|un instant|verificación|проверка|"
    r"доступ ограничен|アクセスが拒否|安全验证|人机验证|滑动验证|보안",
    re.IGNORECASE,
)
_WALL_TEXTS = re.compile(
    r"checking your browser|verify (that )?you are (a )?human|"
    r"enable javascript and cookies to continue|unusual traffic|press (and|&) hold|"
    r"complete the security check|automated access|not a robot|are you a human|"
    r"enter the characters you see|type the characters|access to this page has been denied|"
    r"reference #\d|incident id|ray id|request unsuccessful|you have been blocked|"
    r"please complete the captcha|solve the captcha|ich bin kein roboter|geben sie die zeichen|"
    r"je ne suis pas un robot|saisissez les caractères|no soy un robot|non sono un robot|"
    r"подтвердите, что вы не робот|не робот|ロボットではありません|请完成验证|拖动滑块|"
    r"로봇이 아닙니다",
    re.IGNORECASE,
)
_WALL_MARKS = re.compile(
    r"cf-chl|cf_chl_|challenge-platform/h/|_Incapsula_Resource|px-captcha|captcha-delivery\.com|"
    r"validateCaptcha|distil_r_|ddos-guard|geo\.captcha|/_sec/cp_challenge|awswaf|aws-waf-token|"
    r"kpsdk|_pxAppId|sec-if-cpt",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\b(error|fehler|erreur|http|status)\W{0,3}[45]\d\d\b|^(404|410|500|502|503)\b(?!\s*\w)|"
    r"\b404\b(?!\s*(g|ml|mm|cm|w)\b)|page (was |is )?not (be )?found|not found|page (does not|"
    r"doesn.t) exist|no longer (available|exists|sold|offered)|(couldn.t|could not|can.t|"
    r"cannot) (find|be found)|does not exist|something went wrong|an error (has )?occurred|"
    r"technical (difficulties|error|problem)|internal server error|service unavailable|wartung|"
    r"en maintenance|mantenimiento|manutenzione|manutenção|onderhoud|przerwa techniczna|"
    r"prace serwisowe|údržb|karbantart|bakım (çalışması|modu)|технические работы|ошибка \d{3}|"
    r"ошибка сервера|что-то пошло не так|under maintenance|maintenance|be (right )?back soon|"
    r"we.ll be back|oops|uh[- ]oh|not available in your (country|region)|"
    r"seite (wurde )?nicht gefunden|nicht (mehr )?(gefunden|verfügbar|vorhanden|im sortiment)|"
    r"existiert nicht|wartungsarbeiten|page introuvable|page non trouvée|n.existe (pas|plus)|"
    r"n.est plus (disponible|en vente)|introuvable|página no encontrada|no encontrad[ao]|"
    r"no existe|ya no está disponible|página não encontrada|não encontrad[ao]|não existe|"
    r"pagina non trovata|non (è stata )?trovat[ao]|non esiste|non è più disponibile|"
    r"pagina niet gevonden|niet gevonden|bestaat niet|nie znaleziono|nie istnieje|strona nie|"
    r"stránka nenalezena|nebyla nalezena|nenájden|neexistuje|sidan (kunde inte|hittades inte|"
    r"finns inte)|finner ikke|ikke funnet|findes ikke|ikke fundet|sivua ei löy|az oldal nem|"
    r"nem található|pagina nu a fost|nu (a fost găsit|există)|страница не найдена|не найден|"
    r"не существует|сторінку не знайдено|sayfa bulunamadı|bulunamadı|ページが見つかりません|"
    r"見つかりません|お探しの|販売終了|页面不存在|找不到|已下架|不存在|페이지를 찾을 수|"
    r"존재하지 않",
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
    r"impressum|wishlist|search|suche|recherche)(/|\.\w+$|$)",
    re.IGNORECASE,
)
_SERVICE = re.compile(
    r"^(your|my|ihr|mein|dein|votre|mon|tu|mi|il tuo|twój|váš|din|uw|je)?\s*(basket|"
    r"shopping (cart|bag|basket)|cart|checkout|wish ?list|warenkorb|einkaufswagen|kasse|panier|"
    r"carrito|cesta|carrello|winkelwagen|koszyk|košík|kundvagn|varukorg|kurv|indkøbskurv|"
    r"ostoskori|корзина|кошик|sepetim?|カート|购物车|장바구니)\b|thank you for|"
    r"thanks for your order|vielen dank für|merci (pour|de) votre|gracias por|grazie per|"
    r"dziękujemy za|děkujeme za|ďakujeme za|tack för|takk for|tak for|kiitos tilauk|köszönjük|"
    r"спасибо за (заказ|покупку)|дякуємо за|ご注文ありがとう|order (status|confirm|tracking|"
    r"number)|bestellstatus|bestellbestätigung|статус замовлення|статус заказа|stav objednávky|"
    r"compare products|product comparison|produktvergleich|vergleich von|comparer les|"
    r"comparar productos|porovnání|porovnanie|porównanie|сравнение товаров|порівняння|"
    r"discount codes?|coupon codes?|voucher codes?|promo codes?|gutscheincodes?|codes? promo|"
    r"shipping (costs?|information|rates)|delivery information|versandkosten|frais de (port|"
    r"livraison)|gastos de envío|spese di spedizione|verzendkosten|koszty dostawy|"
    r"frequently asked|\bfaq\b|häufige fragen|veelgestelde vragen|preguntas frecuentes|"
    r"\bgift (guide|ideas)\b|\blookbook\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"\"@type\"\s*:\s*\"(News)?(Article|BlogPosting|Recipe|HowTo|Report)\"|"
    r"schema\.org/(News)?(Article|BlogPosting|Recipe)|single-post|"
    r"og:type\"[^>]{0,20}content=\"article|content=\"article\"[^>]{0,30}og:type",
    re.IGNORECASE,
)
_SHORT = 3_000
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
    if length > _SHORT:
        return False
    return bool(_WALL_TEXTS.search(outline.full_text(6000)) or _WALL_MARKS.search(document.html))


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
    named = any(
        text and len(text) < 80 and _LOGIN.search(text) for text in (titles.document, heading)
    )
    return named and bool(
        document.tree.xpath("//input[@type='password' or @type='email' or @type='text']")
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
