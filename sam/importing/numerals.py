"""Numbers as people of Latin America write them: "0,5", "1.234,5", and as programs do: "0.5", "1e-3"."""

from __future__ import annotations

import re
from typing import Final

MAX_CHARACTERS: Final = 100

# A comma is always the decimal one; points group thousands where a comma or a second point says so.
_COMMA: Final = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+", re.ASCII)
_GROUPS: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}", re.ASCII)
_PLAIN: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?", re.ASCII)
_ONE_GROUP: Final = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)


def canonical(text: str) -> str | None:
    """The number in `text` as Python's float and Decimal read it, or None where it is not one."""
    written = text.strip().replace("\N{MINUS SIGN}", "-")
    if len(written) > MAX_CHARACTERS:
        return None
    if _COMMA.fullmatch(written):
        return written.replace(".", "").replace(",", ".")
    if _GROUPS.fullmatch(written):
        return written.replace(".", "")
    return written if _PLAIN.fullmatch(written) else None


def is_ambiguous(text: str) -> bool:
    """Whether "185.000" may be a hundred and eighty-five thousand; as money it must not be guessed."""
    return _ONE_GROUP.fullmatch(text.strip()) is not None
