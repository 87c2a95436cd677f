"""The flows: when and how many. `bulk_generate(sources)` is the way in."""

from flows.bulk_generate import bulk_generate
from flows.bulk_generate_feed import bulk_generate_feed
from flows.logs import drop_routine_lines
from flows.memory import give_back_large_buffers

__all__ = ["bulk_generate", "bulk_generate_feed"]

drop_routine_lines()
give_back_large_buffers()
