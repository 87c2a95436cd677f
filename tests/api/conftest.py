"""What the API's tests share: an app with a launcher of the tests' own, and users with tokens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.app import create_app
from api.orders import Order, RunNotStarted
from catalog.product import ScrapedProduct, Source
from db import api_tokens, bulk_tasks, previews, products, sources
from db.api_tokens import Member
from db.session import unit_of_work
from tests.creative.edit_samples import STORED

ANN, BOB, EVE = Member("acme", "ann"), Member("acme", "bob"), Member("rival", "eve")
JOB = {"sources": [{"url": "https://shop.example/kettle", "batch_size": 3}]}


@dataclass
class NotedOrders:
    """A launcher that starts nothing and remembers what it was asked for."""

    orders: list[Order] = field(default_factory=list)
    runs: dict[str, UUID] = field(default_factory=dict)
    trouble: Exception | None = None

    def start(self, order: Order) -> UUID:
        if self.trouble is not None:
            raise self.trouble
        self.orders.append(order)
        return self.runs.setdefault(order.key, uuid4())

    def run_of(self, batch_id: UUID) -> UUID:
        """The run that makes a batch for the first time."""
        return self.runs[str(batch_id)]

    def check(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def per_minute(self) -> int:
        return 20

    def close(self) -> None:
        pass


UNREACHABLE = RunNotStarted("The Prefect server cannot be reached at the moment.")


@pytest.fixture
def launcher() -> NotedOrders:
    return NotedOrders()


@pytest.fixture
def anonymous(database: Engine, launcher: NotedOrders) -> Iterator[TestClient]:
    """Somebody without a token, at an API with empty records."""
    app = create_app(launcher=launcher)
    with TestClient(app, base_url="http://api.example", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client_of(anonymous: TestClient) -> Callable[[Member], TestClient]:
    """Makes a client with the token of a user."""

    def make(member: Member) -> TestClient:
        client = TestClient(
            anonymous.app, base_url="http://api.example", raise_server_exceptions=False
        )
        # As on a server: all requests are answered in one event loop.
        client.portal = anonymous.portal
        client.headers["Authorization"] = f"Bearer {new_token(member)}"
        return client

    return make


@pytest.fixture
def ann(client_of: Callable[[Member], TestClient]) -> TestClient:
    return client_of(ANN)


@pytest.fixture
def eve(client_of: Callable[[Member], TestClient]) -> TestClient:
    """A user of another workspace."""
    return client_of(EVE)


def new_token(member: Member) -> str:
    with unit_of_work() as session:
        return api_tokens.create(session, member)


@dataclass(frozen=True)
class MadeBatch:
    """A batch of two sources that has ended: one page with previews, and one that was gone."""

    id: UUID
    product_id: UUID
    preview_ids: list[UUID]


def make_batch(member: Member, done: int = 2) -> MadeBatch:
    """Record a batch with `done` previews that are done and one that failed."""
    batch_id, run_id = uuid4(), uuid4()
    url = "https://shop.example/kettle"
    wanted = [Source(url=url, batch_size=done + 1), Source(url="https://shop.example/gone")]
    scraped = ScrapedProduct(url=url, title="Ember Kettle", image_urls=(f"{url}.jpg",))
    with unit_of_work() as session:
        bulk_tasks.record(session, batch_id, wanted, workspace=member.workspace, user=member.user)
        bulk_tasks.own(session, batch_id, run_id)
        product_id = products.save(
            session, url, scraped, workspace=member.workspace, user=member.user
        )
        first, second = sources.unfinished(session, batch_id)
        sources.start(session, first.id, run_id)
        sources.assign_product(session, first.id, product_id)
        preview_ids = previews.queue(session, first.id, product_id, [f"{url}.jpg"] * (done + 1))
        for number, preview_id in enumerate(preview_ids):
            previews.start(session, preview_id, run_id)
            if number < done:
                fill(session, preview_id, run_id, number)
                previews.complete(session, preview_id, run_id)
            else:
                previews.fail(session, preview_id, run_id, "The picture was blocked.")
        sources.settle(session, first.id, run_id)
        sources.settle(session, second.id, run_id, "The page is gone.")
        bulk_tasks.settle(session, batch_id, run_id)
    return MadeBatch(batch_id, product_id, preview_ids)


def fill(session: Any, preview_id: UUID, run_id: UUID, number: int) -> None:
    prefill = STORED | {"headline": f"The headline of number {number}"}
    previews.fill(session, preview_id, run_id, prefill, f"the headline of number {number}")
