"""A batch varies: by position within it, and by seed from product to product."""

import itertools
import zlib

import pytest
from PIL import Image

from catalog.product import ScrapedProduct
from creative.brief import ANGLES, LAYOUTS, MOODS, SETTINGS, SHAPES, Brief

PRODUCT = ScrapedProduct(url="https://shop.example/p/1", title="Luna Stoneware Mug")
PICTURE = Image.new("RGB", (1, 1))
# All that the digits of a seed can say, by steps that share no divisor with it; and real seeds.
SEEDS = [*range(0, 53_760, 97), *(zlib.crc32(b"%d" % number) for number in range(200)), -3]


def batch(seed: int, size: int = 10) -> list[Brief]:
    return [Brief(PRODUCT, PICTURE, position, seed) for position in range(size)]


@pytest.mark.parametrize("part", ["layout", "mood", "setting", "shape"])
def test_neighbours_in_a_batch_differ_whatever_the_seed(part: str) -> None:
    for seed in SEEDS:
        values = [getattr(brief, part) for brief in batch(seed)]
        assert all(one != other for one, other in itertools.pairwise(values)), seed


def test_no_two_of_ten_positions_are_made_alike() -> None:
    for seed in SEEDS:
        staged = {(brief.layout, brief.mood, brief.setting) for brief in batch(seed)}
        framed = {(brief.layout, brief.shape, brief.setting) for brief in batch(seed)}
        assert len(staged) == len(framed) == 10, seed


def test_the_angle_goes_by_position_alone() -> None:
    for seed in SEEDS[::50]:
        assert tuple(brief.angle for brief in batch(seed)) == ANGLES * 2


@pytest.mark.parametrize(
    ("part", "values"),
    [("layout", LAYOUTS), ("mood", MOODS), ("setting", SETTINGS), ("shape", SHAPES)],
)
def test_a_batch_may_begin_with_anything(part: str, values: tuple[str, ...]) -> None:
    first = [getattr(Brief(PRODUCT, PICTURE, 0, seed), part) for seed in SEEDS]
    for value in set(values):
        expected = values.count(value) / len(values)
        assert first.count(value) / len(first) == pytest.approx(expected, rel=0.35)


def test_two_products_seldom_look_the_same_at_the_same_position() -> None:
    seeds = [zlib.crc32(f"https://shop.example/products/{n}".encode()) for n in range(40)]
    for position in range(3):
        looks = [
            (brief.layout, brief.mood, brief.setting)
            for brief in (Brief(PRODUCT, PICTURE, position, seed) for seed in seeds)
        ]
        assert len(set(looks)) > 24
