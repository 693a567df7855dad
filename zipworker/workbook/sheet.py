"""One sheet, written row by row: a frozen and filtered header, typed cells, and no formula from data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from datetime import date
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from zipworker.workbook.columns import Column, Kind, Record

DATE_FORMAT: Final = "yyyy-mm-dd"
CELL_CHARACTERS: Final = 32_767  # what a cell of Excel can hold
# A text that a spreadsheet would take for a formula or an error value, by its first character.
SUSPECT: Final = ("=", "+", "-", "@", "\t", "\r", "#")
# What XML 1.0 cannot say, lone surrogates included.
ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What a reader would decode ("_x0041_" is "A"): its underscore is written as an escape itself.
ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def legal_text(text: str) -> str:
    """The text as a cell can hold it."""
    return ESCAPE.sub("_x005F_", ILLEGAL.sub("", text))[:CELL_CHARACTERS]


class Sheet:
    """A sheet that is being written; call `close` when its last row is in."""

    def __init__(self, book: Workbook, title: str, columns: Sequence[Column]) -> None:
        sheet: Any = book.create_sheet(title)  # a write-only one has more than its stub knows
        self._sheet = sheet
        self._columns = columns
        self._rows = 1
        for index, column in enumerate(columns, 1):
            sheet.column_dimensions[get_column_letter(index)].width = column.width
        sheet.freeze_panes = "A2"
        sheet.append([self._header(column.title) for column in columns])
        # Styles are looked up once for each sheet: per cell they cost more than the cell.
        self._date_style = self._styled(number_format=DATE_FORMAT)
        self._text_style = self._styled(quotes=True)

    def append(self, record: Record) -> None:
        self._rows += 1
        self._sheet.append([self._cell(column, column.value(record)) for column in self._columns])

    def close(self) -> None:
        last = get_column_letter(len(self._columns))
        self._sheet.auto_filter.ref = f"A1:{last}{self._rows}"
        self._sheet.close()

    def abandon(self) -> None:
        """Close a sheet whose rows failed, and remove the temporary file that saving would have removed."""
        self._sheet.close()
        self._sheet._writer.cleanup()

    def _header(self, title: str) -> Cell:
        cell = WriteOnlyCell(self._sheet, title)
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor="FF1F3A4D")
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        return cell

    def _styled(self, *, number_format: str = "General", quotes: bool = False) -> Cell:
        cell = WriteOnlyCell(self._sheet)
        cell.number_format = number_format
        cell.quotePrefix = quotes
        return cell

    def _cell(self, column: Column, value: str | int | None) -> Cell | str | int | None:
        if value is None or value == "":
            return None
        if column.kind is Kind.NUMBER:
            return value
        if column.kind is Kind.DATE:
            return self._as(self._date_style, date.fromisoformat(str(value)))
        text = legal_text(str(value))
        return self._as(self._text_style, text, data_type="s") if text.startswith(SUSPECT) else text

    def _as(self, like: Cell, value: str | date, *, data_type: str | None = None) -> Cell:
        cell = WriteOnlyCell(self._sheet)
        cell.value = value
        # Assigned whole: number format and quote prefix would each be looked up for every cell.
        cell._style = copy(like._style)  # type: ignore[attr-defined]
        if data_type:
            cell.data_type = data_type
        return cell
