"""A person's edits of a prefill: what changes, what stays, and what is named as edited."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creative.edits import KeptEdits, edit_prefill
from creative.prefill import Prefill
from tests.creative.edit_samples import (
    BACKGROUND,
    GIVEN,
    PRICE_TAG,
    REQUIRED,
    STORED,
    after,
    edit,
    refused,
)


@pytest.mark.parametrize(
    ("changes", "other"),
    [
        # RFC 7396, appendix A, on the objects and lists that a prefill has.
        ({"headline": "Tea"}, {"headline": "Tea"}),
        ({"generated_by": {"text_model": "writer"}},
         {"generated_by": {**STORED["generated_by"], "text_model": "writer"}}),
        ({"brand": None}, {"brand": None}),
        ({"generated_by": {"image_model": None}},
         {"generated_by": {"generator": "gemini", "image_model": None, "text_model": None}}),
        ({"widgets": [{"type": "badge", "text": "New"}]},
         {"widgets": [{"type": "badge", "text": "New"}]}),
        ({"widgets": []}, {"widgets": []}),
        ({"widgets": None}, {"widgets": []}),
        ({"corrections": ["one"]}, {"corrections": ["one"]}),
        ({"cta": {"text": "Buy"}}, {"cta": {**STORED["cta"], "text": "Buy"}}),
        ({"colors": {"text": "#000000", "accent": "#C00000"}},
         {"colors": {**STORED["colors"], "text": "#000000", "accent": "#C00000"}}),
        ({"price": None, "headline": "Tea"}, {"price": None, "headline": "Tea"}),
        ({"cta": {}}, {}), ({}, {}),
    ],
)  # fmt: skip
def test_what_is_given_changes_and_all_else_stays(
    changes: dict[str, Any], other: dict[str, Any]
) -> None:
    assert after(**changes) == STORED | other


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cta": ["Buy"]}, "cta"), ({"cta": "Buy"}, "cta"), ({"widgets": "none"}, "widgets"),
        ({"widgets": {"0": PRICE_TAG}}, "widgets"), ({"widgets": [1]}, "widgets.0"),
        ({"brand": {"name": None}}, "brand"), ({"headline": {}}, "headline"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_put_in_whole_and_refused(
    changes: dict[str, Any], field: str
) -> None:
    assert set(refused(changes)) == {field}


@pytest.mark.parametrize("field", REQUIRED)
def test_a_field_that_is_needed_cannot_be_taken_out(field: str) -> None:
    assert refused({field: None}) == {field: "this is needed."}


def test_what_is_needed_within_an_object_cannot_be_taken_out() -> None:
    told = refused({"cta": {"text": None}, "colors": {"accent": None}, "headline": None})
    assert told == dict.fromkeys(("cta.text", "colors.accent", "headline"), "this is needed.")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"headline": "Tea"}, {"headline"}), ({"cta": {"text": "Buy"}}, {"cta.text"}),
        ({"widgets": [PRICE_TAG]}, {"widgets"}), ({"widgets": None}, {"widgets"}),
        ({"brand": None}, {"brand"}), ({"scrim": None}, {"scrim"}), ({"scrim": 1}, {"scrim"}),
        ({"generated_by": {"image_model": None}}, {"generated_by.image_model"}),
        ({"colors": {"text": "#000000", "accent": "#C00000"}, "price": "€1", "layout": "right"},
         {"colors.text", "colors.accent", "price", "layout"}),
    ],
)  # fmt: skip
def test_the_fields_that_changed_are_named(changes: dict[str, Any], fields: set[str]) -> None:
    assert edit(**changes).fields == fields


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"cta": {}}, {"headline": STORED["headline"]}, {"cta": dict(STORED["cta"])},
        {"widgets": list(STORED["widgets"])}, {"price": None}, {"headline": "  Keeps your coffee warm "},
        {"colors": {"accent": "#b0552f"}}, {"generated_by": {"text_model": None}},
        {"generated_background_url": BACKGROUND}, GIVEN, STORED,
    ],
)  # fmt: skip
def test_what_is_given_as_it_was_is_not_edited(changes: dict[str, Any]) -> None:
    edited = edit(**changes)
    assert edited.fields == frozenset()
    assert edited.prefill.model_dump(mode="json") == STORED


def test_of_what_is_given_only_what_is_other_than_before_is_edited() -> None:
    assert edit(headline=STORED["headline"], subtitle="Hot for an hour.").fields == {"subtitle"}
    assert edit(cta={**STORED["cta"], "text": "Buy"}).fields == {"cta.text"}
    assert edit(**STORED | {"headline": "Tea"}).fields == {"headline"}


def test_a_field_from_after_the_prefill_was_stored_is_not_edited() -> None:
    older = {name: STORED[name] for name in STORED if name not in ("scrim", "corrections")}
    assert edit_prefill(older, {"headline": "Tea"}).fields == {"headline"}


def test_neither_the_stored_prefill_nor_the_changes_are_touched() -> None:
    stored = deepcopy(STORED)
    changes: dict[str, Any] = {
        "cta": {"text": "Buy"}, "colors": {"accent": "#C00000"}, "widgets": [dict(PRICE_TAG)],
        "generated_by": {"image_model": None}, "brand": None,
    }  # fmt: skip
    before = deepcopy(changes)
    edit_prefill(stored, changes)
    assert (stored, changes) == (STORED, before)


def test_a_complete_prefill_replaces_the_whole_with_what_it_leaves_out() -> None:
    whole: dict[str, Any] = {name: STORED[name] for name in REQUIRED}
    whole |= {"headline": "Tea", "generated_by": {"generator": "gemini"}}
    edited = edit(**whole)
    assert edited.prefill == Prefill.model_validate(whole)
    assert (edited.prefill.brand, edited.prefill.widgets, edited.prefill.scrim) == (None, (), 1.0)
    assert edited.fields == {
        "headline", "brand", "scrim", "widgets", "corrections", "generated_by.image_model",
    }  # fmt: skip


@pytest.mark.parametrize("field", REQUIRED)
def test_a_prefill_that_lacks_one_field_is_not_the_whole(field: str) -> None:
    most = {name: STORED[name] for name in REQUIRED if name != field}
    assert edit(**most).prefill.model_dump(mode="json") == STORED


# The generator stays out: with every field that is needed, a patch would replace the whole.
WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=10)
ADDRESSES = st.builds("https://shop.example/{}".format, st.integers(0, 9))
WIDGETS = st.one_of(
    st.builds(lambda text: {"type": "badge", "text": text}, WORDS),
    st.builds(lambda url: {"type": "qr_code", "url": url}, ADDRESSES),
    st.builds(lambda value: {"type": "rating", "value": value}, st.floats(0, 5)),
)
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "headline": WORDS, "subtitle": WORDS, "visual_vibe": WORDS, "angle": WORDS,
        "brand": st.none() | WORDS, "price": st.none() | WORDS,
        "cta": st.fixed_dictionaries({}, optional={"text": WORDS, "url": ADDRESSES}),
        "colors": st.fixed_dictionaries(
            {}, optional={"accent": st.from_regex(r"#[0-9A-Fa-f]{6}", fullmatch=True),
                          "text": st.sampled_from(("#000000", "#201810"))}),
        "scrim": st.none() | st.floats(0, 1), "widgets": st.none() | st.lists(WIDGETS, max_size=3),
        "layout": st.sampled_from(("left", "right", "center")),
        "locale": st.sampled_from(("en", "de-AT")),
        "corrections": st.none() | st.lists(WORDS, max_size=2),
        "original_background_url": ADDRESSES, "generated_background_url": ADDRESSES,
    },
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(PATCHES, st.sets(st.sampled_from(sorted(Prefill.model_fields))))
def test_edits_of_different_fields_come_to_the_same_in_either_order(
    changes: dict[str, Any], of_the_first: set[str]
) -> None:
    first = {name: value for name, value in changes.items() if name in of_the_first}
    second = {name: value for name, value in changes.items() if name not in of_the_first}

    def apply(*patches: dict[str, Any]) -> dict[str, Any]:
        stored = deepcopy(STORED)
        for patch in patches:
            stored = edit_prefill(stored, patch).prefill.model_dump(mode="json")
        return stored

    assert apply(first, second) == apply(second, first) == apply(changes)


FRESH = Prefill.model_validate(
    GIVEN
    | {
        "headline": "Warm for hours", "brand": "Nord", "cta": {"text": "Buy", "url": "https://a.b/c"},
        "widgets": [], "generated_background_url": "file:///media/backgrounds/2.jpg",
    }
)  # fmt: skip


def test_edits_stay_in_a_prefill_that_is_made_anew_and_all_else_is_new() -> None:
    stored = after(headline="Mine", brand=None, cta={"text": "Mine"}, widgets=[PRICE_TAG])
    edits = KeptEdits(stored, ["headline", "brand", "cta.text", "widgets"])
    assert edits.has_headline
    kept = edits.of_prefill(FRESH)
    assert (kept.headline, kept.brand, kept.cta.text) == ("Mine", None, "Mine")
    assert [dict(widget) for widget in kept.widgets] == [PRICE_TAG]
    assert (kept.cta.url, kept.generated_background_url) == (
        "https://a.b/c", "file:///media/backgrounds/2.jpg",
    )  # fmt: skip


def test_without_edits_what_is_made_anew_is_all_new() -> None:
    edits = KeptEdits(STORED, [])
    assert edits.of_prefill(FRESH) == FRESH
    assert edits.of_draft({"headline": "Tea"}) == {"headline": "Tea"}
    assert not edits.has_headline


def test_a_background_that_a_person_has_set_is_no_part_of_a_draft() -> None:
    edits = KeptEdits(STORED, ["generated_background_url", "scrim"])
    assert edits.of_draft({"scrim": 0.1}) == {"scrim": STORED["scrim"]}
    assert edits.of_prefill(FRESH).generated_background_url == BACKGROUND
