"""A database with a million previews, for what has to be quick with many.

`python -m bench.million_previews` makes it under `.data/bench/million`, unless it is there: one
workspace with half of the previews, fifty with the rest; batches of a hundred previews and one of
ten thousand. `bench.rest` measures the API on it.
"""

import json
import os
import time
from typing import TYPE_CHECKING

from settings import PROJECT_ROOT

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DATA_DIR = PROJECT_ROOT / ".data" / "bench" / "million"
LARGE = "large"
PREVIEWS = 1_000_000
_IN_A_BATCH, _IN_THE_LARGEST, _IN_A_SOURCE = 100, 10_000, 10
_PRODUCTS = 500
_OTHER_WORKSPACES = 50

_PREFILL = {
    "original_background_url": "https://shop.example/media/halden-pour-over-kettle/room.jpg",
    "generated_background_url": "https://media.example/backgrounds/kettle.jpg",
    "subtitle": "Halden Pour-Over Kettle – Slow mornings, sorted.",
    "cta": {"text": "Shop now", "url": "https://shop.example/products/halden-pour-over-kettle"},
    "brand": "Norrland",
    "price": "€89.00",
    "colors": {
        "background": "#E5F2E8", "text": "#0D1C12", "accent": "#00934E",
        "cta_background": "#005E2F", "cta_text": "#F4FBF5",
    },
    "scrim": 0.4,
    "widgets": [
        {"type": "qr_code", "url": "https://shop.example/products/halden-pour-over-kettle"},
        {"type": "price_tag", "text": "€89.00"},
        {"type": "badge", "text": "In stock"},
    ],
    "visual_vibe": "pale green, soft daylight",
    "layout": "left",
    "angle": "benefit",
    "locale": "en",
    "generated_by": {"generator": "local", "image_model": None, "text_model": None},
    "corrections": [],
}  # fmt: skip


def _fill(previews: int) -> str:
    return f"""
SET LOCAL synchronous_commit = off;
SET LOCAL work_mem = '256MB';
SELECT setseed(0.5);

CREATE TEMP TABLE batch ON COMMIT DROP AS
SELECT gen_random_uuid() AS id, number,
       CASE WHEN number <= {previews // 2 // _IN_A_BATCH} THEN '{LARGE}'
            ELSE 'workspace ' || number % {_OTHER_WORKSPACES} END AS workspace,
       now() - random() * interval '365 days' AS created_at,
       CASE WHEN number = 1 THEN {_IN_THE_LARGEST // _IN_A_SOURCE}
            ELSE {_IN_A_BATCH // _IN_A_SOURCE} END AS sources
FROM generate_series(1, {previews // _IN_A_BATCH}) AS number;

INSERT INTO cta_bulk_generate_task
    (id, name, status, refresh, "user", workspace, created_at, started_at, finished_at,
     error_message)
SELECT id, 'Batch Task - ' || number,
       CASE number % 20 WHEN 0 THEN 'failed' ELSE 'done' END, false, 'ann', workspace,
       created_at, created_at, created_at + interval '5 minutes',
       CASE number % 20 WHEN 0 THEN 'The page is gone.' END
FROM batch;

INSERT INTO ecommerce_product
    (id, url, canonical_url, title, "user", workspace, read_at)
SELECT gen_random_uuid(), 'https://shop.example/' || number, 'https://shop.example/' || number,
       'Product ' || number, 'ann', workspace, now()
FROM (SELECT DISTINCT workspace FROM batch) AS workspaces,
     generate_series(1, {_PRODUCTS}) AS number;

CREATE TEMP TABLE source ON COMMIT DROP AS
SELECT gen_random_uuid() AS id, batch.id AS batch_id, batch.workspace, position, batch.created_at,
       1 + (random() * {_PRODUCTS - 1})::int AS product
FROM batch, generate_series(0, batch.sources - 1) AS position;

INSERT INTO cta_bulk_generate_source
    (id, bulk_generate_task_id, product_id, position, url, batch_size, status, "user", workspace,
     created_at)
SELECT source.id, batch_id, product.id, position, url, {_IN_A_SOURCE}, 'done', 'ann',
       source.workspace, source.created_at
FROM source JOIN ecommerce_product AS product
  ON product.workspace = source.workspace AND product.title = 'Product ' || source.product;

INSERT INTO cta_iframe_preview
    (id, bulk_generate_task_id, source_id, product_id, position, source_image_url, prefill,
     headline_key, status, error_message, "user", workspace, created_at, updated_at, started_at,
     finished_at)
SELECT gen_random_uuid(), source.bulk_generate_task_id, source.id, source.product_id, place,
       'https://shop.example/media/halden-pour-over-kettle/room.jpg',
       CASE WHEN place < 9 THEN CAST(:prefill AS jsonb)
            || jsonb_build_object('headline', 'The walnut grip stays ' || place) END,
       'the walnut grip stays ' || place,
       CASE WHEN place < 9 THEN 'done' ELSE 'failed' END,
       CASE WHEN place = 9 THEN 'The picture could not be loaded.' END,
       'ann', source.workspace,
       source.created_at + source.position * interval '3 seconds',
       source.created_at + interval '2 minutes', source.created_at, source.created_at
FROM cta_bulk_generate_source AS source,
     generate_series(0, {_IN_A_SOURCE - 1}) AS place;
"""


def use_database() -> None:
    """Have this process, and those that it starts, use the database of a million previews."""
    os.environ["CTA_DATA_DIR"] = str(DATA_DIR)
    os.environ["CTA_DATABASE_URL"] = os.environ["CTA_API_DATABASE_URL"] = ""


def fill(session: "Session", previews: int) -> None:
    """Fill an empty database with about so many previews."""
    from sqlalchemy import text

    session.execute(text(_fill(previews)), {"prefill": json.dumps(_PREFILL)})


def make_database() -> None:
    """Make the database, unless it is there."""
    from sqlalchemy import func, select, text

    from db.models import CTAIFramePreview
    from db.session import get_engine, unit_of_work

    with unit_of_work() as session:
        if session.scalar(select(func.count()).select_from(CTAIFramePreview)):
            return
    print(f"Making a database with {PREVIEWS:,} previews in {DATA_DIR}, some minutes …")
    began = time.monotonic()
    with unit_of_work() as session:
        fill(session, PREVIEWS)
    with get_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    print(f"Made in {time.monotonic() - began:,.0f} s.")


if __name__ == "__main__":
    use_database()
    make_database()
