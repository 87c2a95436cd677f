"""Trains and measures the micro CLIP: `python -m demo.train_micro_clip [--evaluate]`.

The model learns from drawings that it never sees again: the measured ones have other seeds, are
drawn at the size of the shop's pictures and go through `catalog.clip` as a shop's pictures do.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file

from demo.captions import CaptionWriter, Label
from demo.drawings import COLORS, DECOY_KINDS, KINDS, draw_decoy
from demo.micro_clip_accuracy import LEAST_OBJECTS_RIGHT, draw_any_view, measure

FOLDER = Path(__file__).resolve().parent / "micro_clip"
CONFIG = FOLDER / "model.json"
WEIGHTS = FOLDER / "weights.safetensors"
ACCURACY = FOLDER / "accuracy.json"

_SEED = 20
_FIRST_SEED = 100_000
_DRAWINGS_OF_EACH = 60
_DECOYS_OF_EACH = 150
_DRAWN, _KEPT, _SEEN = 144, 96, 64
_STEPS, _BATCH = 700, 256
_LEARNING_RATE = 2e-3

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class TrainingSet:
    """`pictures` is uint8 [n, 3, 96, 96]; `labels` says of each its kind and colour."""

    pictures: torch.Tensor
    labels: list[Label]


def draw_training_set(processes: int = 2) -> TrainingSet:
    """Draws every picture that the training uses; the same ones each time."""
    labels: list[Label] = [(kind, color) for kind in KINDS for color in COLORS]
    labels = labels * _DRAWINGS_OF_EACH
    labels += [(kind, None) for kind in DECOY_KINDS] * _DECOYS_OF_EACH
    jobs = [(kind, color, _FIRST_SEED + index) for index, (kind, color) in enumerate(labels)]
    with ProcessPoolExecutor(processes) as pool:
        drawn = list(pool.map(_draw_small, jobs, chunksize=40))
    return TrainingSet(torch.from_numpy(np.stack(drawn)), labels)


def _draw_small(job: tuple[str, str | None, int]) -> Bytes:
    kind, color, seed = job
    if color is None:
        picture = draw_decoy(kind, seed)
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        picture = picture.crop((left, top, left + side, top + side))
    else:
        picture = draw_any_view(kind, color, seed, _DRAWN)
    small = picture.resize((_KEPT, _KEPT), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.uint8).transpose(2, 0, 1)


def _augmented(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Random crops, mirrored and lit anew: uint8 [n, 3, 96, 96] to float [n, 3, 64, 64]."""
    count = len(pictures)
    draw = torch.rand(6, count, generator=generator)
    zoom = 1 - 0.42 * draw[0] ** 1.5
    stretch = torch.exp((draw[1] - 0.5) * 0.2)
    across, down = (zoom * stretch).clamp(max=1), (zoom / stretch).clamp(max=1)
    flip = torch.where(draw[2] < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = across * flip, down
    theta[:, 0, 2] = (draw[3] * 2 - 1) * (1 - across)
    theta[:, 1, 2] = (draw[4] * 2 - 1) * (1 - down)
    grid = functional.affine_grid(theta, [count, 3, _SEEN, _SEEN], align_corners=False)
    cropped = functional.grid_sample(pictures.float() / 255, grid, align_corners=False)
    lit = (cropped * (0.88 + 0.24 * draw[5])[:, None, None, None]).clamp(0, 1)
    mean = torch.tensor(open_clip.OPENAI_DATASET_MEAN)
    deviation = torch.tensor(open_clip.OPENAI_DATASET_STD)
    return (lit - mean[:, None, None]) / deviation[:, None, None]


def _batches(
    training_set: TrainingSet, steps: int, batch: int
) -> Iterator[tuple[torch.Tensor, list[str], torch.Tensor]]:
    """Pictures, captions, and which caption is true of which picture (bool [batch, batch])."""
    generator = torch.Generator().manual_seed(_SEED)
    rng = np.random.default_rng(_SEED)
    writer = CaptionWriter(_plain_words(), _SEED)
    kinds = [*KINDS, *DECOY_KINDS]
    colors = list(COLORS)
    kind_of = np.array([kinds.index(kind) for kind, _ in training_set.labels])
    color_of = np.array([-1 if c is None else colors.index(c) for _, c in training_set.labels])
    for _ in range(steps):
        chosen = rng.choice(len(training_set.labels), batch, replace=False)
        told = np.where(rng.random(batch) < 0.75, color_of[chosen], -1)
        captions = [
            writer.product(kinds[kind], None if color < 0 else colors[color])
            if kind < len(KINDS)
            else writer.decoy(kinds[kind])
            for kind, color in zip(kind_of[chosen], told, strict=True)
        ]
        same_kind = kind_of[chosen][:, None] == kind_of[chosen][None, :]
        fits = (told[None, :] < 0) | (color_of[chosen][:, None] == told[None, :])
        pictures = _augmented(training_set.pictures[torch.from_numpy(chosen)], generator)
        yield pictures, captions, torch.from_numpy(same_kind & fits)


def _plain_words() -> list[str]:
    endings = [
        piece[:-4]
        for piece in open_clip.tokenizer.SimpleTokenizer().encoder
        if piece.endswith("</w>")
    ]
    return sorted(
        word for word in endings if word.isascii() and word.isalpha() and 2 < len(word) < 10
    )


def contrastive_loss(logits: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """CLIP's symmetric loss where a picture may have several true captions, and the reverse.

    `logits` and `positive` are [pictures, captions]; the target is spread evenly over what is true.
    """
    target = positive.float()
    by_picture = target / target.sum(1, keepdim=True)
    by_caption = target / target.sum(0, keepdim=True)
    pictures = -(by_picture * functional.log_softmax(logits, 1)).sum(1).mean()
    captions = -(by_caption * functional.log_softmax(logits, 0)).sum(0).mean()
    return (pictures + captions) / 2


def train(training_set: TrainingSet, steps: int = _STEPS) -> Any:
    """The trained open_clip model, in evaluation mode."""
    torch.manual_seed(_SEED)
    open_clip.add_model_config(CONFIG)
    model = open_clip.create_model(CONFIG.stem)
    tokenize = open_clip.get_tokenizer(CONFIG.stem)
    decayed = [p for name, p in model.named_parameters() if p.ndim > 1 and "embedding" not in name]
    plain = [p for name, p in model.named_parameters() if p.ndim < 2 or "embedding" in name]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
        lr=_LEARNING_RATE,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    model.train()
    began = time.monotonic()
    for step, (pictures, captions, positive) in enumerate(_batches(training_set, steps, _BATCH)):
        seen, told, scale = model(pictures, tokenize(captions))[:3]
        loss = contrastive_loss(scale * seen @ told.T, positive)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))
        if step % 100 == 0:
            print(
                f"step {step} loss {loss.item():.3f} {time.monotonic() - began:.0f} s", flush=True
            )
    return model.eval()


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-3


def main() -> int:
    """Trains unless told to evaluate only; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluate", action="store_true", help="measure the shipped weights only")
    parser.add_argument("--steps", type=int, default=_STEPS, help="how long to train")
    options = parser.parse_args()
    torch.set_num_threads(min(2, os.cpu_count() or 1))
    trained: dict[str, object] = {}
    if not options.evaluate:
        began = time.monotonic()
        model = train(draw_training_set(), options.steps)
        half = {name: value.half().contiguous() for name, value in model.state_dict().items()}
        save_file(half, WEIGHTS)
        WEIGHTS.chmod(0o644)
        trained = {
            "training_seed": _SEED,
            "training_steps": options.steps,
            "training_seconds": round(time.monotonic() - began),
        }
    accuracy = measure()
    print(json.dumps(accuracy, indent=4))
    if not options.evaluate:
        ACCURACY.write_text(json.dumps({**trained, **accuracy}, indent=4) + "\n")
    return 0 if accuracy["objects_right"] >= LEAST_OBJECTS_RIGHT else 1


if __name__ == "__main__":
    sys.exit(main())
