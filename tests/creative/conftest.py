"""Gemini's stand-in on loopback, and generators that ask it."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from pydantic import SecretStr

from catalog.product import ScrapedProduct
from creative.brief import Brief
from settings import Settings
from tests.gemini_server import GeminiServer

if TYPE_CHECKING:
    from creative.gemini import GeminiGenerator

KEY = "AIza-Canary-7f3a9c"


@pytest.fixture(scope="session")
def running_gemini() -> Iterator[GeminiServer]:
    with GeminiServer() as server:
        yield server


@pytest.fixture
def gemini(running_gemini: GeminiServer) -> GeminiServer:
    running_gemini.forget()
    return running_gemini


@pytest.fixture
def pauses() -> list[float]:
    """How long `ask_gemini`'s generators wanted to pause; they do not."""
    return []


@pytest.fixture
def ask_gemini(gemini: GeminiServer, pauses: list[float]) -> Callable[..., "GeminiGenerator"]:
    """Makes a generator with the settings that are given."""
    from creative.gemini import GeminiGenerator

    def make(**settings: Any) -> "GeminiGenerator":
        sleep = settings.pop("sleep", pauses.append)
        chosen: dict[str, Any] = {
            "generator": "gemini", "GOOGLE_API_KEY": SecretStr(KEY), "gemini_endpoint": gemini.url,
            "gemini_timeout_seconds": 5,
        }  # fmt: skip
        return GeminiGenerator(Settings(**(chosen | settings)), sleep=sleep)

    return make


@pytest.fixture
def generator(ask_gemini: Callable[..., "GeminiGenerator"]) -> "GeminiGenerator":
    return ask_gemini()


@pytest.fixture
def brief() -> Brief:
    product = ScrapedProduct(
        url="https://shop.example/kettle", title="Halden Kettle", brand="Norrland",
        category="Kettles", description="Holds 600 ml. Pours slowly.", price=Decimal("49.90"),
        currency="EUR", image_urls=("https://shop.example/1.jpg",),
    )  # fmt: skip
    picture = Image.new("RGB", (600, 450), "white")
    picture.paste("green", (180, 120, 420, 360))
    return Brief(product=product, picture=picture)
