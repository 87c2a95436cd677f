"""The values that the catalog works with: sources that are asked for, products that were read."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from w3lib.url import canonicalize_url, url_query_cleaner

MAX_URL_LENGTH = 2048
_TRACKING_PARAMETERS = (
    "utm_source utm_medium utm_campaign utm_term utm_content utm_id gclid gbraid wbraid dclid "
    "fbclid msclkid ttclid twclid yclid igshid mc_cid mc_eid _ga"
).split()


def _require_http(url: str) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise ValueError("the address must be a whole one that begins with http:// or https://")
    if len(canonical_url(url)) > MAX_URL_LENGTH:
        raise ValueError(f"the address is longer than {MAX_URL_LENGTH} characters when escaped")
    return url


class Source(BaseModel):
    """One item of a request: a product address and how many previews are wanted of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, AfterValidator(_require_http), Field(max_length=MAX_URL_LENGTH)] = Field(
        title="Product address", description="The product page, http or https."
    )
    batch_size: Annotated[int, Field(strict=True, ge=1, le=10)] = Field(
        1, title="Previews", description="How many previews are wanted of it, 1 to 10."
    )


class InvalidSources(ValueError):
    """A request cannot be taken; `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["InvalidSources"], tuple[list[str]]]:
        return type(self), (self.problems,)


def check_sources(sources: object) -> list[Source]:
    """The sources of a request, checked.

    Args:
        sources: a sequence of `Source`, or of mappings with `url` and `batch_size`.

    Raises:
        InvalidSources: it is empty, or an item of it is wrong; every item is told.
    """
    given = list(sources) if isinstance(sources, Sequence) else sources
    if given == []:
        raise InvalidSources(["sources: at least one product address is needed."])
    try:
        return _SOURCES.validate_python(given)
    except ValidationError as error:
        raise InvalidSources([_sentence(problem) for problem in error.errors()]) from None


_SOURCES = TypeAdapter(list[Source])


def _sentence(problem: ErrorDetails) -> str:
    where = "sources" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]
    )
    given = repr(problem["input"])
    shown = given if len(given) <= 80 else given[:79] + "…"
    what = problem["msg"].removeprefix("Value error, ")
    if problem["loc"] and problem["loc"][-1] == "batch_size":
        what = "the number of previews must be a whole number from 1 to 10"
    return f"{where}: {what[0].lower()}{what[1:]} (given: {shown})."


class ScrapedProduct(BaseModel):
    """What is known of one product page.

    `price` is in units of `currency` (ISO 4217); `image_urls` are absolute, the page's main
    picture first; `read_from` names, per field, the markup it came from.
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


def canonical_url(url: str) -> str:
    """The address under which a product is known: no fragment, no tracking parameters.

    Query parameters are sorted and escapes made uniform, as `w3lib.url.canonicalize_url` does.
    """
    cleaned = url_query_cleaner(url, _TRACKING_PARAMETERS, remove=True)
    return str(canonicalize_url(cleaned))
