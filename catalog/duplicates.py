"""The same picture again: in another size, compressed or coloured anew, or cut a little."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

_KEPT, _COMPARED, _COARSE = 64, 24, 16
_SCALES = (1.0, 0.985, 0.97, 0.955, 0.94, 0.925, 0.91)
_PLACES = (0.0, 0.5, 1.0)
_WORTH_A_LOOK = 0.7
_SAME = 0.9885
_LARGEST_HUE_CHANGE = 45.0
_LARGEST_SHAPE_CHANGE = 1.15


@dataclass(frozen=True)
class Fingerprint:
    """A picture as far as it is compared: `light` [64, 64], `hue` (Cb and Cr) [8, 8, 2], 0 to 255.

    `shape` is its width divided by its height.
    """

    light: Floats
    hue: Floats
    shape: float

    @classmethod
    def of(cls, picture: Image.Image) -> "Fingerprint":
        """The fingerprint of an RGB picture."""
        small = picture.resize((_KEPT, _KEPT), Image.Resampling.BOX, reducing_gap=1.0)
        values = np.asarray(small.convert("YCbCr"), dtype=np.float32)
        blocks = values[..., 1:].reshape(8, _KEPT // 8, 8, _KEPT // 8, 2)
        return cls(
            light=np.ascontiguousarray(values[..., 0]),
            hue=blocks.mean(axis=(1, 3), dtype=np.float32),
            shape=picture.width / picture.height,
        )

    def is_same_picture(self, other: "Fingerprint") -> bool:
        """Whether one is the other in another size, compression or tone, or a little cut.

        Their light is correlated, which no change of brightness or contrast touches, with the one
        laid on cuttings of the other; their colours may differ by no more than a change of tone.
        The bounds were measured on drawings (docs/decisions/0008).
        """
        shapes = sorted((self.shape, other.shape))
        if shapes[1] > shapes[0] * _LARGEST_SHAPE_CHANGE:
            return False
        if np.abs(self.hue - other.hue).max() > _LARGEST_HUE_CHANGE:
            return False
        if float(self._coarse @ other._coarse) < _WORTH_A_LOOK:
            return False
        best = max(
            (other._cuttings @ self._cuttings[0]).max(), (self._cuttings @ other._cuttings[0]).max()
        )
        return float(best) > _SAME

    @cached_property
    def _coarse(self) -> Floats:
        side = _KEPT // _COARSE
        blocks = self.light.reshape(1, _COARSE, side, _COARSE, side)
        row: Floats = _normal(blocks.mean(axis=(2, 4), dtype=np.float32))[0]
        return row

    @cached_property
    def _cuttings(self) -> Floats:
        """The picture and its cuttings, rows of mean 0 and length 1, [55, 576]; first the whole."""
        cuttings = np.matmul(_ROWS @ self.light, _COLUMNS, dtype=np.float32)
        return _normal(cuttings)


def _normal(pictures: Floats) -> Floats:
    rows = pictures.reshape(len(pictures), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = rows / np.maximum(lengths, 1e-6)
    return unit


def _cutting_matrices() -> tuple[Floats, Floats]:
    """What cuts and shrinks: rows [55, 24, 64] to put before `light`, columns [55, 64, 24] after.

    Each side is cut to a scale, at its beginning, its middle or its end.
    """
    rows, columns = [], []
    for scale in _SCALES:
        places = (0.0,) if scale == 1 else _PLACES
        for down in places:
            for across in places:
                rows.append(_shrinking(down * (1 - scale), scale))
                columns.append(_shrinking(across * (1 - scale), scale).T)
    return np.stack(rows), np.stack(columns)


def _shrinking(begin: float, length: float) -> Floats:
    """The means over equal parts of `begin` to `begin + length` (of 1), a matrix [24, 64]."""
    edges = (begin + length * np.arange(_COMPARED + 1) / _COMPARED) * _KEPT
    pixels = np.arange(_KEPT)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = covered.clip(min=0)
    shares: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


_ROWS, _COLUMNS = _cutting_matrices()


def group(fingerprints: Sequence[Fingerprint]) -> list[list[int]]:
    """The pictures by what they show: lists of their places, in the order of their first ones."""
    groups: list[list[int]] = []
    for place, fingerprint in enumerate(fingerprints):
        for known in groups:
            if any(fingerprint.is_same_picture(fingerprints[other]) for other in known):
                known.append(place)
                break
        else:
            groups.append([place])
    return groups
