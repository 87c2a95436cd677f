"""The embedded generator: backgrounds and words from the product's own picture and data."""

import os
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from creative.brief import Brief
from creative.calls import Calls
from creative.colors import palette_of
from creative.composing.framing import frame_picture
from creative.composing.staging import can_be_staged, stage
from creative.composing.subject import find_subject
from creative.copywriting.words import write_prefill
from creative.prefill import PrefillDraft


class LocalGenerator:
    """Needs no model and no network; the same brief gives the same preview.

    Backgrounds are composed by as many threads as there are cores, whoever asks: more would be
    no faster, and each thread that composes keeps about 70 MB.
    """

    name = "local"
    _composers = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="composer")

    def background(self, brief: Brief, calls: Calls | None = None) -> Image.Image:
        """A background composed from the source picture, RGB, 1920×1080 pixels."""
        return self._composers.submit(_compose, brief).result()

    def prefill(self, brief: Brief, calls: Calls | None = None) -> PrefillDraft:
        """The words, colours and widgets, all of them from the product's own data."""
        return write_prefill(brief)


def _compose(brief: Brief) -> Image.Image:
    palette = palette_of(brief.picture, brief.mood)
    subject = find_subject(brief.picture)
    if can_be_staged(subject, brief.layout):
        return stage(subject, palette, brief.layout, brief.setting)
    return frame_picture(subject, palette, brief)
