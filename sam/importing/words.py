"""How the values of a dump are shown to the person who must repair it: short, on one line, in Spanish."""

from __future__ import annotations

import re
from typing import Final

SHOWN_CHARACTERS: Final = 60
_PLAIN_KEY: Final = re.compile(r"\w{1,60}\Z")


def shown(value: object) -> str:
    """«The value», with what would break a line or a terminal replaced."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) > SHOWN_CHARACTERS:
        text = text[:SHOWN_CHARACTERS] + "…"
    return "«" + "".join(character if character.isprintable() else "�" for character in text) + "»"


def shown_key(key: str) -> str:
    """A key as part of a place."""
    return key if _PLAIN_KEY.match(key) else shown(key)


def unlike(expected: str, value: object) -> str:
    """«se espera un texto, no el número 5»."""
    return f"se espera {expected}, no {_what(value)}"


def too_long(text: str, limit: int) -> str:
    return f"tiene {len(text)} caracteres; el límite es {limit}"


def _what(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return f"el número {value!r}"
        case int():
            return f"el número {value}" if abs(value) < 10**18 else "un número enorme"
        case str():
            return f"el texto {shown(value)}"
        case list():
            return "una lista"
        case _:
            return "un objeto"
