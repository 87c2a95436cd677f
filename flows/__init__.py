"""The flows: when and how many. `bulk_generate(sources)` is the way in."""

from flows.bulk_generate import bulk_generate

__all__ = ["bulk_generate"]
