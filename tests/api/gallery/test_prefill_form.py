from copy import deepcopy
from typing import Any

import pytest

from api.gallery import prefill_form
from creative.edits import EditRefused, edit_prefill
from creative.prefill import Prefill
from tests.creative.edit_samples import PRICE_TAG, STORED

RATING = {"type": "rating", "value": 4.55, "best": 5.0, "count": 1212}
CODE = {"type": "qr_code", "url": "https://shop.example/p/luna"}


def prefill(**changes: Any) -> Prefill:
    return Prefill.model_validate(deepcopy(STORED) | changes)


def after(stored: Prefill, fields: dict[str, str]) -> Any:
    before = stored.model_dump(mode="json")
    return edit_prefill(before, prefill_form.changes_of(fields))


def complaints(**fields: str) -> dict[str, str]:
    sent = {name.replace("__", "."): text for name, text in fields.items()}
    with pytest.raises(EditRefused) as refused:
        after(prefill(), sent)
    return prefill_form.complaints_of(refused.value.problems, sent)


@pytest.mark.parametrize(
    "stored",
    [
        prefill(),
        prefill(widgets=[]),
        prefill(widgets=[RATING, CODE, PRICE_TAG], brand=None, price="€24.00"),
        prefill(widgets=[{**RATING, "value": 0.1 + 0.2, "count": None}], scrim=1 / 3),
        prefill(widgets=[{**RATING, "value": 1000.0, "best": 1000.0}], scrim=0.0),
    ],
)
def test_a_form_that_is_sent_as_it_was_filled_in_changes_nothing(stored: Prefill) -> None:
    edited = after(stored, prefill_form.fields_of(stored))
    assert (edited.fields, edited.prefill) == (frozenset(), stored)


def test_numbers_are_written_as_people_write_them() -> None:
    fields = prefill_form.fields_of(prefill(widgets=[RATING], scrim=1.0))
    assert fields["scrim"] == "1"
    assert [fields[f"widgets.0.{name}"] for name in ("value", "best", "count")] == [
        "4.55",
        "5",
        "1212",
    ]


def test_each_field_has_a_name_that_leads_to_it() -> None:
    stored = prefill()
    for name, text in prefill_form.fields_of(stored).items():
        value: Any = stored.model_dump(mode="json")
        for part in name.split("."):
            value = value[int(part)] if part.isdecimal() else value[part]
        assert name == "widgets" or text == ("" if value is None else str(value))


def test_only_the_fields_that_are_sent_change() -> None:
    edited = after(prefill(), {"headline": " Tea in two minutes ", "cta.text": "Buy", "csrf": "x"})
    assert edited.fields == {"headline", "cta.text"}
    assert edited.prefill.headline == "Tea in two minutes"
    assert edited.prefill.cta.url == STORED["cta"]["url"]


def test_what_is_emptied_is_taken_out_where_it_may_be_missing() -> None:
    assert after(prefill(), {"brand": " "}).prefill.brand is None
    assert prefill_form.changes_of({"headline": ""}) == {"headline": ""}


def test_line_breaks_in_the_subtitle_are_spaces() -> None:
    assert prefill_form.changes_of({"subtitle": "Holds\r\n350 ml.\n"}) == {
        "subtitle": "Holds 350 ml."
    }


def test_a_colour_may_be_pasted_without_its_sign() -> None:
    edited = after(prefill(), {"colors.accent": "b0552e", "colors.text": "#201811"})
    assert edited.fields == {"colors.accent", "colors.text"}
    assert edited.prefill.colors.accent == "#B0552E"


def test_widgets_change_as_a_list_and_only_where_the_list_is_sent() -> None:
    fields = prefill_form.fields_of(prefill())
    without = {name: text for name, text in fields.items() if name != "widgets"}
    assert after(prefill(), without | {"widgets.1.text": "Sold out"}).fields == frozenset()
    edited = after(prefill(), fields | {"widgets.1.text": "Sold out"})
    assert edited.fields == {"widgets"}
    assert [widget.model_dump(exclude={"type"}) for widget in edited.prefill.widgets] == [
        {"text": "€24.00"}, {"text": "Sold out"},
    ]  # fmt: skip


def test_the_last_widget_can_be_taken_out() -> None:
    fields = prefill_form.without_widget(prefill_form.fields_of(prefill(widgets=[RATING])), "0")
    assert after(prefill(widgets=[RATING]), fields).prefill.widgets == ()


def test_widgets_stand_in_the_order_of_their_numbers() -> None:
    fields = {"widgets": ""}
    for number in (10, 2):
        fields |= {f"widgets.{number}.type": "badge", f"widgets.{number}.text": f"Number {number}"}
    [two, ten] = after(prefill(), fields).prefill.widgets
    assert (two.text, ten.text) == ("Number 2", "Number 10")  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", prefill_form.WIDGETS)
def test_a_new_widget_says_what_the_prefill_says_already(kind: str) -> None:
    stored = prefill(price="€24.00", widgets=[RATING, CODE])
    fields = prefill_form.with_widget(prefill_form.fields_of(stored), kind)
    assert prefill_form.numbers_of(fields) == [0, 1, 2]
    given = {
        "price_tag": {}, "qr_code": {}, "badge": {"widgets.2.text": "New"},
        "rating": {"widgets.2.value": "4.7"},
    }[kind]  # fmt: skip
    added = (
        after(stored, fields | given).prefill.widgets[2].model_dump(mode="json", exclude={"type"})
    )
    assert added == {
        "price_tag": {"text": "€24.00"}, "qr_code": {"url": STORED["cta"]["url"]},
        "badge": {"text": "New"}, "rating": {"value": 4.7, "best": 5.0, "count": None},
    }[kind]  # fmt: skip


def test_what_is_wrong_is_said_beside_its_field_in_plain_words() -> None:
    told = complaints(
        headline="x" * 31, subtitle="", brand="x" * 26, cta__url="shop", scrim="much",
        colors__accent="red", layout="top",
    )  # fmt: skip
    assert set(told) == {
        "headline", "subtitle", "brand", "cta.url", "scrim", "colors.accent", "layout",
    }  # fmt: skip
    assert told["headline"] == "This takes 1 to 30 characters, on one line."
    assert told["brand"] == "This takes at most 25 characters, on one line."
    assert "https://" in told["cta.url"]
    assert not any("pattern" in sentence or "string" in sentence for sentence in told.values())


def test_colours_that_cannot_be_read_on_each_other_are_told_beside_the_words() -> None:
    assert complaints(colors__text="#F4EFE8") == {
        "colors.text": "Text #F4EFE8 on #F4EFE8 has a contrast of 1.0:1; 4.5:1 is the least that can be read."
    }
    [(name, sentence)] = complaints(colors__cta_background="#FFFFFF").items()
    assert name == "colors.cta_text"
    assert sentence.startswith("Button text #FFFFFF on #FFFFFF")


def test_what_is_wrong_with_a_widget_is_said_beside_it_whatever_its_number() -> None:
    fields = {
        "widgets": "", "widgets.3.type": "badge", "widgets.3.text": "In stock",
        "widgets.7.type": "rating", "widgets.7.value": "many", "widgets.7.best": "0",
        "widgets.8.type": "badge", "widgets.8.text": "", "widgets.9.type": "banner",
    }  # fmt: skip
    with pytest.raises(EditRefused) as refused:
        after(prefill(), fields)
    told = prefill_form.complaints_of(refused.value.problems, fields)
    assert set(told) == {"widgets.7.value", "widgets.7.best", "widgets.8.text", "widgets"}


def test_too_many_widgets_are_told_of_beside_the_list() -> None:
    fields = {"widgets": ""}
    for _ in range(21):
        fields = prefill_form.with_widget(fields, "badge")
        fields[f"widgets.{max(prefill_form.numbers_of(fields))}.text"] = "New"
    with pytest.raises(EditRefused) as refused:
        after(prefill(), fields)
    assert set(prefill_form.complaints_of(refused.value.problems, fields)) == {"widgets"}
