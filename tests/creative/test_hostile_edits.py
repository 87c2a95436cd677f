"""Edits that are made to do harm, or by mistake do: each is refused, and the field is named."""

import pickle
from typing import Any

import pytest

from creative.edits import EditRefused
from creative.frame import render_frame
from tests.creative.edit_samples import BACKGROUND, PRICE_TAG, STORED, edit, refused

TEXTS = {
    "headline": {"headline": "{}"}, "subtitle": {"subtitle": "{}"}, "brand": {"brand": "{}"},
    "price": {"price": "{}"}, "visual_vibe": {"visual_vibe": "{}"}, "angle": {"angle": "{}"},
    "locale": {"locale": "{}"}, "layout": {"layout": "{}"}, "cta.text": {"cta": {"text": "{}"}},
    "cta.url": {"cta": {"url": "https://shop.example/{}"}},
    "widgets.0.badge.text": {"widgets": [{"type": "badge", "text": "{}"}]},
    "widgets.0.price_tag.text": {"widgets": [{"type": "price_tag", "text": "{}"}]},
    "widgets.0.qr_code.url": {"widgets": [{"type": "qr_code", "url": "https://shop.example/{}"}]},
    "corrections.0": {"corrections": ["{}"]}, "colors.accent": {"colors": {"accent": "#{}"}},
    "generated_by.generator": {"generated_by": {"generator": "{}"}},
    "generated_by.image_model": {"generated_by": {"image_model": "{}"}},
    "generated_by.text_model": {"generated_by": {"text_model": "{}"}},
    "original_background_url": {"original_background_url": "https://shop.example/{}"},
    "generated_background_url": {"generated_background_url": "https://shop.example/{}"},
}  # fmt: skip


def filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: filled(inner, text) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, text) for inner in value]
    return value.replace("{}", text) if isinstance(value, str) else value


@pytest.mark.parametrize("field", TEXTS)
def test_no_text_may_hold_what_postgres_cannot_keep(field: str) -> None:
    assert set(refused(filled(TEXTS[field], "a\x00b"))) == {field}


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("surrogate", ["\ud800", "a\udfffb"])
def test_half_a_character_is_refused_in_a_sentence_that_can_be_sent(
    field: str, surrogate: str
) -> None:
    assert refused(filled(TEXTS[field], surrogate)).keys() == {field}


@pytest.mark.parametrize("field", TEXTS)
def test_text_that_is_far_too_long_is_refused_in_a_short_sentence(field: str) -> None:
    told = refused(filled(TEXTS[field], "a" * 100_000))
    assert told.keys() == {field}
    assert len(told[field]) < 300


NUMBERS = [float("nan"), float("inf"), float("-inf"), -1, 10**400, 10**5000, "NaN", "Infinity"]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
@pytest.mark.parametrize("field", ["value", "best", "count"])
def test_a_number_that_no_rating_has_is_refused(field: str, number: object) -> None:
    rating = {"type": "rating", "value": 4, field: number}
    assert refused({"widgets": [rating]}).keys() == {f"widgets.0.rating.{field}"}


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_a_number_that_is_no_share_is_refused(number: object) -> None:
    assert refused({"scrim": number}).keys() == {"scrim"}


@pytest.mark.parametrize("field", ["value", "best"])
def test_a_rating_that_is_taken_can_be_shown(field: str) -> None:
    edited = edit(widgets=[{"type": "rating", "value": 4, field: 1000}])
    assert "<html" in render_frame(edited.prefill)
    told = refused({"widgets": [{"type": "rating", "value": 4, field: 1e300}]})
    assert "less than or equal to 1000" in told[f"widgets.0.rating.{field}"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"tagline": "x"}, {"tagline"}), ({"cta": {"target": "_blank"}}, {"cta.target"}),
        ({"cta.text": "Buy"}, {"cta.text"}), ({"": 1}, {""}), ({"a\x00b": 1}, {"a\x00b"}),
        ({"alternatives": []}, {"alternatives"}), ({"__class__": "x"}, {"__class__"}),
        ({"widgets": [PRICE_TAG, {"type": "iframe", "src": "x"}]}, {"widgets.1"}),
        ({"widgets": [{**PRICE_TAG, "onclick": "x"}]}, {"widgets.0.price_tag.onclick"}),
        ({"tagline": "x", "cta": {"target": "y"}, "headline": ""},
         {"tagline", "cta.target", "headline"}),
    ],
)  # fmt: skip
def test_fields_that_there_are_not_are_refused_each_by_name(
    changes: dict[str, Any], fields: set[str]
) -> None:
    assert refused(changes).keys() == fields


@pytest.mark.parametrize("changes", [{"\ud800": 1}, {"cta": {"\udfff": 1}}])
def test_the_name_of_a_field_may_be_half_a_character(changes: dict[str, Any]) -> None:
    for field, sentence in refused(changes).items():
        (field + sentence).encode()


def test_taking_out_a_field_that_there_is_not_changes_nothing() -> None:
    assert edit(tagline=None, cta={"target": None}).fields == frozenset()


@pytest.mark.parametrize("field", ["tagline", "cta", "headline", "widgets"])
def test_changes_of_very_many_levels_are_refused(field: str) -> None:
    deep: Any = {"a": 1}
    for _ in range(5000):
        deep = {"a": deep}
    came_up: type[Exception] | None = None
    try:
        edit(**{field: [deep] if field == "widgets" else deep})
    except Exception as error:
        came_up = type(error)
    assert came_up is EditRefused


OFF_THE_WEB = [
    "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)",
    "file:///etc/passwd", "FILE:///etc/passwd", "data:text/html,<script>", "blob:https://a.example/1",
    "ftp://a.example/", "//a.example/", "/1.jpg", "https:a.example", "https://", "https:///1.jpg",
    "https://[::1", "", "x",
]  # fmt: skip


@pytest.mark.parametrize("address", OFF_THE_WEB)
@pytest.mark.parametrize("field", ["original_background_url", "generated_background_url"])
def test_a_picture_cannot_be_led_off_the_web(field: str, address: str) -> None:
    assert refused({field: address}).keys() == {field}
    whole = {**STORED, field: address}
    assert refused(whole).keys() == {field}


def test_each_address_that_leads_off_the_web_is_named() -> None:
    told = refused(
        dict.fromkeys(("original_background_url", "generated_background_url"), "file:///x")
    )
    assert told["original_background_url"] == (
        "the address must begin with http:// or https:// (given: 'file:///x')."
    )
    assert len(told) == 2


@pytest.mark.parametrize("address", [one for one in OFF_THE_WEB if not one.startswith("https:/")])
def test_a_button_and_a_code_cannot_be_led_off_the_web(address: str) -> None:
    assert refused({"cta": {"url": address}}).keys() == {"cta.url"}
    code = {"type": "qr_code", "url": address}
    assert refused({"widgets": [code]}).keys() == {"widgets.0.qr_code.url"}


def test_a_picture_that_was_stored_as_a_file_may_stay_one() -> None:
    assert edit(headline="Tea").prefill.generated_background_url == BACKGROUND
    assert edit(headline="Tea", generated_background_url=BACKGROUND).fields == {"headline"}
    moved = edit(generated_background_url="https://media.example/1.jpg")
    assert moved.fields == {"generated_background_url"}
    assert refused({"original_background_url": BACKGROUND}).keys() == {"original_background_url"}


def test_words_that_could_not_be_read_are_refused() -> None:
    told = refused({"colors": {"text": "#F4EFE8"}})
    assert "contrast" in told["colors"]


def test_a_refusal_comes_through_between_processes() -> None:
    refusal = EditRefused([("cta.text", "this is needed."), ("headline", "it is too long.")])
    copy = pickle.loads(pickle.dumps(refusal))
    assert (copy.problems, str(copy)) == (refusal.problems, str(refusal))


@pytest.mark.parametrize(
    "address",
    [
        " https://a.example/",
        "ht\ntps://a.example/",
        "https://a.example/\x01",
        "https://",
        "https:// a",
    ],
)
@pytest.mark.parametrize("field", ["generated_background_url", "original_background_url"])
def test_an_address_with_other_signs_than_the_webs_is_refused(field: str, address: str) -> None:
    assert refused({field: address}).keys() == {field}
    assert refused({"cta": {"url": address}}).keys() == {"cta.url"}


def test_there_are_no_more_widgets_than_an_overlay_has_room_for() -> None:
    assert refused({"widgets": [PRICE_TAG] * 21}).keys() == {"widgets"}
