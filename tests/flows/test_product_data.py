"""Sources that come with the product's data, from Python and through the Prefect server."""

from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.utilities.schema_tools import validate
from sqlalchemy import Engine

from creative.prefill import Prefill
from flows import bulk_generate, retry_failed
from tests.pages import Pages

# Nothing listens on port 1, so that a page read there would fail its source.
NOWHERE = "http://127.0.0.1:1/kettle"
# Pictures that no other test has loaded, so that none is at hand already.
PICTURES = {"/kettle.jpg": "/mug.jpg", "/kettle-2.jpg": "/mug-2.jpg"}


def source(pages: Pages, **fields: Any) -> dict[str, Any]:
    product = {
        "title": "Ember Kettle",
        "description": "Boils a litre in two minutes. Keeps it warm for an hour.",
        "brand": "Nordlys",
        "price": "1.299,00 €",
        "availability": "in stock",
        "locale": "de-DE",
        "image_urls": [f"{pages.url}{path}" for path in PICTURES],
    }
    return {"url": NOWHERE, "batch_size": 3, "product": product | fields}


@pytest.mark.usefixtures("prefect_server")
def test_previews_are_made_of_handed_over_data_and_no_page_is_read(
    database: Engine, pages: Pages
) -> None:
    pages.pictures |= {path: pages.pictures[like] for path, like in PICTURES.items()}
    unloadable = source(pages, image_urls=[f"{pages.url}/missing.jpg", "http://127.0.0.1:22/x.jpg"])
    unloadable["url"] += "-unloadable"
    result = bulk_generate([source(pages), unloadable])

    assert result.sources[0].status == "done", result.error_message
    assert result.progress == {"total": 6, "queued": 0, "running": 0, "done": 3, "failed": 3}
    for preview in result.previews:
        prefill = Prefill.model_validate(preview["prefill"])
        assert preview["product_title"] == "Ember Kettle"
        assert (prefill.brand, prefill.locale, prefill.cta.url) == ("Nordlys", "de-DE", NOWHERE)
        assert str(prefill.price).replace("\xa0", " ") == "1.299,00 €"
    assert any("Ember Kettle" in preview["prefill"]["headline"] for preview in result.previews)
    told = "None of the 2 pictures that were handed over could be loaded."
    assert result.sources[1].error_message == told
    assert set(pages.hits) == {*PICTURES, "/missing.jpg"}


@pytest.mark.usefixtures("prefect_server")
def test_pictures_whose_host_was_away_are_loaded_by_a_retry(database: Engine, pages: Pages) -> None:
    late = source(pages, image_urls=[f"{pages.url}/late.jpg"])
    failed = bulk_generate([late])
    assert failed.status == "failed"
    pages.pictures["/late.jpg"] = pages.pictures["/mug.jpg"]
    assert retry_failed(failed.bulk_task_id).progress["done"] == 3


def test_the_form_of_the_deployment_takes_product_data(pages: Pages) -> None:
    schema = bulk_generate.parameters.model_dump()
    for given in (source(pages), source(pages, price=12.5, currency="EUR", brand=None)):
        assert validate({"sources": [given]}, schema) == []
    assert validate({"sources": [source(pages, colour="red")]}, schema)
    fields = schema["definitions"]["ProductData"]["properties"]
    assert all(field["title"] and field["description"] for field in fields.values())


def test_what_the_server_stores_of_a_run_becomes_the_same_sources(pages: Pages) -> None:
    given = bulk_generate.validate_parameters({"sources": [source(pages)]})
    stored = bulk_generate.serialize_parameters(given)
    assert bulk_generate.validate_parameters(stored)["sources"] == given["sources"]


@pytest.mark.usefixtures("prefect_server")
def test_thousands_of_rows_fit_into_a_run(pages: Pages) -> None:
    """Left alone, the server takes half a megabyte of parameters."""
    given = [source(pages, description="Boils water. " * 40) for _ in range(3000)]
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(bulk_generate, parameters={"sources": given})
        client.delete_flow_run(run.id)
