"""The products that the demo draws: one function a kind, each painting on a `Canvas`."""

from collections.abc import Callable

from demo.objects.canvas import Canvas
from demo.objects.devices import draw_camera, draw_headphones
from demo.objects.home import draw_armchair, draw_lamp
from demo.objects.shoes import draw_sneaker
from demo.objects.tableware import draw_bottle, draw_kettle, draw_mug
from demo.objects.wear import draw_backpack, draw_wristwatch

PAINTERS: dict[str, Callable[[Canvas], None]] = {
    "mug": draw_mug,
    "kettle": draw_kettle,
    "lamp": draw_lamp,
    "armchair": draw_armchair,
    "backpack": draw_backpack,
    "sneaker": draw_sneaker,
    "headphones": draw_headphones,
    "wristwatch": draw_wristwatch,
    "bottle": draw_bottle,
    "camera": draw_camera,
}
