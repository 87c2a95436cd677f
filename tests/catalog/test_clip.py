"""The CLIP encoder: unit rows from pictures and words, one cheap import, one load, plain errors."""

import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from catalog import clip, clip_model
from catalog.clip import ClipEncoder, ClipUnavailable, get_encoder
from catalog.clip_model import ClipModel
from demo.drawings import draw_product
from settings import PROJECT_ROOT, Settings


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return get_encoder(Settings(clip_model="micro"))


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return [draw_product(kind, "red", size=200) for kind in ("mug", "camera", "lamp")]


@pytest.fixture
def no_encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip, "_encoders", {})


def test_rows_have_length_one_and_are_float32(
    encoder: ClipEncoder, pictures: list[Image.Image]
) -> None:
    for rows in (
        encoder.encode_images(pictures),
        encoder.encode_texts(["a mug", "", "ein Becher"]),
    ):
        assert rows.dtype == np.float32
        assert rows.shape == (3, 128)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_nothing_in_gives_no_rows(encoder: ClipEncoder) -> None:
    assert encoder.encode_images([]).shape == (0, 128)
    assert encoder.encode_texts([]).shape == (0, 128)


def test_a_picture_matches_its_own_words_best(
    encoder: ClipEncoder, pictures: list[Image.Image]
) -> None:
    words = encoder.encode_texts(["a photo of a mug", "a photo of a camera", "a photo of a lamp"])
    assert (encoder.encode_images(pictures) @ words.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_a_row_does_not_depend_on_its_neighbours(
    encoder: ClipEncoder, pictures: list[Image.Image]
) -> None:
    together = encoder.encode_images(pictures * 15)
    alone = np.concatenate([encoder.encode_images([picture]) for picture in pictures])
    np.testing.assert_allclose(together[:3], alone, atol=1e-4)
    np.testing.assert_allclose(together[-3:], alone, atol=1e-4)


def test_no_place_behind_the_end_of_the_texts_is_read_and_nothing_else_changes(
    encoder: ClipEncoder,
) -> None:
    import torch

    loaded = encoder.load()
    read: list[int] = []
    hook = loaded.model.transformer.register_forward_pre_hook(
        lambda module, given: read.append(given[0].shape[1])
    )
    try:
        for texts in (["a mug"], ["a mug", "a photo of a red camera by Norrland"], ["tea " * 200]):
            with torch.inference_mode():
                tokens = loaded.tokenize(texts)
                whole = torch.nn.functional.normalize(loaded.model.encode_text(tokens), dim=-1)
            read.clear()
            np.testing.assert_allclose(loaded.encode_texts(texts), whole.numpy(), atol=1e-5)
            assert read == [int((tokens != 0).sum(dim=1).max())]
    finally:
        hook.remove()


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1"])
def test_any_mode_of_picture_is_read(
    encoder: ClipEncoder, pictures: list[Image.Image], mode: str
) -> None:
    assert encoder.encode_images([pictures[0].convert(mode)]).shape == (1, 128)


def test_transparency_is_laid_on_white(encoder: ClipEncoder) -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    white = Image.new("RGB", (64, 64), "white")
    rows = encoder.encode_images([clear, white])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)


def test_one_encoder_for_each_model_and_weights(no_encoders: None) -> None:
    micro = get_encoder(Settings(clip_model="micro"))
    assert get_encoder(Settings(clip_model="micro")) is micro
    other = get_encoder(Settings(clip_model="ViT-B-32", clip_pretrained="openai"))
    assert other is not micro
    assert (micro.model_name, other.model_name) == ("micro", "ViT-B-32/openai")


def test_threads_that_come_together_load_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, loads, gate = clip.load_clip, [], threading.Barrier(16)

    def slow_load(model: str, *rest: str) -> object:
        loads.append(model)
        time.sleep(0.2)
        return real(model, *rest)

    monkeypatch.setattr(clip, "load_clip", slow_load)
    encoder = ClipEncoder("micro", "")

    def use(number: int) -> None:
        gate.wait()
        encoder.encode_texts([f"mug {number}"])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(use, range(16)))
    assert loads == ["micro"]


def test_a_checkpoint_on_disk_serves_any_model(
    encoder: ClipEncoder, pictures: list[Image.Image]
) -> None:
    encoder.encode_texts(["registers the bundled model's shape with open_clip"])
    folder = PROJECT_ROOT / "demo" / "micro_clip"
    local = ClipEncoder("model", str(folder / "weights.safetensors"))
    np.testing.assert_allclose(
        local.encode_images(pictures), encoder.encode_images(pictures), atol=1e-6
    )


@pytest.mark.parametrize(
    ("model", "pretrained"),
    [("ViT-B-32", "/nowhere/weights.pt"), ("no-such-model", "laion2b_s34b_b79k")],
)
def test_weights_that_cannot_be_had_say_what_to_do(model: str, pretrained: str) -> None:
    with pytest.raises(ClipUnavailable) as caught:
        ClipEncoder(model, pretrained).encode_texts(["a mug"])
    message = str(caught.value)
    for wanted in (model, pretrained, "CTA_CLIP_PRETRAINED", "CTA_CLIP_MODEL=micro", "network",
        "CTA_RANK_WITHOUT_CLIP",
    ):  # fmt: skip
        assert wanted in message
    assert str(pickle.loads(pickle.dumps(caught.value))) == message


def test_an_unreachable_hub_is_told_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    import open_clip

    def refuse(*_: object, **__: object) -> None:
        raise OSError("[Errno 101] Network is unreachable")

    monkeypatch.setattr(open_clip.factory, "download_pretrained", refuse)
    with pytest.raises(ClipUnavailable, match="Network is unreachable"):
        ClipEncoder("ViT-B-32", "laion2b_s34b_b79k").encode_texts(["a mug"])


def test_a_load_that_failed_is_not_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, loads = clip.load_clip, []

    def refuse(model: str, *_: str) -> None:
        loads.append(model)
        raise OSError("no network")

    monkeypatch.setattr(clip, "load_clip", refuse)
    encoder = ClipEncoder("micro", "")
    for _ in range(3):
        with pytest.raises(ClipUnavailable, match="no network"):
            encoder.encode_texts(["a mug"])
    assert loads == ["micro"]

    monkeypatch.setattr(clip, "load_clip", real)
    encoder._refused_until = time.monotonic()
    assert encoder.encode_texts(["a mug"]).shape == (1, 128)


def test_importing_the_module_does_not_import_torch() -> None:
    code = (
        "import sys, catalog.clip; sys.exit('torch' in sys.modules or 'open_clip' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=False)
    assert done.returncode == 0


def test_a_text_is_encoded_once_and_only_so_many_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clip, "_TEXTS_KEPT", 3)
    asked: list[str] = []
    real = ClipModel.encode_texts

    def noted(model: ClipModel, texts: list[str]) -> object:
        asked.extend(texts)
        return real(model, texts)

    monkeypatch.setattr(ClipModel, "encode_texts", noted)
    encoder = ClipEncoder("micro", "")
    first = encoder.encode_texts(["a mug", "a lamp", "a mug"])
    np.testing.assert_array_equal(encoder.encode_texts(["a mug"])[0], first[0])
    assert sorted(asked) == ["a lamp", "a mug"]
    encoder.encode_texts([f"a mug {number}" for number in range(3)])
    encoder.encode_texts(["a mug"])
    assert asked.count("a mug") == 2
    assert len(encoder._known) == 3


def test_a_text_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = ClipModel.encode_texts, []

    def fails_first(model: ClipModel, texts: list[str]) -> object:
        calls.append(texts)
        if len(calls) == 1:
            raise MemoryError("no room for the batch")
        return real(model, texts)

    monkeypatch.setattr(ClipModel, "encode_texts", fails_first)
    encoder = ClipEncoder("micro", "")
    with pytest.raises(MemoryError, match="no room"):
        encoder.encode_texts(["a mug"])
    assert encoder.encode_texts(["a mug"]).shape == (1, 128)


@pytest.mark.parametrize("size", [(200, 200), (300, 200), (64, 64), (50, 90)])
def test_pixels_are_cut_as_open_clip_cuts_them(encoder: ClipEncoder, size: tuple[int, int]) -> None:
    from open_clip.transform import PreprocessCfg, image_transform_v2

    model = encoder.load()
    picture = draw_product("camera", "pink", seed=4, size=400, backdrop="scene").resize(size)
    transform = image_transform_v2(
        PreprocessCfg(**model.model.visual.preprocess_cfg), is_train=False
    )
    wanted = transform(picture)
    mean, deviation = (np.array(values)[:, None, None] for values in (model.mean, model.deviation))
    seen = (model.prepare(picture).transpose(2, 0, 1) / 255 - mean) / deviation
    # A part of a pixel: open_clip rounds the size before it cuts, and this the other way round.
    assert np.abs(seen - wanted.numpy()).mean() < 0.06


def test_the_cores_are_shared_out_once() -> None:
    import torch

    before = torch.get_num_threads()
    clip_model._share_out_the_cores.cache_clear()
    torch.set_num_threads(6)
    try:
        for _ in range(2):
            ClipEncoder("micro", "").load()
            assert torch.get_num_threads() == 6 // clip_model.WORKERS
    finally:
        torch.set_num_threads(before)
