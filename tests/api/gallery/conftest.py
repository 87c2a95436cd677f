"""What the gallery's tests share: browsers without a script, and what they read of pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from lxml import html

from db.api_tokens import Member
from tests.api.conftest import ANN, EVE, new_token
from tests.api.gallery.browser import ann_looks, chromium, gallery_url, noted_orders, visits

__all__ = ["ann_looks", "chromium", "gallery_url", "noted_orders", "visits"]


@dataclass
class Visitor:
    """A browser without a script: it keeps cookies, and sends the forms of pages."""

    client: TestClient

    def get(self, path: str, **options: Any) -> Response:
        return self.client.get(path, **options)

    def send(self, path: str, page: str = "/", *, accept: str = "", **fields: Any) -> Response:
        """Send a form as one that stands on `page`."""
        token = html.fromstring(self.get(page).text).xpath("//meta[@name='csrf-token']/@content")
        data = {"csrf": token[0] if token else "", **fields}
        return self.client.post(path, data=data, headers={"Accept": accept} if accept else {})


@pytest.fixture
def visitor_of(anonymous: TestClient) -> Callable[[Member | None], Visitor]:
    """Makes a visitor, signed in as a user where one is named."""

    def make(member: Member | None) -> Visitor:
        client = TestClient(
            anonymous.app, base_url="http://api.example", raise_server_exceptions=False,
            follow_redirects=False,
        )  # fmt: skip
        client.portal = anonymous.portal
        if member is not None:
            token = new_token(member)
            assert client.post("/gallery/sign-in", data={"token": token}).status_code == 303
        return Visitor(client)

    return make


@pytest.fixture
def ann_visits(visitor_of: Callable[[Member | None], Visitor]) -> Visitor:
    return visitor_of(ANN)


@pytest.fixture
def eve_visits(visitor_of: Callable[[Member | None], Visitor]) -> Visitor:
    return visitor_of(EVE)


def texts(response: Response, selector: str) -> list[str]:
    """What the elements of a page say, white space folded."""
    found = html.fromstring(response.text).cssselect(selector)
    return [" ".join(element.text_content().split()) for element in found]
