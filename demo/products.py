"""What the demo shop sells."""

from dataclasses import dataclass
from decimal import Decimal

MISLEADING: dict[str, str] = {
    "delivery": "shipping_banner",
    "measures": "size_chart",
    "cards": "payment_badges",
}


@dataclass(frozen=True)
class View:
    """One picture of a product: `name` is part of its address, the rest is for the drawing."""

    name: str
    seed: int = 0
    backdrop: str = "white"
    close_up: bool = False


@dataclass(frozen=True)
class DemoProduct:
    """A product of the shop; `markup` names the template that describes it to machines.

    `price_shown` is the price as the page writes it for people; `extra_pictures` are names
    from `MISLEADING`, which the page counts among the product's own pictures, as shops do.
    """

    slug: str
    markup: str
    kind: str
    color: str
    title: str
    brand: str
    price: Decimal
    currency: str
    price_shown: str
    description: str
    views: tuple[View, ...]
    availability: str = "InStock"
    language: str = "en"
    rating: Decimal | None = None
    rating_count: int | None = None
    extra_pictures: tuple[str, ...] = ()


def _views(angle: int, detail: int, scene: int) -> tuple[View, ...]:
    return (
        View("front"),
        View("angle", angle, "studio"),
        View("detail", detail, "studio", close_up=True),
        View("room", scene, "scene"),
    )


PRODUCTS: tuple[DemoProduct, ...] = (
    DemoProduct(
        slug="halden-pour-over-kettle",
        markup="json_ld",
        kind="kettle",
        color="green",
        title="Halden Pour-Over Kettle in Forest Green",
        brand="Norrland",
        price=Decimal("89.00"),
        currency="EUR",
        price_shown="€89.00",
        description="Slow mornings, sorted. The swan neck pours a thin, steady stream. "
        "The walnut grip stays cool, and one filling makes four cups.",
        views=_views(7, 4, 13),
        extra_pictures=("delivery",),
    ),
    DemoProduct(
        slug="lumen-table-lamp",
        markup="json_ld_graph",
        kind="lamp",
        color="yellow",
        title="Lumen Table Lamp in Mustard Yellow",
        brand="Ljus & Co",
        price=Decimal("129.00"),
        currency="GBP",
        price_shown="£129.00",
        description="Dusk, on a dimmer. The steel dome throws warm light down, not into your eyes. "
        "Three steps of brightness, and a brass stem that only gets better with age.",
        views=(View("front"), View("angle", 4, "studio"), View("room", 12, "scene")),
        rating=Decimal("4.7"),
        rating_count=212,
    ),
    DemoProduct(
        slug="meridian-running-shoe",
        markup="json_ld_variants",
        kind="sneaker",
        color="blue",
        title="Meridian Running Shoe in Navy Blue",
        brand="Tidewater",
        price=Decimal("118.00"),
        currency="USD",
        price_shown="$118.00",
        description="Out the door by six. A springy foam sole and a knitted upper that breathes. "
        "Weighs 240 grams in size 42.",
        views=_views(5, 7, 11),
        extra_pictures=("measures",),
    ),
    DemoProduct(
        slug="kiln-and-clay-mug",
        markup="json_ld_broken",
        kind="mug",
        color="red",
        title="Kiln & Clay Stoneware Mug – Terracotta Red",
        brand="Kiln & Clay",
        price=Decimal("24.00"),
        currency="EUR",
        price_shown="€24.00",
        description="Big enough for Mondays. Holds 350 ml of coffee and keeps it warm. "
        "Glazed by hand, so no two are alike, and safe in the dishwasher.",
        views=_views(7, 6, 9),
    ),
    DemoProduct(
        slug="fjordline-backpack",
        markup="microdata",
        kind="backpack",
        color="teal",
        title="Fjordline Canvas Backpack, Teal",
        brand="Fieldhouse",
        price=Decimal("145.00"),
        currency="USD",
        price_shown="$145.00",
        description="Packed in a minute. Waxed canvas shrugs off the rain. "
        "A padded sleeve takes a 15-inch laptop, and the straps are vegetable-tanned leather.",
        views=_views(8, 5, 12),
        availability="LimitedAvailability",
    ),
    DemoProduct(
        slug="aria-headphones",
        markup="rdfa",
        kind="headphones",
        color="grey",
        title="Aria Over-Ear Headphones in Charcoal Grey",
        brand="Lumen Works",
        price=Decimal("249.00"),
        currency="USD",
        price_shown="$249.00",
        description="Quiet, wherever you are. Noise cancelling with two microphones on each side. "
        "One charge lasts 38 hours, and the cushions come off for cleaning.",
        views=_views(6, 7, 13),
    ),
    DemoProduct(
        slug="sekunde-wristwatch",
        markup="opengraph",
        kind="wristwatch",
        color="brown",
        title="Sekunde Leather Wristwatch in Chestnut Brown",
        brand="Atelier 9",
        price=Decimal("320.00"),
        currency="CHF",
        price_shown="CHF 320.00",
        description="Time, plainly told. An automatic movement under sapphire glass. "
        "The strap is full-grain leather, and the case is 38 mm wide.",
        views=_views(4, 5, 9),
    ),
    DemoProduct(
        slug="pelican-film-camera",
        markup="plain",
        kind="camera",
        color="pink",
        title="Pelican Film Camera in Dusty Rose",
        brand="Pelican",
        price=Decimal("410.00"),
        currency="GBP",
        price_shown="£410.00",
        description="Thirty-six good reasons. Takes ordinary 35 mm film. "
        "A bright viewfinder shows the frame lines, and the lens opens to f/2.",
        views=_views(8, 7, 10),
        extra_pictures=("cards",),
    ),
    DemoProduct(
        slug="fjell-sessel",
        markup="microdata_german",
        kind="armchair",
        color="purple",
        title="Fjell Sessel in Aubergine",
        brand="Nordhaus",
        price=Decimal("1299.00"),
        currency="EUR",
        price_shown="1.299,00\N{NO-BREAK SPACE}€",
        description="Ein Platz zum Bleiben. Bezug aus Schurwolle, Beine aus geölter Eiche. "
        "Die Sitzhöhe beträgt 43 cm, und das Kissen liegt bei.",
        views=_views(6, 4, 12),
        language="de",
    ),
    DemoProduct(
        slug="torrent-gourde-isotherme",
        markup="json_ld_french",
        kind="bottle",
        color="orange",
        title="Torrent Bottle, gourde isotherme orange",
        brand="Maison Névé",
        price=Decimal("34.90"),
        currency="EUR",
        price_shown="34,90\N{NO-BREAK SPACE}€",
        description="Fraîche du matin au soir. La double paroi en inox garde le froid 24 heures. "
        "Elle contient 500 ml, et son anse se glisse sur un mousqueton.",
        views=_views(5, 6, 11),
        language="fr",
        extra_pictures=("delivery",),
    ),
)
