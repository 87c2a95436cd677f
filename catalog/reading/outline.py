"""A page in reading order: each element with its visible text and what its surroundings are."""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from catalog.reading.visible_text import APART, VisibleText

_KEPT_TEXT = 300
_MOST_PARTS = 30_000
_UNSEEN = frozenset("script style template noscript svg select iframe textarea head object".split())
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
        "begin", "element", "elsewhere", "end", "frame", "hidden", "kept_text", "link", "marks",
        "parent", "place", "struck", "tag",
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
        self.kept_text: str | None = None

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
        self._written = VisibleText()
        self.parts: list[Part] = list(self._walk(tree))

    def text(self, part: Part, longest: int = 300) -> str:
        """The folded visible text of a part, empty when it is longer than `longest`."""
        text = self.raw_text(part, longest)
        return " ".join(text.replace(APART, " ").split()) if APART in text else text

    def raw_text(self, part: Part, longest: int = 300) -> str:
        """As `text`, with `APART` between digits of different elements, which form no number."""
        if longest > _KEPT_TEXT:
            text = self._joined(part) if part.end - part.begin <= longest else ""
        else:
            if part.kept_text is None:
                few = part.end - part.begin <= _KEPT_TEXT
                whole = self._joined(part) if few else ""
                part.kept_text = whole if len(whole) <= _KEPT_TEXT else ""
            text = part.kept_text
        return text if len(text) <= longest else ""

    def _joined(self, part: Part) -> str:
        return " ".join("".join(self._written.pieces[part.begin : part.end]).split())

    def before(self, part: Part, length: int = 40) -> str:
        """The text that is read just before a part."""
        text = "".join(self._written.pieces[max(0, part.begin - 12) : part.begin]).replace(
            APART, " "
        )
        return " ".join(text.split())[-length:]

    def after(self, part: Part, length: int = 30) -> str:
        """The text that is read just after a part."""
        text = "".join(self._written.pieces[part.end : part.end + 10]).replace(APART, " ")
        return " ".join(text.split())[:length]

    @cached_property
    def length(self) -> int:
        """The number of visible characters, without white space."""
        return sum(len(piece.strip()) for piece in self._written.pieces)

    def full_text(self, longest: int = 20_000) -> str:
        """The visible text from the top of the page, folded."""
        kept: list[str] = []
        size = 0
        for piece in self._written.pieces:
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
            if len(text) < 3 or not _is_neighbours_heading(text):
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
        written = self._written
        open_parts: list[Part] = []
        skipped = 0
        count = 0
        for event, element in iterwalk(tree, events=("start", "end")):
            tag = element.tag
            if not isinstance(tag, str):
                if event == "end" and not skipped:
                    written.add(element.tail)
            elif event == "start":
                if skipped or tag in _UNSEEN or count > _MOST_PARTS:
                    skipped += 1
                    continue
                part = Part(element, count, open_parts[-1] if open_parts else None)
                count += 1
                open_parts.append(part)
                text = element.text or _shown_without_text(element)
                written.open(tag, part.marks, text)
                part.begin = written.length
                written.add(text)
                yield part
            elif skipped:
                skipped -= 1
                if not skipped and element.tail:
                    written.add(" " + element.tail)
            else:
                open_parts.pop().end = written.length
                written.close(tag, element.tail)


def _shown_without_text(element: HtmlElement) -> str | None:
    """What an icon or a field for text shows, which is no text of the page."""
    shown = None
    if element.tag == "input" and (element.get("type") or "text") in ("text", "number"):
        shown = element.get("value")
    elif element.tag == "i":
        shown = element.get("title")
    return f" {shown} " if shown else None


@lru_cache(maxsize=4096)
def _is_neighbours_heading(text: str) -> bool:
    return bool(_NEIGHBOURS.match(text))


@lru_cache(maxsize=4096)
def _is_elsewhere(marks: str) -> bool:
    return bool(marks) and len(marks) < 400 and bool(_ELSEWHERE.search(marks))
