"""Which numbers the encoder computes with: 16 bits where this machine is faster with them."""

import time
from functools import lru_cache
from typing import Any

_LEAST_PARAMETERS = 20_000_000
_LEAST_GAIN = 1.2
_ROUNDS = 5
# The larger matrix product of a ViT-B block, for eight pictures of 50 patches.
_ROWS, _INNER, _COLUMNS = 400, 768, 3072


def choose_dtype(model: Any, device: str) -> Any:
    """The dtype for the weights of an open_clip model: `torch.bfloat16` where it pays.

    Small models stay as they are: rounding is all that they would get of it.
    """
    import torch

    parameters = sum(parameter.numel() for parameter in model.parameters())
    if parameters < _LEAST_PARAMETERS:
        return torch.float32
    return torch.bfloat16 if bfloat16_pays(device) else torch.float32


@lru_cache
def bfloat16_pays(device: str) -> bool:
    """Whether matrices of bfloat16 are multiplied faster here than those of float32.

    Processors are asked what they can do, and then measured once (a tenth of a second), because
    one that has the instructions may still be slower with them: AVX512-BF16 without AMX was.
    """
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    products = [_product(dtype) for dtype in (torch.float32, torch.bfloat16)]
    with torch.inference_mode():
        times = [[_seconds(product) for product in products] for _ in range(_ROUNDS)]
    single, half = (min(column) for column in zip(*times, strict=True))
    return bool(single > half * _LEAST_GAIN)


def _product(dtype: Any) -> Any:
    import torch

    layer = torch.nn.Linear(_INNER, _COLUMNS).to(dtype)
    rows = torch.ones(_ROWS, _INNER, dtype=dtype)
    return lambda: layer(rows)


def _seconds(product: Any) -> float:
    began = time.perf_counter()
    product()
    return time.perf_counter() - began
