"""Backgrounds through the real SDK, against a server on loopback that speaks Gemini's REST."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageStat

from creative.asking.pictures import lay_out
from creative.background import product_area, words_area
from creative.brief import LAYOUTS, Brief, Layout
from creative.calls import CallLog
from creative.errors import (
    GeneratorBlocked,
    GeneratorMadeNothing,
    GeneratorRefused,
)
from creative.gemini import GeminiGenerator
from tests import gemini_server as server
from tests.gemini_server import GeminiServer

IMAGE = 2  # the SDK sends the enumeration's number


def test_a_background_is_asked_for_with_the_picture_and_comes_back_as_one(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    background = generator.background(brief, CallLog())
    assert (background.size, background.mode) == ((1344, 768), "RGB")
    [call] = gemini.calls
    assert call.path == "/v1beta/models/gemini-3.1-flash-image:generateContent"
    assert call.body["generationConfig"]["responseModalities"] == [IMAGE]
    with Image.open(io.BytesIO(call.pictures[0])) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1536, 864))


def test_the_prompt_tells_the_product_the_angle_the_mood_and_the_rules(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    for position in (0, 1):
        generator.background(replace(brief, position=position), CallLog())
    first, second = (call.texts[0] for call in gemini.calls)
    for told in ("Halden Kettle", "Norrland", "Kettles", "Holds 600 ml", "exactly as it is",
                 "no text", "no logos", "no people", "right half", "The left half stays calm",
                 "bright and airy", "what the product does"):  # fmt: skip
        assert told in first, told
    for told in ("in the left half", "The right half stays calm", "deep and quiet"):
        assert told in second, told


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_product_is_laid_where_it_shall_stand_and_its_backdrop_goes_on(layout: Layout) -> None:
    picture = Image.new("RGB", (900, 900), (200, 220, 240))
    picture.paste((180, 30, 30), (300, 300, 600, 600))
    canvas = lay_out(picture, layout)
    assert canvas.size == (1536, 864)
    scale = 1536 / 1920
    left, top, right, bottom = (round(edge * scale) for edge in words_area(layout))
    calm = ImageStat.Stat(canvas.crop((left, top, right, bottom)))
    assert np.allclose(calm.mean, (200, 220, 240), atol=2)
    assert max(calm.stddev) < 3
    area = product_area(layout)
    middle = (
        round((area.left + area.right) / 2 * scale),
        round((area.top + area.bottom) / 2 * scale),
    )
    assert canvas.getpixel(middle) == (180, 30, 30)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_can_be_seen_through_is_laid_on_white(mode: str) -> None:
    picture = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    picture.paste((180, 30, 30, 255), (200, 200, 400, 400))
    canvas = lay_out(picture.convert(mode), "left")
    assert canvas.mode == "RGB"
    assert canvas.getpixel((5, 5)) == (255, 255, 255)


def test_a_model_that_shows_its_drafts_first_is_taken_at_its_last_picture(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    draft = server.inline(server.picture_file((640, 360)))
    final = server.inline(server.picture_file((1920, 1080)))
    gemini.script(server.answered(draft, {"text": "and now"}, final))
    assert generator.background(brief, CallLog()).size == (1920, 1080)


def test_the_picture_is_taken_for_what_its_bytes_are(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    gemini.script(server.misnamed_picture())
    assert generator.background(brief, CallLog()).size == (1344, 768)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (server.garbage(), "cannot be read"),
        (server.empty(), "answered with nothing"),
        (server.finished("STOP"), "answered with nothing"),
        (server.finished("NO_IMAGE"), "NO_IMAGE"),
        (server.finished("IMAGE_OTHER"), "IMAGE_OTHER"),
        (server.text_only(), "without a picture"),
        (server.text("Half a thought", finish="MAX_TOKENS"), "without a picture"),
        (server.corrupt_picture(), "cannot be decoded"),
        (server.other_format(), "cannot be decoded"),
        (server.bomb_picture(), "13000 × 13000 pixels"),
        (server.tiny_picture(), "1 × 1 pixels"),
        (server.same_picture, "as it was"),
    ],
    ids=["garbage", "empty", "no parts", "no image", "other", "text", "cut", "corrupt", "format",
         "bomb", "tiny", "same"],
)  # fmt: skip
def test_an_answer_without_a_usable_picture_is_asked_again_twice_and_then_told(
    gemini: GeminiServer, ask_gemini: Callable[..., GeminiGenerator], brief: Brief,
    answer: server.Answer, told: str,
) -> None:  # fmt: skip
    gemini.script(answer)
    log = CallLog()
    with pytest.raises(GeneratorMadeNothing, match=told):
        ask_gemini(gemini_attempts=10).background(brief, log)
    assert [call.failure for call in log.made] == ["GeneratorMadeNothing"] * 3
    gemini.script(answer, server.picture())
    assert ask_gemini().background(brief, CallLog()).size == (1344, 768)


@pytest.mark.parametrize(
    ("answer", "category"),
    [
        (server.blocked_prompt("SAFETY"), "SAFETY"),
        (server.blocked_prompt("PROHIBITED_CONTENT"), "PROHIBITED_CONTENT"),
        (server.blocked_prompt("SAFETY", harm=10), "SAFETY: dangerous content"),
        (server.blocked_prompt(9), "9"),
        (server.finished("SAFETY", harm=9), "SAFETY: sexually explicit"),
        (server.finished("IMAGE_SAFETY"), "IMAGE_SAFETY"),
        (server.finished("PROHIBITED_CONTENT"), "PROHIBITED_CONTENT"),
        (server.finished("RECITATION"), "RECITATION"),
        (server.finished("IMAGE_PROHIBITED_CONTENT"), "IMAGE_PROHIBITED_CONTENT"),
        (server.finished("IMAGE_RECITATION"), "IMAGE_RECITATION"),
    ],
)
@pytest.mark.filterwarnings("ignore:Unrecognized BlockReason")
def test_what_is_blocked_is_asked_once_and_the_category_is_told(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief,
    answer: server.Reply, category: str,
) -> None:  # fmt: skip
    gemini.script(answer)
    log = CallLog()
    with pytest.raises(GeneratorBlocked) as caught:
        generator.background(brief, log)
    assert caught.value.category == category
    assert category in str(caught.value)
    assert len(gemini.calls) == 1
    assert [(call.failure, call.tokens_in) for call in log.made] == [("GeneratorBlocked", 1000)]


def test_a_picture_that_was_blocked_is_not_used_though_it_is_there(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    gemini.script(server.answered(server.inline(server.picture_file()), finish="IMAGE_SAFETY"))
    with pytest.raises(GeneratorBlocked):
        generator.background(brief, CallLog())


def test_a_reason_of_the_future_is_told_by_its_number_and_not_asked_again(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    gemini.script(server.finished(42))
    with pytest.raises(GeneratorRefused, match="42"):
        generator.background(brief, CallLog())
    assert len(gemini.calls) == 1


def test_a_reason_whose_name_the_sdk_loses_is_asked_again(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    gemini.script(server.finished("A_NAME_OF_THE_FUTURE"), server.picture())
    assert generator.background(brief, CallLog()).size == (1344, 768)
    assert len(gemini.calls) == 2
