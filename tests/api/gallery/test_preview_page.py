"""The page of a preview as a browser without a script has it."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from lxml import html

from catalog.ranked import PAGE_ORDER, Ranking, Role, ScoredImage
from creative.calls import ModelCall
from db import costs, products, reopening
from db.halves import PreviewAttempt
from db.models import CTAIFramePreview, ECommerceProduct
from db.preview_details import PreviewDetails, details
from db.session import unit_of_work
from tests.api.conftest import ANN, UNREACHABLE, MadeBatch, NotedOrders, make_batch
from tests.api.gallery.conftest import Visitor, texts
from tests.api.test_retry import change
from tests.creative.edit_samples import STORED

JSON = "application/json"


@pytest.fixture
def batch(ann_visits: Visitor) -> MadeBatch:
    return make_batch(ANN, done=3)


@pytest.fixture
def address(batch: MadeBatch) -> str:
    """The page of the first preview, which is done."""
    return address_of(batch)


def address_of(batch: MadeBatch, number: int = 0) -> str:
    return f"/gallery/previews/{batch.preview_ids[number]}"


def stored(batch: MadeBatch, number: int = 0) -> PreviewDetails:
    with unit_of_work() as session:
        return details(session, batch.preview_ids[number])


def form_of(response: Response) -> dict[str, str]:
    """What a browser sends of the form with the prefill."""
    [form] = html.fromstring(response.text).xpath("//form[@id='prefill']")
    return dict(form.fields)


def attributes(response: Response, selector: str, name: str) -> list[str | None]:
    return [element.get(name) for element in html.fromstring(response.text).cssselect(selector)]


def test_a_preview_that_is_done_shows_its_overlay_and_its_form(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    page = ann_visits.get(address)
    assert page.status_code == 200
    assert texts(page, "h1") == ["Ember Kettle"]
    [overlay] = html.fromstring(page.text).cssselect("iframe.overlay")
    assert overlay.get("src").startswith(f"{address}/frame?")
    assert "allow-scripts" not in overlay.get("sandbox")
    assert form_of(page)["headline"] == "The headline of number 0"
    crumbs = attributes(page, ".crumb a", "href")
    assert crumbs == ["/", f"/gallery/batches/{batch.id}"]
    assert "How it was made" in page.text


def test_every_control_has_a_name_that_is_read_out(ann_visits: Visitor, address: str) -> None:
    page = html.fromstring(ann_visits.get(address).text)
    for control in page.cssselect("main input:not([type=hidden]), main textarea, main select"):
        labelled = control.get("aria-label") or page.xpath(f"//label[@for='{control.get('id')}']")
        assert labelled or control.getparent().tag == "label", html.tostring(control)


def test_a_save_without_a_script_keeps_what_was_not_touched(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    fields = form_of(ann_visits.get(address))
    answer = ann_visits.send(
        f"{address}?status=done", **fields | {"headline": "Tea in two minutes"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"{address}?status=done&saved=1",
    )
    preview = stored(batch)
    assert preview.edited_fields == ["headline"]
    assert preview.prefill == STORED | {"headline": "Tea in two minutes"}
    page = ann_visits.get(answer.headers["Location"])
    shown = [
        mark
        for mark in html.fromstring(page.text).cssselect("[data-edited]")
        if mark.get("hidden") is None
    ]
    assert [mark.get("data-edited") for mark in shown] == ["headline"]
    assert attributes(page, "#preview", "data-saved") == [""]


def test_a_script_sends_only_what_was_touched_so_that_two_have_their_way(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    ann_visits.send(address, accept=JSON, headline="Tea in two minutes").raise_for_status()
    answer = ann_visits.send(address, accept=JSON, **{"cta.text": "Buy"}).raise_for_status().json()
    assert answer["fields"]["headline"] == "Tea in two minutes"
    assert answer["fields"]["cta.text"] == "Buy"
    assert answer["edited_fields"] == ["cta.text", "headline"]
    assert stored(batch).prefill == STORED | {
        "headline": "Tea in two minutes", "cta": STORED["cta"] | {"text": "Buy"},
    }  # fmt: skip


def test_where_somebody_else_was_faster_nothing_is_stored_and_no_word_is_lost(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    fields = form_of(ann_visits.get(address))
    ann_visits.send(address, accept=JSON, headline="Tea in two minutes").raise_for_status()
    mine = fields | {"headline": "Coffee in two", "subtitle": "Mine."}
    answer = ann_visits.send(address, **mine)
    assert answer.status_code == 412
    assert "Somebody else has changed this preview" in texts(answer, "[role=alert]")[0]
    assert form_of(answer)["headline"] == "Coffee in two"
    assert form_of(answer)["subtitle"] == "Mine."
    assert texts(answer, "[data-stored-now=headline]") == ["Stored now: “Tea in two minutes”"]
    assert texts(answer, "[data-stored-now='cta.text']") == [""]
    assert (stored(batch).prefill or {})["headline"] == "Tea in two minutes"
    again = ann_visits.send(address, **form_of(answer))
    assert again.status_code == 303
    assert (stored(batch).prefill or {})["headline"] == "Coffee in two"


def test_a_review_that_was_given_meanwhile_is_no_other_version(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    fields = form_of(ann_visits.get(address))
    ann_visits.send(f"{address}/review", review="approved")
    assert ann_visits.send(address, **fields | {"headline": "Tea"}).status_code == 303


def test_what_is_refused_comes_back_with_what_is_wrong_beside_its_field(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    fields = form_of(ann_visits.get(address)) | {
        "headline": "x" * 31, "colors.text": "#F4EFE8", "widgets.1.text": "",
    }  # fmt: skip
    answer = ann_visits.send(address, **fields)
    assert answer.status_code == 422
    for name in ("headline", "colors.text", "widgets.1.text"):
        assert texts(answer, f"[id='complaint-{name}']") != [""], name
        [field] = html.fromstring(answer.text).cssselect(f"[name='{name}']")
        assert field.get("aria-invalid") == "true"
        assert field.get("aria-describedby") == f"complaint-{name}"
        assert form_of(answer)[name] == fields[name]
    assert texts(answer, "[id='complaint-subtitle']") == [""]
    assert stored(batch).edited_fields == []


def test_widgets_are_added_and_taken_out_without_a_script(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    fields = form_of(ann_visits.get(address)) | {"headline": "Typed already"}
    added = ann_visits.send(address, **fields, add="badge")
    assert added.status_code == 200
    assert texts(added, "[data-widgets] .widget > legend") == ["Price tag", "Badge", "Badge"]
    assert stored(batch).edited_fields == []
    removed = ann_visits.send(address, **form_of(added) | {"widgets.2.text": "New"}, remove="0")
    assert texts(removed, "[data-widgets] .widget > legend") == ["Badge", "Badge"]
    assert form_of(removed)["headline"] == "Typed already"
    assert ann_visits.send(address, **form_of(removed)).status_code == 303
    assert (stored(batch).prefill or {})["widgets"] == [
        {"type": "badge", "text": "In stock"}, {"type": "badge", "text": "New"},
    ]  # fmt: skip


def test_a_draft_shows_what_is_typed_and_stores_nothing(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    answer = ann_visits.send(f"{address}/draft", headline="Tea in two minutes")
    assert answer.status_code == 200
    assert texts(answer, "h1") == ["Tea in two minutes"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (stored(batch).prefill or {})["headline"] == "The headline of number 0"
    checked = ann_visits.send(f"{address}/draft", accept=JSON, headline="Tea")
    assert (checked.status_code, checked.json()) == (200, {"complaints": {}})
    refused = ann_visits.send(f"{address}/draft", accept=JSON, headline="")
    assert refused.status_code == 422
    assert set(refused.json()["complaints"]) == {"headline"}


def test_a_review_is_given_with_its_user_and_taken_back(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    answer = ann_visits.send(f"{address}/review", review="approved")
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    page = ann_visits.get(address)
    assert texts(page, "[data-said]")[0].startswith("Approved by ann")
    assert attributes(page, ".approve", "aria-pressed") == ["true"]
    told = ann_visits.send(f"{address}/review", accept=JSON, review="rejected").json()
    assert (told["review"], told["reviewed_by"]) == ("rejected", "ann")
    assert ann_visits.send(f"{address}/review", accept=JSON, review="").json() == {
        "review": None, "reviewed_by": None, "reviewed_at": None,
    }  # fmt: skip
    assert attributes(ann_visits.get(address), "#reviewed", "hidden") == [""]


def test_what_has_changed_since_it_was_shown_is_not_reviewed(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    [form] = html.fromstring(ann_visits.get(address).text).cssselect("[data-review]")
    [card] = html.fromstring(ann_visits.get(f"/gallery/batches/{batch.id}").text).cssselect(
        f"[data-review='{batch.preview_ids[0]}']"
    )
    assert dict(card.fields) == dict(form.fields)
    approved = dict(form.fields) | {"review": "approved"}
    ann_visits.send(address, accept=JSON, headline="Tea in two minutes").raise_for_status()

    answer = ann_visits.send(f"{address}/review", **approved)
    assert answer.status_code == 412
    assert "has changed since it was shown to you" in texts(answer, "[role=alert]")[0]
    assert texts(answer, "h1") == ["Ember Kettle"]
    for_script = ann_visits.send(f"{address}/review", accept=JSON, **approved)
    assert for_script.status_code == 412
    assert stored(batch).review is None

    [form] = html.fromstring(answer.text).cssselect("[data-review]")
    ann_visits.send(f"{address}/review", **dict(form.fields) | {"review": "approved"})
    assert stored(batch).review == "approved"


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        (
            "http://api.example/gallery/batches/1?review=waiting",
            "/gallery/batches/1?review=waiting",
        ),
        ("http://elsewhere.example/gallery/batches/1", None),
        ("http://api.example{address}?words=tea", "{address}?words=tea"),
        # The answers to forms are no pages to come back to.
        ("http://api.example{address}/review", None),
        ("http://api.example{address}/regenerate", None),
        ("http://api.example/docs", None),
        ("//api.example//elsewhere.example/gallery/", None),
    ],
)
def test_a_review_leads_back_to_the_page_that_it_was_given_on_and_nowhere_else(
    ann_visits: Visitor, address: str, came_from: str, leads_to: str | None
) -> None:
    ann_visits.client.headers["Referer"] = came_from.format(address=address)
    answer = ann_visits.send(f"{address}/review", review="approved")
    assert answer.headers["Location"] == (leads_to or address).format(address=address)


@pytest.mark.parametrize(("path", "field"), [("review", "review"), ("regenerate", "parts")])
def test_what_is_no_choice_is_refused(
    ann_visits: Visitor,
    batch: MadeBatch,
    launcher: NotedOrders,
    address: str,
    path: str,
    field: str,
) -> None:
    answer = ann_visits.send(f"{address}/{path}", **{field: "everything"})
    assert answer.status_code == 422
    assert (stored(batch).review, launcher.orders) == (None, [])


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ("both", (None, None)),
        ("background", (None, {"headline": "Tea"})),
        ("prefill", ("file:///b.jpg", None)),
    ],
)
def test_what_is_made_anew_is_what_was_asked_for(
    ann_visits: Visitor,
    batch: MadeBatch,
    launcher: NotedOrders,
    address: str,
    parts: str,
    left: Any,
) -> None:
    halves = {"background_url": "file:///b.jpg", "draft": {"headline": "Tea"}}
    change(CTAIFramePreview, batch.preview_ids[0], **halves)
    answer = ann_visits.send(f"{address}/regenerate?order=newest", parts=parts)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{address}?order=newest")
    [order] = launcher.orders
    assert order.parameters == {"preview_id": str(batch.preview_ids[0])}
    with unit_of_work() as session:
        row = session.get_one(CTAIFramePreview, batch.preview_ids[0])
        assert (row.status, row.background_url, row.draft) == ("queued", *left)
    page = ann_visits.get(address)
    assert "The earlier overlay stays until the new one is there." in page.text
    assert len(html.fromstring(page.text).cssselect("iframe.overlay")) == 1
    assert html.fromstring(page.text).cssselect("fieldset.groups[disabled]")
    assert ann_visits.get(address, headers={"Accept": JSON}).json()["status"] == "queued"


def test_one_that_failed_says_why_and_is_tried_again_with_what_was_made_of_it(
    ann_visits: Visitor, batch: MadeBatch, launcher: NotedOrders
) -> None:
    failed = address_of(batch, 3)
    change(CTAIFramePreview, batch.preview_ids[3], background_url="file:///b.jpg")
    page = ann_visits.get(failed)
    assert "The picture was blocked." in texts(page, ".broken")[0]
    assert not html.fromstring(page.text).cssselect("#prefill, iframe, [data-review]")
    assert ann_visits.send(f"{failed}/regenerate", parts="missing").status_code == 303
    with unit_of_work() as session:
        row = session.get_one(CTAIFramePreview, batch.preview_ids[3])
        assert (row.status, row.attempt, row.background_url) == ("queued", 2, "file:///b.jpg")
    assert len(launcher.orders) == 1
    assert "It waits for its turn." in texts(ann_visits.get(failed), ".making")[0]
    twice = ann_visits.send(f"{failed}/regenerate", parts="missing")
    assert twice.status_code == 409
    assert "under way" in texts(twice, "[role=alert]")[0]
    assert len(launcher.orders) == 1


def test_where_no_run_can_be_started_the_page_says_so(
    ann_visits: Visitor, batch: MadeBatch, launcher: NotedOrders, address: str
) -> None:
    launcher.trouble = UNREACHABLE
    answer = ann_visits.send(f"{address}/regenerate", parts="both")
    assert answer.status_code == 503
    assert texts(answer, "[role=alert]")[0] == str(UNREACHABLE)
    assert stored(batch).status == "done"


def test_an_edit_of_what_is_made_anew_at_the_moment_keeps_the_words(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    fields = form_of(ann_visits.get(address))
    with unit_of_work() as session:
        reopening.reopen_preview(session, batch.preview_ids[0], parts=["background"])
    answer = ann_visits.send(address, **fields | {"headline": "Tea"})
    assert answer.status_code == 409
    assert 'value="Tea"' in answer.text
    assert ann_visits.send(address, accept=JSON, headline="Tea").status_code == 409


def test_pictures_stand_in_ranked_order_with_their_scores(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    urls = [f"https://shop.example/{name}.jpg" for name in ("kettle", "side", "lost")]
    images = [
        ScoredImage(urls[1], Role.PRODUCT, 0.3149), ScoredImage(urls[0], Role.PRODUCT, 0.205),
        ScoredImage(urls[2], Role.UNLOADED),
    ]  # fmt: skip
    with unit_of_work() as session:
        products.save_ranking(session, batch.product_id, Ranking(tuple(images), "ViT-B-32/laion"))
    page = ann_visits.get(address)
    assert texts(page, ".score-told") == ["score 0.31", "score 0.20", "no score"]
    assert [text.endswith("made from this score 0.20") for text in texts(page, ".strip li p")] == [
        False,
        True,
        False,
    ]
    assert attributes(page, ".strip img", "src") == [
        f"{address}/source-pictures/{n}" for n in range(3)
    ]
    assert set(attributes(page, ".strip img", "loading")) == {"lazy"}
    assert "ranked by ViT-B-32/laion" in page.text


@pytest.mark.parametrize("ranked_by", [None, PAGE_ORDER])
def test_pictures_that_were_not_ranked_say_so(
    ann_visits: Visitor, batch: MadeBatch, address: str, ranked_by: str | None
) -> None:
    change(ECommerceProduct, batch.product_id, ranked_by=ranked_by)
    page = ann_visits.get(address)
    assert "In the order of the page: they were not ranked" in page.text
    assert texts(page, ".score-told") == ["no score"]


def test_what_it_cost_is_told(ann_visits: Visitor, batch: MadeBatch, address: str) -> None:
    assert "No model was called." in ann_visits.get(address).text
    call = ModelCall(model="painter", seconds=2.04, tokens_in=1310, tokens_out=12, cost=0.0391)  # type: ignore[arg-type]
    with unit_of_work() as session:
        attempt = PreviewAttempt(batch.preview_ids[0], uuid4(), 1)
        costs.record(session, attempt, "background", call)
    told = texts(ann_visits.get(address), ".facts dl div")
    assert "Cost $0.0391 for 1 call of painter" in told
    assert "Tokens 1,310 in, 12 out" in told
    assert "Time of models 2.0 s" in told


def test_the_embedded_generator_costs_nothing(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    prefill = STORED | {"generated_by": {"generator": "local"}}
    change(CTAIFramePreview, batch.preview_ids[0], prefill=prefill)
    assert "Cost The embedded generator costs nothing." in texts(
        ann_visits.get(address), ".facts dl div"
    )


def test_the_list_that_it_was_opened_from_is_kept_in_all_links(
    ann_visits: Visitor, batch: MadeBatch
) -> None:
    ids = batch.preview_ids
    ann_visits.send(f"{address_of(batch, 1)}/review", review="approved")
    query = "?review=waiting&words=number"
    page = ann_visits.get(address_of(batch, 0) + query)
    assert attributes(page, ".beside a", "href") == [f"/gallery/previews/{ids[2]}{query}"]
    assert attributes(page, ".crumb a", "href")[1] == f"/gallery/batches/{batch.id}{query}"
    assert attributes(page, "#prefill", "action") == [address_of(batch, 0) + query]
    whole = ann_visits.get(address_of(batch, 1))
    assert attributes(whole, ".beside a", "href") == [
        f"/gallery/previews/{ids[0]}", f"/gallery/previews/{ids[2]}",
    ]  # fmt: skip


def test_a_prefill_of_an_older_kind_is_told_of(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    change(CTAIFramePreview, batch.preview_ids[0], prefill=STORED | {"layout": "diagonal"})
    page = ann_visits.get(address)
    assert page.status_code == 200
    assert "of an older kind" in texts(page, ".broken")[0]
    assert not html.fromstring(page.text).cssselect("#prefill, iframe")
    assert html.fromstring(page.text).cssselect("[name=parts][value=prefill]")


def test_a_preview_that_could_not_be_made_anew_says_why_and_stays(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    change(CTAIFramePreview, batch.preview_ids[0], error_message="The model was busy.")
    page = ann_visits.get(address)
    assert texts(page, ".notice") == ["The model was busy."]
    assert html.fromstring(page.text).cssselect("iframe.overlay")


@pytest.mark.parametrize(
    ("url", "links"),
    [("https://shop.example/kettle", 1), ("javascript:alert(1)", 0), ("https://[", 0)],
)
def test_only_addresses_of_the_web_are_linked(
    ann_visits: Visitor, batch: MadeBatch, address: str, url: str, links: int
) -> None:
    change(ECommerceProduct, batch.product_id, url=url)
    page = ann_visits.get(address)
    found = [
        link for link in html.fromstring(page.text).cssselect("main a") if link.get("href") == url
    ]
    assert len(found) == links
    assert all(link.get("rel") == "noreferrer noopener" for link in found)


def test_what_was_scraped_or_written_by_a_model_is_text(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    payload = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"
    change(ECommerceProduct, batch.product_id, title=payload, ranked_by=payload)
    prefill = STORED | {
        "headline": "<b onclick=x>'\"", "angle": payload, "corrections": [payload],
        "visual_vibe": payload[:80], "widgets": [{"type": "badge", "text": "<i>\"'</i>"}],
        "generated_by": {"generator": "gemini", "image_model": payload, "text_model": payload},
    }  # fmt: skip
    change(CTAIFramePreview, batch.preview_ids[0], prefill=prefill, source_image_url=payload)
    change(CTAIFramePreview, batch.preview_ids[3], error_message=payload)
    for number in (0, 3):
        page = ann_visits.get(address_of(batch, number))
        document = html.fromstring(page.text)
        assert not document.xpath(
            "//img[@src='x'] | //script[not(@src)] | //main//b[@onclick] | //i[not(@aria-hidden)]"
        )
        assert payload in document.cssselect("h1")[0].text_content()
    assert form_of(ann_visits.get(address))["widgets.0.text"] == "<i>\"'</i>"


def test_the_page_runs_no_script_and_no_style_of_its_own(ann_visits: Visitor, address: str) -> None:
    page = html.fromstring(ann_visits.get(address).text)
    assert not page.xpath(
        "//script[not(@src)] | //style | //*[@style] | //@*[starts-with(name(), 'on')]"
    )


def test_how_it_stands_is_told_to_scripts(
    ann_visits: Visitor, batch: MadeBatch, address: str
) -> None:
    told = ann_visits.get(address, headers={"Accept": JSON}).json()
    assert (told["status"], told["attempt"], told["error_message"]) == ("done", 1, None)
