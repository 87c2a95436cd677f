"""The language and the country that a page is written for."""

import re

from babel import Locale, UnknownLocaleError


def locale_of(name: str | None) -> str:
    """A page's locale as "en" or "de-DE": language and, where known, territory; "en" for others."""
    try:
        locale = Locale.parse((name or "en").strip().replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        language = re.match(r"[A-Za-z]{2}(?=[-_])", name or "")
        return locale_of(language.group()) if language else "en"
    territory = locale.territory or ""
    known = re.fullmatch("[A-Z]{2}", territory)
    return f"{locale.language}-{territory}" if known else str(locale.language)
