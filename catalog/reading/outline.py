"""A page in reading order: each element with its visible text and what its surroundings are."""

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml.etree import iterwalk
from lxml.html import HtmlElement

APART = "\u2063"
_MOST_PARTS = 30_000
_UNSEEN = frozenset("script style template noscript svg select iframe textarea head object".split())
_FLOWING = frozenset("a b i em strong font mark u span".split())
_FRACTION = re.compile(r"cent|fraction|decimal|kop|penny|pence|sup\b", re.I)
_FIRST_DIGITS = re.compile(r"\d{1,3}$")
_NEXT_DIGITS = re.compile(r"\s*\d{3}(?!\d)")
_POINTS = (".", ",")
_TWO_DIGITS = re.compile(r"\s*\d\d\s*$")
_ELSEWHERE_TAGS = frozenset({"nav", "footer", "aside"})
_ELSEWHERE = re.compile(
    r"(?<![a-z])(recs?(?![a-z])|relat(?!ive)|recommend|recomend|recently|similar|also[-_]?(like|"
    r"bought|view)|cross[-_]?sell|up[-_]?sell|you[-_]?may|youmay|more[-_]?(from|products|items)|"
    r"other[-_]?(products|items|offers)|suggest|complementary|accessor|frequently|bundle|"
    r"mini[-_]?cart|minibasket|cart[-_]?(drawer|side|popup|modal|dropdown|preview)|mega[-_]?menu|"
    r"main[-_]?menu|top[-_]?menu|nav[-_]?(bar|menu|igation)|navigation|site[-_]?header|"
    r"page[-_]?header|top[-_]?bar|footer|newsletter|cookie|consent|breadcrumb|history|viewed|"
    r"best[-_]?sell|bestseller|trending|ads?[-_]?(banner|slot|container)|sponsor|banner|zuletzt|"
    r"aehnlich|visti|correlat|relacionad|podobn|recommand|review[-_]?list|reviews?[-_]?(section|"
    r"container|wrapper)|comment|hot[-_]?sale|top[-_]?pick|comparison|customers[-_]?who|"
    r"product[-_]?(list|grid|card|tile|teaser|slider|carousel|miniature|recommend)|"
    r"item[-_]?(card|tile)|products[-_]?(list|grid|slider|carousel)|wishlist|compare[-_]?list)",
    re.IGNORECASE,
)
_NEIGHBOURS = re.compile(
    r"^\W*((katso myös|sinua (saattaa|voisi)|din aceeași|s-ar putea|clienții|sarnased|seotud|"
    r"teised (ostsid|vaatasid)|līdzīg\w*|saistīt\w*|panaš\w*|susij\w*|sorodn\w*|morda|slič\w*|"
    r"povezan\w*|srodn\w*|подобни|свързани|complete the|alternativ\w*|sustitut\w*|"
    r"\w+ also (bought|viewed|liked)|you (may|might) also|also like|similar|related|recommended|"
    r"recommendations|customers (who|also)|people (also|who)|others? also|frequently bought|"
    r"recently viewed|more (from|like|products)|best ?sellers|top picks|compare (with )?similar|"
    r"goes well with|complete the look|trending|featured products|sponsored|ähnliche|das könnte|"
    r"kunden (kauften|haben)|weitere (artikel|produkte)|zubehör|passend|zuletzt angesehen|"
    r"empfehlung|produits (similaires|associés|recommandés)|vous aimerez|les clients|"
    r"articles similaires|productos (relacionados|similares)|también te|quizás|los clientes|"
    r"artículos relacionados|produtos (relacionados|semelhantes|similares)|você também|quem (viu|"
    r"comprou)|prodotti (correlati|simili)|potrebbe(ro)? (anche )?(interessar|piacer)|i clienti|"
    r"gerelateerde|vergelijkbare|anderen bekeken|misschien vind|klanten|podobne|"
    r"produkty (podobne|powiązane)|klienci|polecan|související|podobné|mohlo by|zákazníci|"
    r"súvisiace|liknande|relaterade|andra (köpte|kunder)|kanske gillar|lignende|relaterte|"
    r"relaterede|andre (kjøpte|købte)|samankaltais|saattaisit|muut (katsoivat|ostivat)|hasonló|"
    r"kapcsolódó|produse (similare|asemănătoare)|похожие|рекомендуем|с этим товаром|вместе с|"
    r"также покупают|вам может|схожі|benzer|bunu alanlar|sản phẩm (tương tự|liên quan|bán chạy|"
    r"khác)|có thể bạn|gợi ý|produk (serupa|terkait|lain))\b|top sản phẩm|σχετικά|παρόμοια|"
    r"δείτε επίσης|この商品を買った人|関連商品|おすすめ|この商品を見た|よく一緒に|類似|相关商品|"
    r"相關商品|猜你喜欢|推薦|推荐|看了又看|함께 ?(보면|구매|본)|관련 ?상품|추천|비슷한|"
    r"이 상품을 본|다른 상품|מוצרים (דומים|נוספים|קשורים)|منتجات (مشابهة|ذات)|"
    r"สินค้า(ที่เกี่ยวข้อง|แนะนำ|ใกล้เคียง))",
    re.IGNORECASE,
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_STRUCK_STYLE = re.compile(r"line-through", re.I)


class Part:
    """One element: its place in reading order, its class and id, where it stands."""

    __slots__ = (
        "begin", "element", "elsewhere", "end", "frame", "hidden", "link", "marks", "parent",
        "place", "struck", "tag",
    )  # fmt: skip

    elsewhere: bool
    hidden: bool
    struck: bool

    def __init__(self, element: HtmlElement, place: int, parent: "Part | None") -> None:
        self.element = element
        self.place = place
        self.parent = parent
        self.tag: str = element.tag
        get = element.get
        self.frame = " ".join(filter(None, (get("class"), get("id"))))
        named = get("name") if self.tag == "input" else None
        self.marks = " ".join(
            filter(None, (self.frame, get("itemprop"), get("data-testid"), named))
        )
        style = get("style") or ""
        self.elsewhere = bool(parent and parent.elsewhere)
        self.hidden = bool(parent and parent.hidden) or (
            get("hidden") is not None or bool(style and _HIDDEN_STYLE.search(style))
        )
        self.struck = bool(parent and parent.struck) or (
            self.tag in _STRUCK_TAGS or bool(style and _STRUCK_STYLE.search(style))
        )
        self.link: str | None = parent.link if parent else None
        if self.tag == "a":
            self.link = get("href")
        self.begin = self.end = 0

    def lineage(self, generations: int) -> Iterator["Part"]:
        """The part and its ancestors, nearest first."""
        part: Part | None = self
        while part is not None and generations >= 0:
            yield part
            part = part.parent
            generations -= 1


class Outline:
    """The parts of a page in reading order, over one text."""

    def __init__(self, tree: HtmlElement) -> None:
        self._pieces: list[str] = []
        self.parts: list[Part] = list(self._walk(tree))

    def text(self, part: Part, longest: int = 300) -> str:
        """The folded visible text of a part, empty when it is longer than `longest`."""
        return " ".join(self.raw_text(part, longest).replace(APART, " ").split())

    def raw_text(self, part: Part, longest: int = 300) -> str:
        """As `text`, with `APART` between digits of different elements, which form no number."""
        if part.end - part.begin > longest:
            return ""
        text = " ".join("".join(self._pieces[part.begin : part.end]).split())
        return text if len(text) <= longest else ""

    def before(self, part: Part, length: int = 40) -> str:
        """The text that is read just before a part."""
        text = "".join(self._pieces[max(0, part.begin - 12) : part.begin]).replace(APART, " ")
        return " ".join(text.split())[-length:]

    def after(self, part: Part, length: int = 30) -> str:
        """The text that is read just after a part."""
        text = "".join(self._pieces[part.end : part.end + 10]).replace(APART, " ")
        return " ".join(text.split())[:length]

    @property
    def length(self) -> int:
        """The number of visible characters, without white space."""
        return sum(len(piece.strip()) for piece in self._pieces)

    def full_text(self, longest: int = 20_000) -> str:
        """The visible text from the top of the page, folded."""
        kept: list[str] = []
        size = 0
        for piece in self._pieces:
            size += len(piece)
            kept.append(piece)
            if size > longest:
                break
        return " ".join("".join(kept).replace(APART, " ").split())

    def mark_elsewhere(self, own: Part | None) -> None:
        """Mark what belongs to menus and other products, judged by tag, class and id.

        Args:
            own: a part that is known to be the product's own, such as its heading; nothing
                that holds it is elsewhere.
        """
        kept = set(own.lineage(1000)) if own else set()
        for part in self.parts:
            inherited = bool(part.parent and part.parent.elsewhere)
            part.elsewhere = part not in kept and (
                inherited or part.tag in _ELSEWHERE_TAGS or _is_elsewhere(part.frame)
            )
        self._mark_after_neighbours_headings(own)

    def _mark_after_neighbours_headings(self, own: Part | None) -> None:
        """Mark what follows a heading such as *Similar products* within the same part."""
        for part in self.parts:
            if part.elsewhere or part.end - part.begin > 8 or (own and part.place <= own.place):
                continue
            text = self.text(part, 60)
            if not text or not _NEIGHBOURS.match(text):
                continue
            around = part.parent
            while around and around.parent and around.end - part.end < 4:
                around = around.parent
            for place in range(part.place, len(self.parts)):
                later = self.parts[place]
                if around is None or (later is not part and later.begin >= around.end):
                    break
                later.elsewhere = True

    def _walk(self, tree: HtmlElement) -> Iterator[Part]:
        pieces = self._pieces
        open_parts: list[Part] = []
        skipped = 0
        count = 0
        for event, element in iterwalk(tree, events=("start", "end")):
            if not isinstance(element.tag, str):
                if event == "end" and element.tail and not skipped:
                    pieces.append(element.tail)
                continue
            if event == "start":
                if skipped or element.tag in _UNSEEN or count > _MOST_PARTS:
                    skipped += 1
                    continue
                part = Part(element, count, open_parts[-1] if open_parts else None)
                count += 1
                open_parts.append(part)
                if element.tag not in _FLOWING or _ends_in_digit(pieces):
                    _separate(pieces, part, element)
                part.begin = len(pieces)
                if element.text:
                    pieces.append(element.text)
                elif shown := _shown_without_text(element):
                    pieces.append(f" {shown} ")
                yield part
            elif skipped:
                skipped -= 1
                if not skipped and element.tail:
                    pieces.append(" " + element.tail)
            else:
                part = open_parts.pop()
                part.end = len(pieces)
                if element.tag not in _FLOWING or _ends_in_digit(pieces):
                    pieces.append("" if _sticks(element.tail) else " ")
                if element.tail:
                    pieces.append(element.tail)


def _shown_without_text(element: HtmlElement) -> str:
    """What an icon or a field for text shows, which is no text of the page."""
    if element.tag == "input" and (element.get("type") or "text") in ("text", "number"):
        return str(element.get("value") or "")
    return str(element.get("title") or "") if element.tag == "i" else ""


def _ends_in_digit(pieces: list[str]) -> bool:
    return _last_sign(pieces).isdigit()


def _last_sign(pieces: list[str]) -> str:
    return next((text[-1] for piece in reversed(pieces[-12:]) if (text := piece.rstrip())), "")


def _sticks(tail: str | None) -> bool:
    return bool(tail) and tail[:1] in ".,"  # type: ignore[index]


def _separate(pieces: list[str], part: Part, element: HtmlElement) -> None:
    """Set an element's text apart from what stands before it; cents become a fraction."""
    before = _last_sign(pieces)
    if not before or before in ".,":
        if not before:
            pieces.append(" ")
        return
    is_fraction = part.tag in ("sup", "small") or _FRACTION.search(part.marks)
    if before.isdigit() and is_fraction and _TWO_DIGITS.match(element.text or ""):
        for place in range(len(pieces) - 1, max(-1, len(pieces) - 4), -1):
            pieces[place] = pieces[place].rstrip()
            if pieces[place]:
                break
        pieces.append(".")
    elif (element.text or "").strip()[:1] in _POINTS:
        for place in range(len(pieces) - 1, max(-1, len(pieces) - 4), -1):
            if pieces[place] != " ":
                break
            pieces[place] = ""
    elif (begin := (element.text or "").strip()[:1]) not in _POINTS:
        apart = before.isdigit() and begin.isdigit() and not _continues(pieces, element)
        pieces.append(f" {APART} " if apart else " ")


def _continues(pieces: list[str], element: HtmlElement) -> bool:
    """Whether an element holds the next three digits of the number that stands before it."""
    before = next((text for piece in reversed(pieces[-12:]) if (text := piece.strip())), "")
    return bool(_FIRST_DIGITS.match(before) and _NEXT_DIGITS.match(element.text or ""))


@lru_cache(maxsize=4096)
def _is_elsewhere(marks: str) -> bool:
    return bool(marks) and len(marks) < 400 and bool(_ELSEWHERE.search(marks))
