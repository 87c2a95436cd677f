"""The bundled micro CLIP: small, right on drawings that it never saw, and useful to the shop."""

import io
import json

import numpy as np
import pytest
import requests
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file

from catalog.clip import ClipEncoder, get_encoder
from catalog.parse import parse_product
from catalog.product_text import describe
from demo.micro_clip_accuracy import measure
from demo.products import PRODUCTS, DemoProduct
from demo.shop import Shop
from demo.train_micro_clip import ACCURACY, WEIGHTS, contrastive_loss
from settings import Settings
from tests.sparing import mostly_long

DECOYS = ("logo", "payment-badges", "size-chart", "shipping-banner")


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return get_encoder(Settings(clip_model="micro"))


def test_the_weights_are_small_and_of_half_precision() -> None:
    assert WEIGHTS.stat().st_size <= 8_000_000
    assert {value.dtype for value in load_file(WEIGHTS).values() if value.is_floating_point()} == {
        torch.float16
    }


@pytest.mark.long
def test_held_out_drawings_are_told_right() -> None:
    accuracy = measure(rounds=1, first_seed=9_000, size=320, processes=1)
    assert accuracy["objects_right"] >= 0.95
    assert accuracy["colors_right"] >= 0.9
    assert accuracy["above_decoys"] == 1


def test_the_recorded_accuracy_is_enough_and_says_its_seeds() -> None:
    recorded = json.loads(ACCURACY.read_text())
    assert recorded["objects_right"] >= 0.95
    assert recorded["above_decoys"] == 1
    assert {"training_seed", "first_seed", "drawings", "colors_right", "exact"} <= set(recorded)


@pytest.mark.parametrize(
    "product", mostly_long(PRODUCTS, kept=[0, 4]), ids=lambda product: product.slug
)
def test_own_pictures_rank_above_decoys_and_neighbours(
    shop: Shop, encoder: ClipEncoder, product: DemoProduct
) -> None:
    url = shop.product_urls[PRODUCTS.index(product)]
    read = parse_product(requests.get(url, timeout=10).content, url)
    own = shop.picture_urls(product)
    others = [shop.picture_urls(other)[0] for other in PRODUCTS if other != product]
    decoys = [f"{shop.url}media/shop/{decoy}.jpg" for decoy in DECOYS]
    foreign = [url for url in read.image_urls if url not in own]
    text = encoder.encode_texts([describe(read)])[0]

    def scores(urls: list[str]) -> NDArray[np.float32]:
        return encoder.encode_images([opened(url) for url in urls]) @ text

    assert scores(list(own)).min() > scores([*others, *decoys, *foreign]).max()


def opened(url: str) -> Image.Image:
    answer = requests.get(url, timeout=60)
    answer.raise_for_status()
    return Image.open(io.BytesIO(answer.content))


def test_equal_captions_are_all_positives_of_the_loss() -> None:
    """Two pictures of one kind: knowing them from a third is all that the loss asks for."""
    positive = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    perfect = torch.where(positive, 40.0, 0.0)
    confused = torch.where(torch.eye(3, dtype=torch.bool), 40.0, 0.0)
    assert contrastive_loss(perfect, positive) < contrastive_loss(confused, positive)
    assert float(contrastive_loss(perfect, positive)) == pytest.approx(2 * np.log(2) / 3, abs=1e-3)
