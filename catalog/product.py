"""The values that the catalog works with: sources that are asked for, products that were read."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from catalog import product_fields as fields
from catalog.product_fields import canonical_url as canonical_url
from catalog.product_fields import complaint as complaint
from catalog.vocabulary import AVAILABILITIES
from catalog.vocabulary import signs_of as signs_of
from catalog.written import read_locale, read_price


class ScrapedProduct(BaseModel):
    """What is known of one product page.

    `price` is in units of `currency` (ISO 4217); `image_urls` are absolute, the page's main
    picture first; `read_from` names, per field, the markup it came from, or "feed" where the user
    handed it over.
    """

    model_config = ConfigDict(frozen=True)

    url: str
    title: str
    description: str | None = None
    brand: str | None = None
    category: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    availability: str | None = None
    locale: str | None = None
    image_urls: tuple[str, ...] = ()
    read_from: dict[str, str] = Field(default_factory=dict)


class ProductData(BaseModel):
    """A product in the user's own words, such as a row of a feed, in place of its page.

    Text may hold HTML, which is taken out. `price` is a number, or text with or without its
    currency (see `catalog.written.read_price`), and is kept to the decimals that the currency has.
    `availability` is taken in schema.org's and in Google Merchant's spelling.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: fields.Title = Field(title="Title", description="The product's name.")
    description: fields.Description = Field(
        None, title="Description", description="What is said of it; HTML is taken out."
    )
    brand: fields.Brand = Field(None, title="Brand", description="Who makes it.")
    category: fields.Category = Field(
        None, title="Category", description="What kind of thing it is, such as Home > Kettles."
    )
    locale: fields.LocaleName = Field(
        None, title="Language", description="The language of the text, such as de or de-DE."
    )
    currency: fields.CurrencyCode = Field(
        None, title="Currency", description="ISO 4217, such as EUR; may stand in the price instead."
    )
    price: fields.Price = Field(None, title="Price", description="Above zero, such as 1299.00 EUR.")
    availability: fields.Availability = Field(
        None, title="Availability", description=f"One of {', '.join(AVAILABILITIES)}."
    )
    image_urls: fields.ImageUrls = Field(
        title="Pictures", description="Addresses of its pictures, the main one first."
    )

    @model_validator(mode="before")
    @classmethod
    def _currency_of_the_price(cls, given: Any) -> Any:
        """Put the currency that stands in the price where the other fields find it."""
        if not isinstance(given, dict) or not isinstance(given.get("price"), str):
            return given
        if fields.none_when_empty(given.get("currency")) is not None:
            return given
        try:
            locale: Any = fields.none_when_empty(given.get("locale"))
            territory = fields.territory_of(locale and read_locale(locale))
            _, code = read_price(given["price"], None, territory)
        except (ValueError, AttributeError):  # the field itself tells it
            return given
        return given | {"currency": code}

    def as_scraped(self, url: str) -> ScrapedProduct:
        """The product as if it had been read at `url`; `read_from` says "feed" for what it has."""
        known = {name: value for name, value in dict(self).items() if value is not None}
        return ScrapedProduct(url=url, **known, read_from=dict.fromkeys(known, "feed"))


class Source(BaseModel):
    """One item of a request: a product address and how many previews are wanted of it.

    With `product`, the page at the address is not read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: fields.WebAddress = Field(
        title="Product address",
        description="The product page, http or https.",
        json_schema_extra={"pattern": r"^\s*https?://"},
    )
    batch_size: Annotated[int, Field(strict=True, ge=1, le=10)] = Field(
        1, title="Previews", description="How many previews are wanted of it, 1 to 10."
    )
    product: ProductData | None = Field(
        None,
        title="Product data",
        description="What is known of the product; with it, the page is not read.",
    )


class InvalidSources(ValueError):
    """A request cannot be taken; `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["InvalidSources"], tuple[list[str]]]:
        return type(self), (self.problems,)


def _one_product_per_address(sources: list[Source]) -> list[Source]:
    """Refuse two descriptions of one address: the records hold one product for it."""
    if not any(source.product for source in sources):
        return sources
    first: dict[str, int] = {}
    problems = []
    for position, source in enumerate(sources):
        earlier = first.setdefault(canonical_url(source.url), position)
        if source.product != sources[earlier].product:
            problems.append(
                f"sources[{position}].product: must be the same as that of sources[{earlier}], "
                "which has the same address."
            )
    if problems:
        raise InvalidSources(problems)
    return sources


CheckedSources = Annotated[list[Source], AfterValidator(_one_product_per_address)]
_SOURCES = TypeAdapter(CheckedSources)


def check_sources(sources: object) -> list[Source]:
    """The sources of a request, checked.

    Args:
        sources: a sequence of `Source`, or of mappings with `url`, `batch_size` and `product`.

    Raises:
        InvalidSources: it is empty, an item of it is wrong, or two items say different things of
            one address; every item is told.
    """
    given = list(sources) if isinstance(sources, Sequence) else sources
    if given == []:
        raise InvalidSources(["sources: at least one product address is needed."])
    try:
        return _SOURCES.validate_python(given)
    except ValidationError as error:
        problems = error.errors()
    told = problems[0].get("ctx", {}).get("error")
    if isinstance(told, InvalidSources):
        raise told
    raise InvalidSources([_sentence(problem) for problem in problems])


def _sentence(problem: ErrorDetails) -> str:
    where = "sources" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]
    )
    return f"{where}: {fields.complaint(problem)}"
