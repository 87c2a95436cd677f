"""A person's edits of a prefill: what is changed, and what that makes of the whole."""

import re
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from json_merge_patch import create_patch, merge
from pydantic import ValidationError

from catalog.product import complaint
from creative.prefill import WEB_ADDRESS, Prefill

_ADDRESSES = ("original_background_url", "generated_background_url")


class EditRefused(ValueError):
    """What the edit would lead to is no prefill; `problems` has (field, sentence) pairs.

    A field is named by its path, as in `colors.text`.
    """

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{field}: {sentence}" for field, sentence in problems))

    def __reduce__(self) -> tuple[type["EditRefused"], tuple[list[tuple[str, str]]]]:
        return type(self), (self.problems,)


class PrefillOutdated(ValueError):
    """What is stored keeps other rules than those of today; `problems` are as in `EditRefused`."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        told = " ".join(f"{field}: {sentence}" for field, sentence in problems[:5])
        super().__init__(
            f"The stored prefill is of an older kind ({told}) Replace it with a complete one."
        )

    def __reduce__(self) -> tuple[type["PrefillOutdated"], tuple[list[tuple[str, str]]]]:
        return type(self), (self.problems,)


@dataclass(frozen=True)
class Edited:
    """A prefill after an edit, and the paths of the fields that are other than before."""

    prefill: Prefill
    fields: frozenset[str]


def edit_prefill(stored: dict[str, Any], changes: dict[str, Any]) -> Edited:
    """The prefill that `changes` make of `stored`, which stays as it is.

    JSON Merge Patch (RFC 7396): the fields given change, objects field by field and lists whole,
    null takes a field out, and all others stay. Changes that are a complete prefill in themselves
    replace the whole.

    Raises:
        EditRefused: the result breaks a rule of `Prefill`, or leads the overlay to something that
            is not on the web.
        PrefillOutdated: what is stored breaks one already, and the changes do not mend it.
    """
    try:
        try:
            edited = Prefill.model_validate(changes)
        except ValidationError:
            edited = _validated(merge(deepcopy(stored), changes), stored)
    except RecursionError as error:
        raise EditRefused([("", "the changes have too many levels.")]) from error
    before, after = _whole(stored), edited.model_dump(mode="json")
    fields = frozenset(_paths(create_patch(before, after)))
    strange = [name for name in _ADDRESSES if name in fields and not _on_the_web(after[name])]
    if strange:
        sentence = "the address must begin with http:// or https://"
        raise EditRefused([(name, f"{sentence} (given: {after[name]!r}).") for name in strange])
    return Edited(edited, fields)


@dataclass(frozen=True)
class KeptEdits:
    """What a person edited of a prefill that is made anew: it stays as they left it.

    Args:
        stored: the prefill as they left it, as JSON.
        fields: the paths of what they edited, such as `cta.text`.
    """

    stored: dict[str, Any]
    fields: Collection[str]

    @property
    def has_headline(self) -> bool:
        """Whether they wrote the headline."""
        return "headline" in self.fields

    def of_draft(self, draft: dict[str, Any]) -> dict[str, Any]:
        """A draft, as JSON, with the edits; addresses of pictures are no part of one."""
        return self._applied(draft, [name for name in self.fields if name not in _ADDRESSES])

    def of_prefill(self, prefill: Prefill) -> Prefill:
        """A prefill with the edits."""
        if not self.fields:
            return prefill
        return as_prefill(self._applied(prefill.model_dump(mode="json"), self.fields))

    def _applied(self, fresh: dict[str, Any], fields: Collection[str]) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        for path in fields:
            *above, name = path.split(".")
            place, kept = changes, self.stored
            for part in above:
                place = place.setdefault(part, {})
                kept = kept.get(part) or {}
            place[name] = kept.get(name)
        applied: dict[str, Any] = merge(deepcopy(fresh), changes)
        return applied


def as_prefill(stored: dict[str, Any]) -> Prefill:
    """What is stored, as a prefill.

    Raises:
        PrefillOutdated: it was stored under other rules.
    """
    try:
        return Prefill.model_validate(stored)
    except ValidationError as error:
        raise PrefillOutdated(_told(error)) from error


def _validated(merged: dict[str, Any], stored: dict[str, Any]) -> Prefill:
    try:
        return Prefill.model_validate(merged)
    except ValidationError as error:
        as_prefill(stored)
        raise EditRefused(_told(error)) from error


def _told(error: ValidationError) -> list[tuple[str, str]]:
    return [
        (".".join(str(part) for part in problem["loc"]), complaint(problem))
        for problem in error.errors(include_url=False)
    ]


def _whole(stored: dict[str, Any]) -> dict[str, Any]:
    """What is stored, with the fields that have come since."""
    try:
        return Prefill.model_validate(stored).model_dump(mode="json")
    except ValidationError:
        return stored


def _paths(patch: dict[str, Any], above: str = "") -> list[str]:
    found = []
    for name, value in patch.items():
        path = f"{above}{name}"
        found += _paths(value, f"{path}.") if isinstance(value, dict) and value else [path]
    return found


def _on_the_web(address: str) -> bool:
    try:
        return bool(re.match(WEB_ADDRESS, address) and urlsplit(address).hostname)
    except ValueError:
        return False
