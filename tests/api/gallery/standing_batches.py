"""A batch that has not ended, as a run that is under way leaves it."""

from uuid import UUID, uuid4

from catalog.product import ScrapedProduct, Source
from db import bulk_tasks, previews, products, sources
from db.api_tokens import Member
from db.session import unit_of_work
from tests.api.conftest import fill

LONG_TITLE = "Ember Teapot of Hand-Thrown Stoneware, with a Walnut Lid, in Forest Green"


def record_moving(member: Member) -> UUID:
    """Record a batch of which a preview is done, one runs, one waits, and a page is still unread."""
    batch_id, run_id, url = uuid4(), uuid4(), "https://shop.example/teapot"
    wanted = [Source(url=url, batch_size=3), Source(url="https://shop.example/cup")]
    scraped = ScrapedProduct(url=url, title=LONG_TITLE, image_urls=(f"{url}.jpg",))
    with unit_of_work() as session:
        bulk_tasks.record(session, batch_id, wanted, workspace=member.workspace, user=member.user)
        bulk_tasks.own(session, batch_id, run_id)
        product_id = products.save(
            session, url, scraped, workspace=member.workspace, user=member.user
        )
        first, _ = sources.unfinished(session, batch_id)
        sources.start(session, first.id, run_id)
        sources.assign_product(session, first.id, product_id)
        done, running, _ = previews.queue(session, first.id, product_id, [f"{url}.jpg"] * 3)
        previews.start(session, done, run_id)
        fill(session, done, run_id, 7)
        previews.complete(session, done, run_id)
        previews.start(session, running, run_id)
    return batch_id
