"""Sixteen bits only where they pay, and then with the same rows and the same order."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from open_clip import CLIP, CLIPTextCfg, CLIPVisionCfg, add_model_config, create_model

from catalog import precision
from catalog.clip_model import ClipModel
from catalog.precision import bfloat16_pays, choose_dtype
from settings import PROJECT_ROOT

MICRO_SHAPE = PROJECT_ROOT / "demo" / "micro_clip" / "model.json"


@pytest.fixture(scope="module")
def transformer() -> CLIP:
    """As deep as ViT-B-32, and narrower; its weights are random, from seed 0."""
    torch.manual_seed(0)
    return CLIP(
        embed_dim=128,
        vision_cfg=CLIPVisionCfg(image_size=96, layers=12, width=256, head_width=64, patch_size=16),
        text_cfg=CLIPTextCfg(context_length=32, width=64, heads=4, layers=2),
    ).eval()


def test_small_models_keep_their_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "bfloat16_pays", lambda device: True)
    small = torch.nn.Linear(10, 10)
    assert choose_dtype(small, "cpu") is torch.float32
    monkeypatch.setattr(precision, "_LEAST_PARAMETERS", 100)
    assert choose_dtype(small, "cpu") is torch.bfloat16


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
    for wanted, dtype in (("float32", torch.float32), ("auto", torch.bfloat16)):
        model = ClipModel.of("model", create_model("model"), precision=wanted)
        assert model.dtype is dtype
        assert {value.dtype for value in model.model.parameters()} == {dtype}


def test_sixteen_bits_agree_with_thirty_two_in_rows_and_order(transformer: CLIP) -> None:
    generator = torch.Generator().manual_seed(1)
    pictures = torch.randn(24, 3, 96, 96, generator=generator)
    words = torch.nn.functional.normalize(torch.randn(8, 128, generator=generator), dim=1).numpy()
    single = rows(transformer.float(), pictures)
    half = rows(transformer.bfloat16(), pictures.bfloat16())
    assert (single * half).sum(1).min() >= 0.9999
    # Pictures nearer to each other than the rounding may change places, and only those.
    rounding = np.abs(words @ single.T - words @ half.T).max()
    for word in words:
        exact = single @ word
        order = np.argsort(-(half @ word))
        assert (np.diff(exact[order]) <= 2 * rounding).all()
    assert rounding < 0.005


def rows(model: CLIP, pictures: torch.Tensor) -> NDArray[np.float32]:
    with torch.inference_mode():
        encoded = model.encode_image(pictures).float()
        return torch.nn.functional.normalize(encoded, dim=1).numpy()
