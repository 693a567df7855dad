"""HTML made in Python, where a template is ten times slower: every text is escaped, only the form is not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final
from urllib.parse import quote

from django.utils.safestring import SafeString

# Most texts have none of what HTML reads: looking is four times faster than five replacements.
SPECIAL: Final = re.compile("[&<>\"']")
# And most paths are what a link may hold as it is.
PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_./-]+")


def filled(form: str, *values: str) -> SafeString:
    """A form of ours with a `%s` for each value; a text is escaped, what is HTML already stays."""
    return SafeString(form % tuple([_as_html(value) for value in values]))


def _as_html(value: str) -> str:
    if isinstance(value, SafeString) or not SPECIAL.search(value):
        return value
    return escape(value)


def joined(pieces: Iterable[SafeString]) -> SafeString:
    return SafeString("".join(pieces))


def href(path: str) -> str:
    """The relative link to a path from the root folder: a name with `#`, `%`, `?` or `ñ` still leads to its file."""
    return path if PLAIN_PATH.fullmatch(path) else quote(path, errors="replace")
