"""The REST API on a million previews: plans, and what a page costs over HTTP.

`python -m bench.rest` checks that every list and the detail are read off indexes alone, and then
asks a served API for pages of fifty, each beside the same query sent to Postgres by itself, in
turns. Exits with 1 when a plan scans or sorts, or when the 99th percentile over HTTP is more than
three times that of the query by itself.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from bench.million_previews import LARGE, make_database, use_database
from settings import PROJECT_ROOT

PAGE_SIZE = 50
PAGES = 2_000
WARM_UP = 200
LIMIT = 3
DEEP = 20


def main() -> int:
    """Measure, print, and say whether it is quick enough."""
    use_database()
    make_database()
    return int(not all([check_plans(), check_pages()]))


def check_plans() -> bool:
    """Print how each question is carried out; whether all are read off indexes."""
    from bench.plans import plans_of
    from db.workspaces import get_api_engine

    good = True
    for name, ask in questions().items():
        plans = plans_of(get_api_engine(), LARGE, ask)
        off_indexes = all(plan.is_off_indexes for plan in plans)
        good &= off_indexes
        slowest = max(plan.milliseconds for plan in plans)
        passed_over = max(plan.passed_over for plan in plans)
        print(f"{name:<34} {'off indexes' if off_indexes else 'NOT OFF INDEXES':<16}"
              f" {slowest:5.2f} ms in Postgres, {passed_over} rows passed over")  # fmt: skip
    return good


def questions() -> dict[str, Callable[[Any], object]]:
    """Every list with every filter, some pages deep and back again, and the details."""
    from db import bulk_tasks, shown_previews
    from db.models import PreviewStatus, TaskStatus

    batch_id, product_id, preview_id = some_ids()
    filters: dict[str, dict[str, Any]] = {
        f"previews {' '.join(sorted(given))}".strip(): given
        for batch in ({}, {"bulk_task_id": batch_id})
        for product in ({}, {"product_id": product_id})
        for status in ({}, {"status": PreviewStatus.FAILED})
        for given in [{**batch, **product, **status}]
    }
    unfiltered = {"bulk_task_id": None, "product_id": None, "status": None}
    questions: dict[str, Callable[[Any], object]] = {
        name: partial(_walk, partial(shown_previews.page, **{**unfiltered, **given}))
        for name, given in filters.items()
    }
    for status in (None, TaskStatus.FAILED):
        questions[f"batches {status or ''}"] = partial(
            _walk, partial(bulk_tasks.page, status=status)
        )
    questions["one preview"] = lambda session: shown_previews.show(session, preview_id)
    questions["one batch"] = lambda session: bulk_tasks.get(session, batch_id)
    return questions


def _walk(page: Callable[..., Any], session: Any) -> None:
    cursor = None
    for _ in range(DEEP):
        read = page(session, page_size=PAGE_SIZE, cursor=cursor)
        if read.next is None:
            break
        cursor = read.next
    while read.previous is not None:
        read = page(session, page_size=PAGE_SIZE, cursor=read.previous)


def some_ids() -> tuple[UUID, UUID, UUID]:
    """The largest batch, with a product and a preview of it."""
    from sqlalchemy import func, select

    from db.models import CTABulkGenerateSource, CTAIFramePreview
    from db.workspaces import workspace_unit_of_work

    with workspace_unit_of_work(LARGE) as session:
        largest = session.scalars(
            select(CTABulkGenerateSource.bulk_generate_task_id)
            .group_by(CTABulkGenerateSource.bulk_generate_task_id)
            .order_by(func.count().desc())
            .limit(1)
        ).one()
        preview = session.scalars(
            select(CTAIFramePreview)
            .where(CTAIFramePreview.bulk_generate_task_id == largest)
            .limit(1)
        ).one()
        return largest, preview.product_id, preview.id


def check_pages() -> bool:
    """Print what a page costs by HTTP and by itself; whether the one is near enough the other."""
    over_http: list[float] = []
    by_itself: list[float] = []
    first = f"/previews/?page_size={PAGE_SIZE}"
    address, after = first, None
    with _served() as client, _query_by_itself() as query:
        for number in range(WARM_UP + PAGES):
            seconds, answer = client.get(address)
            own_seconds, ids = query(after)
            assert [result["id"] for result in answer["results"]] == ids[:PAGE_SIZE]
            if number >= WARM_UP:
                over_http.append(seconds)
                by_itself.append(own_seconds)
            last = answer["results"][-1]
            address, after = answer["next"] or first, (last["created_at"], last["id"])
            after = after if answer["next"] else None
    ratio = _tell("over HTTP", over_http) / _tell("the query by itself", by_itself)
    print(f"the 99th percentile over HTTP is {ratio:.2f} times that of the query; {LIMIT} is the "
          "limit")  # fmt: skip
    return ratio <= LIMIT


@contextmanager
def _served() -> Iterator["Client"]:
    """The API in a process of its own, and a client with a token of the large workspace."""
    from contextlib import suppress

    from db import api_tokens
    from db.session import unit_of_work

    member = api_tokens.Member(LARGE, "bench")
    with suppress(api_tokens.NoValidToken), unit_of_work() as session:
        api_tokens.revoke(session, member)
    with unit_of_work() as session:
        token = api_tokens.create(session, member)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "api.app:app", "--port", str(port), "--no-access-log"],
        cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL, env=os.environ,
    )  # fmt: skip
    try:
        yield Client(port, token)
    finally:
        server.terminate()
        server.wait(30)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Client:
    """One connection that is kept, with as little around it as can be: it is the API that counts.

    Waits until the API answers.
    """

    def __init__(self, port: int, token: str) -> None:
        self._host = f"127.0.0.1:{port}"
        self._token = token
        deadline = time.monotonic() + 60
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                if time.monotonic() > deadline:
                    sys.exit("The API does not answer.")
                time.sleep(0.2)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def get(self, address: str) -> tuple[float, Any]:
        """The seconds until an answer is here, whole, and what it says."""
        request = (
            f"GET {address.removeprefix(f'http://{self._host}')} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {self._token}\r\n\r\n"
        ).encode()
        began = time.perf_counter()
        self._socket.sendall(request)
        status = self._file.readline()
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self._file.read(length)
        seconds = time.perf_counter() - began
        assert b" 200 " in status, (status, body)
        return seconds, json.loads(body)


@contextmanager
def _query_by_itself() -> Iterator[Callable[[Any], tuple[float, list[str]]]]:
    """The same rows from the bare driver; gives the seconds until their values are here."""
    from db.shown_previews import SHOWN
    from db.workspaces import get_api_engine, workspace_unit_of_work

    columns = ", ".join(f'"{name}"' for name in SHOWN)
    with workspace_unit_of_work(LARGE, get_api_engine()) as session:
        driver = session.connection().connection.dbapi_connection
        assert driver is not None

        def query(after: Any) -> tuple[float, list[str]]:
            beyond = "AND (created_at, id) < (%s, %s::uuid)" if after else ""
            statement = (
                f"SELECT {columns} FROM cta_iframe_preview WHERE workspace = %s {beyond} "
                f"ORDER BY created_at DESC, id DESC LIMIT {PAGE_SIZE + 1}"
            )
            began = time.perf_counter()
            cursor = driver.cursor()
            cursor.execute(statement, (LARGE, *(after or ())))
            rows = cursor.fetchall()
            return time.perf_counter() - began, [str(row[0]) for row in rows]

        yield query


def _tell(name: str, seconds: list[float]) -> float:
    percentiles = statistics.quantiles(seconds, n=100)
    print(f"{name:<20} median {1000 * percentiles[49]:5.2f} ms   99th percentile "
          f"{1000 * percentiles[98]:5.2f} ms")  # fmt: skip
    return percentiles[98]


if __name__ == "__main__":
    sys.exit(main())
