"""Every setting of the project, read from the environment (prefix ``CTA_``) or from ``.env``."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent


class Settings(BaseSettings):
    """The settings of one process; `get_settings` is how the project reaches them."""

    model_config = SettingsConfigDict(
        env_prefix="CTA_", env_file=PROJECT_ROOT / ".env", extra="ignore", frozen=True
    )

    data_dir: Path = Field(
        Path(".data"), description="Where everything that is written at run time lives."
    )
    database_url: str | None = Field(
        None,
        description="The Postgres that holds the records, 15 or newer; empty starts an embedded "
        "one.",
    )
    database_pool_size: int = Field(
        20,
        ge=1,
        le=200,
        description="Connections to Postgres that one process may hold; each run is a process.",
    )
    api_database_url: str | None = Field(
        None,
        description="The same Postgres as the API reaches it, with a login of its own that is a "
        "member of the role cta_api; empty takes CTA_DATABASE_URL in that role.",
    )
    media_url: str | None = Field(
        None,
        description="The address under which the media folder is served; empty gives file://. The "
        "same for workers and API, and not changed once previews have left the machine: rows hold "
        "whole addresses.",
    )
    gallery_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s]+$",
        description="The address of the API as people reach it, such as https://previews.example, "
        "for links from Prefect's UI into the gallery; empty means no links.",
    )

    api_runs: Literal["deployment", "own_process"] = Field(
        "deployment",
        description="Who runs what is asked for over REST: `deployment` leaves it to the workers "
        "of the Prefect server, `own_process` to a process that the API starts and stops.",
    )
    api_max_body_bytes: int = Field(
        10_000_000, gt=0, description="Largest body of a request to the API."
    )
    api_max_sources: int = Field(
        5_000, ge=1, description="How many sources one request to the API may ask for."
    )

    generator: Literal["local", "gemini"] | None = Field(
        None,
        description="Who makes backgrounds and prefills: `local` or `gemini`; "
        "empty means gemini when GOOGLE_API_KEY is set, else local.",
    )
    generations_per_minute: int = Field(
        20,
        ge=1,
        description="How many generations may start in any 60 seconds, over all processes. Counts "
        "when Prefect's limit preview-generation is first made; afterwards change that limit's "
        "slot decay per second, which is this number / 60.",
    )
    google_api_key: SecretStr | None = Field(
        None, validation_alias="GOOGLE_API_KEY", description="The key for Gemini (no CTA_ prefix)."
    )
    gemini_endpoint: str | None = Field(
        None, description="Another address for the Gemini API, for a proxy; empty means Google's."
    )
    gemini_image_model: str = Field(
        "gemini-3.1-flash-image", description="The Gemini model that makes backgrounds."
    )
    gemini_text_model: str = Field(
        "gemini-flash-latest", description="The Gemini model that writes prefills."
    )
    gemini_timeout_seconds: float = Field(
        60, gt=0, description="How long one call to Gemini may take."
    )

    gemini_attempts: int = Field(
        4,
        ge=1,
        le=10,
        description="Calls that one answer of Gemini may take where it fails in a "
        "way that may pass.",
    )
    gemini_total_seconds: float = Field(
        240,
        gt=0,
        description="How long all calls for one answer of Gemini, and the pauses between "
        "them, may take.",
    )
    gemini_image_price_in: Decimal = Field(
        Decimal("0.50"),
        ge=0,
        description="What a million tokens cost that go into "
        "CTA_GEMINI_IMAGE_MODEL, in US dollars.",
    )
    gemini_image_price_out: Decimal = Field(
        Decimal("60"),
        ge=0,
        description="What a million tokens cost that come out of "
        "CTA_GEMINI_IMAGE_MODEL, in US dollars.",
    )
    gemini_text_price_in: Decimal = Field(
        Decimal("0.50"),
        ge=0,
        description="What a million tokens cost that go into CTA_GEMINI_TEXT_MODEL, in US dollars.",
    )
    gemini_text_price_out: Decimal = Field(
        Decimal("3"),
        ge=0,
        description="What a million tokens cost that come out of "
        "CTA_GEMINI_TEXT_MODEL, in US dollars.",
    )

    clip_model: str = Field(
        "ViT-B-32",
        description="The open_clip model that ranks pictures; `micro` is the bundled one.",
    )
    clip_pretrained: str = Field(
        "laion2b_s34b_b79k", description="The weights of CTA_CLIP_MODEL, as open_clip names them."
    )
    clip_precision: Literal["auto", "float32"] = Field(
        "auto",
        description="What CLIP computes with: `auto` takes 16 bits where this machine is faster "
        "with them, `float32` never does.",
    )
    rank_without_clip: bool = Field(
        False,
        description="Whether a run goes on with the pictures in page order when the weights of "
        "CLIP cannot be had; such products are ranked once they can.",
    )
    max_ranked_images: int = Field(
        24, ge=1, description="How many pictures of a page are loaded and ranked, in page order."
    )

    lease_seconds: float = Field(
        60,
        ge=1,
        description="How long a process that works on rows counts as alive without a sign of life; "
        "after that its rows may be given to others.",
    )
    max_times_lost: int = Field(
        3,
        ge=0,
        description="How often a preview, or a whole bulk task that gets nowhere, is begun again "
        "by itself after its process was lost.",
    )
    media_grace_hours: float = Field(
        24, ge=0, description="How old a picture is that belongs to no preview when it is removed."
    )

    max_concurrent_sources: int = Field(
        4, ge=1, le=64, description="Sources that one run works on at the same time."
    )
    max_concurrent_previews: int = Field(
        4, ge=1, le=10, description="Previews of one source that are worked on at the same time."
    )
    task_runner: Literal["threads", "dask"] = Field(
        "threads",
        description="Who works on the sources of one run: `threads` of its process, or the workers "
        "of a Dask scheduler (`dask`).",
    )
    dask_address: str | None = Field(
        None,
        pattern=r"^(tcp|tls)://[^\s/]+:\d+$",
        description="The Dask scheduler, such as tcp://10.0.0.5:8786; needed with "
        "CTA_TASK_RUNNER=dask.",
    )
    product_max_age_hours: float = Field(
        24, ge=0, description="How long a product that was read is reused before it is read again."
    )

    user_agent: str = Field(
        "cta-previews/1.0 (product preview generator)",
        pattern=r"^[!-~][ -~]*$",
        description="What the project calls itself when it reads a page or a picture.",
    )
    fetch_connect_seconds: float = Field(5, gt=0, description="Longest wait for a connection.")
    fetch_read_seconds: float = Field(10, gt=0, description="Longest silence while reading.")
    fetch_total_seconds: float = Field(30, gt=0, description="Longest time for one download.")
    fetch_attempts: int = Field(
        3, ge=1, le=10, description="Tries at a download that fails in a way that may pass."
    )
    fetch_connections_per_host: int = Field(
        6, ge=1, le=64, description="Connections to one host that one process may use at a time."
    )
    fetch_max_crawl_delay_seconds: float = Field(
        1, ge=0, description="Longest pause between two reads that a robots.txt is granted."
    )
    max_page_bytes: int = Field(
        10_000_000, gt=0, description="Largest page that is read, after decompression."
    )
    max_image_bytes: int = Field(
        20_000_000, gt=0, description="Largest picture file that is downloaded."
    )
    max_image_pixels: int = Field(
        40_000_000, gt=0, description="Largest picture that is decoded, in pixels."
    )
    max_feed_bytes: int = Field(
        500_000_000, gt=0, description="Largest feed that is read, after decompression."
    )
    max_feed_rows: int = Field(100_000, gt=0, description="How many rows a feed may have.")
    allowed_private_hosts: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Hosts (`name`, `name:port`, or `.name` for all below it; comma-separated) "
        "that may be read although they are in a private network.",
    )
    own_shops: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Hosts (in the same forms) that are the user's own or agreed to be read: "
        "their robots.txt is not asked for.",
    )

    @field_validator(
        "database_url", "api_database_url", "media_url", "gallery_url", "generator",
        "gemini_endpoint", "dask_address", mode="before",
    )  # fmt: skip
    @classmethod
    def _empty_means_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("google_api_key", mode="before")
    @classmethod
    def _empty_key_means_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("data_dir")
    @classmethod
    def _relative_to_the_project(cls, value: Path) -> Path:
        return (PROJECT_ROOT / value.expanduser()).resolve()

    @field_validator("allowed_private_hosts", "own_shops", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(host.strip().lower() for host in value.split(",") if host.strip())
        return value

    @field_validator("allowed_private_hosts", "own_shops")
    @classmethod
    def _hosts_are_no_addresses(cls, value: frozenset[str]) -> frozenset[str]:
        for host in value:
            if "/" in host:
                raise ValueError(f"{host} is an address; name the host alone: shop.example")
        return value

    @model_validator(mode="after")
    def _dask_has_an_address(self) -> Self:
        if self.task_runner == "dask" and self.dask_address is None:
            raise ValueError(
                "CTA_TASK_RUNNER=dask needs CTA_DASK_ADDRESS, the address of the Dask scheduler, "
                "such as tcp://10.0.0.5:8786"
            )
        return self

    @property
    def generator_name(self) -> Literal["local", "gemini"]:
        """The generator in use, with the default worked out."""
        if self.generator:
            return self.generator
        return "gemini" if self.google_api_key else "local"

    @property
    def media_dir(self) -> Path:
        """The folder of the generated pictures."""
        return self.data_dir / "media"


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
