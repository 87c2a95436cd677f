"""Sixteen bits only where they pay, and then with the same rows and the same order."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from open_clip import CLIP, CLIPTextCfg, CLIPVisionCfg, add_model_config, create_model

from catalog import precision
from catalog.clip_model import ClipModel
from catalog.precision import bfloat16_pays, choose_precision, use_bfloat16
from settings import PROJECT_ROOT

Rows = NDArray[np.float32]
MICRO_SHAPE = PROJECT_ROOT / "demo" / "micro_clip" / "model.json"


@pytest.fixture(scope="module")
def transformer() -> CLIP:
    """As deep as ViT-B-32, and narrower; its weights are random, from seed 0."""
    torch.manual_seed(0)
    return CLIP(
        embed_dim=128,
        vision_cfg=CLIPVisionCfg(image_size=96, layers=12, width=256, head_width=64, patch_size=16),
        text_cfg=CLIPTextCfg(context_length=32, vocab_size=500, width=256, heads=4, layers=12),
    ).eval()


def test_small_models_and_strange_ones_keep_their_bits(
    monkeypatch: pytest.MonkeyPatch, transformer: CLIP
) -> None:
    monkeypatch.setattr(precision, "bfloat16_pays", lambda device: True)
    assert choose_precision(transformer, "cpu") == "float32"
    monkeypatch.setattr(precision, "_LEAST_PARAMETERS", 100)
    assert choose_precision(transformer, "cpu") == "bfloat16"
    assert choose_precision(torch.nn.Linear(100, 100), "cpu") == "float32"


@pytest.mark.parametrize(("half", "pays"), [(0.4, True), (0.8, True), (0.9, False), (3.0, False)])
def test_sixteen_bits_are_taken_where_they_are_measured_to_be_faster(
    monkeypatch: pytest.MonkeyPatch, half: float, pays: bool
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    monkeypatch.setattr(precision, "_product", lambda dtype: dtype)
    monkeypatch.setattr(
        precision, "_seconds", lambda dtype: 1.0 if dtype is torch.float32 else half
    )
    assert bfloat16_pays.__wrapped__("cpu") is pays


def test_a_processor_without_the_instructions_is_not_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    monkeypatch.setattr(precision, "_seconds", lambda product: pytest.fail("it was measured"))
    assert bfloat16_pays.__wrapped__("cpu") is False


def test_the_choice_is_made_once() -> None:
    bfloat16_pays.cache_clear()
    first = bfloat16_pays("cpu")
    assert bfloat16_pays("cpu") is first
    assert bfloat16_pays.cache_info().misses == 1


def test_a_setting_forces_thirty_two_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_LEAST_PARAMETERS", 100)
    monkeypatch.setattr(precision, "bfloat16_pays", lambda device: True)
    add_model_config(MICRO_SHAPE)
    for wanted, chosen in (("float32", "float32"), ("auto", "bfloat16")):
        model = ClipModel.of("model", create_model("model"), precision=wanted)
        assert model.precision == chosen
        halves = {value.dtype for value in model.model.parameters()} - {torch.float32}
        assert halves == ({torch.bfloat16} if chosen == "bfloat16" else set())
        assert model.encode_texts(["a mug"]).dtype == np.float32


@pytest.mark.long
def test_sixteen_bits_agree_with_thirty_two_in_rows_and_order(transformer: CLIP) -> None:
    generator = torch.Generator().manual_seed(1)
    pictures = torch.randn(24, 3, 96, 96, generator=generator)
    words = torch.randint(1, 500, (24, 32), generator=generator)
    halved = copy.deepcopy(transformer)
    use_bfloat16(halved)
    for encode in ("encode_image", "encode_text"):
        given = pictures if encode == "encode_image" else words
        single, half = (rows(getattr(model, encode), given) for model in (transformer, halved))
        assert (single * half).sum(1).min() >= 0.9999
        assert not np.array_equal(single, half)
        # Rows nearer to each other than the rounding may change places, and only those.
        cosines, rounded = single[:8] @ single.T, half[:8] @ half.T
        rounding = np.abs(cosines - rounded).max()
        assert rounding < 0.01  # 0.004 with AMX, 0.006 with AVX-512 alone
        for exact, order in zip(cosines, np.argsort(-rounded, axis=1), strict=True):
            assert (np.diff(exact[order]) <= 2 * rounding).all()


def rows(encode: Callable[[torch.Tensor], torch.Tensor], given: torch.Tensor) -> Rows:
    with torch.inference_mode():
        return torch.nn.functional.normalize(encode(given).float(), dim=1).numpy()
