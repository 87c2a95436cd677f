"""What the tests of downloads share: pictures in the store, batches of any size, what was unpacked."""

import asyncio
import io
import zipfile
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from fastapi.responses import StreamingResponse
from sqlalchemy import insert, update

from catalog.product import ScrapedProduct, Source
from db import bulk_tasks, products, sources
from db.models import CTAIFramePreview, ECommerceProduct
from db.session import unit_of_work
from settings import get_settings
from tests.api.conftest import ANN
from tests.creative.edit_samples import STORED

PICTURE = b"RIFF" + bytes(range(256)) * 400


def stored_file(name: str) -> Path:
    file = get_settings().media_dir / "backgrounds" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(PICTURE)
    return file


def show(preview_id: UUID, address: str) -> None:
    with unit_of_work() as session:
        session.execute(
            update(CTAIFramePreview)
            .where(CTAIFramePreview.id == preview_id)
            .values(prefill=STORED | {"generated_background_url": address})
        )


def body_of(answer: StreamingResponse) -> bytes:
    async def read() -> bytes:
        return b"".join([bytes(chunk) async for chunk in answer.body_iterator])  # type: ignore[arg-type]

    return asyncio.run(read())


def unpacked(answer: StreamingResponse) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body_of(answer))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len({name.casefold() for name in names}) == len(names)
        return {name: archive.read(name) for name in names}


def many(
    previews_of_each: list[int], titles: Sequence[str] = ("Kettle",), folder: Path = Path("/media")
) -> UUID:
    """Record a batch whose previews are done, with their pictures in `folder`.

    Each source has a product of its own; the titles go round.
    """
    batch_id = uuid4()
    urls = [f"https://shop.example/{number}" for number in range(len(previews_of_each))]
    wanted = [
        Source(url=url, batch_size=size) for url, size in zip(urls, previews_of_each, strict=True)
    ]
    with unit_of_work() as session:
        bulk_tasks.record(session, batch_id, wanted, workspace=ANN.workspace, user=ANN.user)
        session.flush()
        rows: list[dict[str, Any]] = []
        for source, size, title in zip(
            sources.unfinished(session, batch_id), previews_of_each, cycle(titles), strict=False
        ):
            scraped = ScrapedProduct(url=source.url, title="A title", image_urls=())
            product_id = products.save(
                session, source.url, scraped, workspace=ANN.workspace, user=ANN.user
            )
            session.execute(
                update(ECommerceProduct)
                .where(ECommerceProduct.id == product_id)
                .values(title=title)
            )
            for position in range(size):
                address = (folder / f"{(preview_id := uuid4())}.webp").as_uri()
                rows.append({
                    "id": preview_id, "bulk_generate_task_id": batch_id, "source_id": source.id,
                    "product_id": product_id, "position": position, "status": "done",
                    "source_image_url": "https://shop.example/1.jpg", "workspace": ANN.workspace,
                    "user": ANN.user, "prefill": STORED | {"generated_background_url": address},
                })  # fmt: skip
        session.execute(insert(CTAIFramePreview), rows)
    return batch_id
