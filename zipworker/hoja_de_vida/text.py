"""Text that a PDF/A can show: what no font has becomes U+FFFD, what has no business there goes."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

import font_source_sans_pro
from fontTools.ttLib import TTFont

FONT_FOLDER: Final = Path(font_source_sans_pro.font_directory)
# The template's faces. The package has each as .otf too: which of the two Typst took would depend on the folder.
FONT_FILES: Final = (
    "SourceSansPro-Regular.ttf",
    "SourceSansPro-It.ttf",
    "SourceSansPro-Semibold.ttf",
    "SourceSansPro-SemiboldIt.ttf",
    "SourceSansPro-Bold.ttf",
    "SourceSansPro-BoldIt.ttf",
)
# What the fonts inside Typst add, of the signs that measurements are written with; a test compiles them all.
FALLBACK: Final = frozenset("\ufffd\u207b\u2009\u200b●○✗℃Å⌀∅‑′″⁰¹⁴⁵⁶⁷⁸⁹⇒⇔∈∝∼≅≡⊥∥∠")
REPLACEMENT: Final = "\ufffd"
LONG_WORD: Final = re.compile(r"[^\s\u200b]{20,}")
BREAK_EVERY: Final = 10
BREAK: Final = "\u200b"


@lru_cache(maxsize=1)
def coverage() -> frozenset[str]:
    """The characters that the fonts can show, read once; where a bold has none, Typst takes it from another face."""
    with TTFont(FONT_FOLDER / FONT_FILES[0], lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap() or ())) | FALLBACK


def printable(text: str) -> str:
    """The text, in NFC, as the fonts can show it; lines stay, and no word is wider than a column."""
    if text.isascii() and text.isprintable():
        return LONG_WORD.sub(_breakable, text)
    shown = "".join(map(_shown, unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))))
    return LONG_WORD.sub(_breakable, shown)


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    if character == "\n":
        return character
    match unicodedata.category(character):
        case "Cf":  # invisible; the bidirectional ones would rearrange what an auditor reads
            return BREAK if character == BREAK else ""
        case "Cc" | "Zs" | "Zl" | "Zp" if character.isspace():
            return "\u00a0" if character in "\u00a0\u202f" else " "
        case _:
            return character if character in coverage() else REPLACEMENT


def _breakable(match: re.Match[str]) -> str:
    word = match.group()
    return BREAK.join(word[start : start + BREAK_EVERY] for start in range(0, len(word), BREAK_EVERY))
