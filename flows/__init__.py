"""The flows: when and how many. `bulk_generate(sources)` is the way in."""

from flows.bulk_generate import bulk_generate
from flows.bulk_generate_feed import bulk_generate_feed
from flows.logs import drop_routine_lines, go_on_unheard
from flows.memory import give_back_large_buffers
from flows.reconcile import reconcile
from flows.regenerate import regenerate
from flows.retry_failed import retry_failed

__all__ = ["bulk_generate", "bulk_generate_feed", "reconcile", "regenerate", "retry_failed"]

drop_routine_lines()
go_on_unheard()
give_back_large_buffers()
