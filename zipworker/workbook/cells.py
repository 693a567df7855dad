"""Values as cells of SpreadsheetML. Pure.

openpyxl takes ten times as long for a cell as this does, and a workbook has two million of them: the rows of the
long sheets are written here, everything else of the file by openpyxl.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final
from xml.sax.saxutils import escape

CELL_UNITS: Final = 32_767  # the UTF-16 units that a cell of Excel can hold
# A text that a spreadsheet would take for a formula or an error value, by its first character.
SUSPECT: Final = ("=", "+", "-", "@", "\t", "\r", "#")
# What XML 1.0 cannot say, lone surrogates included.
ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What a reader would decode ("_x0041_" is "A"): its underscore is written as an escape itself.
ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

SPECIAL: Final = re.compile(f"{ILLEGAL.pattern}|[&<>\r]|_x")
LONG: Final = CELL_UNITS // 2

EPOCH: Final = date(1899, 12, 30).toordinal()
# Excel believes that 1900 was a leap year, and knows no day before it.
FIRST_DAY: Final = date(1900, 3, 1)


def legal_text(text: str) -> str:
    """The text as a cell can hold it."""
    return _shortened(ESCAPE.sub("_x005F_", ILLEGAL.sub("", text)))


def _shortened(text: str) -> str:
    if len(text) <= LONG:
        return text
    return text.encode("utf-16-le")[: 2 * CELL_UNITS].decode("utf-16-le", errors="ignore")


def is_suspect(text: str) -> bool:
    return text.startswith(SUSPECT)


def text_cell(ref: str, text: str, style: int) -> str:
    """A text, whatever it looks like."""
    # Hardly any text has something to change, and to look once is quicker than to replace five times.
    inner = escape(legal_text(text), {"\r": "&#13;"}) if len(text) > LONG or SPECIAL.search(text) else text
    space = ' xml:space="preserve"' if inner != inner.strip() else ""
    return f'<c r="{ref}" s="{style}" t="inlineStr"><is><t{space}>{inner}</t></is></c>'


def number_cell(ref: str, number: int, style: int) -> str:
    return f'<c r="{ref}" s="{style}"><v>{number}</v></c>'


def date_cell(ref: str, iso: str, style: int) -> str:
    """A day; as text where a spreadsheet's calendar does not reach."""
    day = date.fromisoformat(iso)
    return number_cell(ref, day.toordinal() - EPOCH, style) if day >= FIRST_DAY else text_cell(ref, iso, style)
