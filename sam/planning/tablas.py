"""A table as CSV: UTF-8 with BOM, comma, CRLF, as spreadsheets open it; a cell is never a formula. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"


def csv_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The header as it is, each cell of the rows inert."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([inert(str(cell)) for cell in row])
    return (BOM + text.getvalue()).encode("utf-8", "replace")


def inert(cell: str) -> str:
    """The cell with a leading `'` where a spreadsheet would take it for a formula (CWE-1236)."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
