"""The flows: when and how many. `bulk_generate(sources)` is the way in."""

from flows.bulk_generate import bulk_generate
from flows.logs import drop_routine_lines
from flows.memory import give_back_large_buffers

__all__ = ["bulk_generate"]

drop_routine_lines()
give_back_large_buffers()
