"""One long sheet: openpyxl writes its frame (header, widths, filter, print setup), the rows are streamed to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.worksheet import Worksheet

from zipworker.workbook.cells import date_cell, is_suspect, number_cell, text_cell
from zipworker.workbook.columns import Column, Kind
from zipworker.workbook.links import Links
from zipworker.workbook.spool import new_spool, read_again
from zipworker.workbook.styles import Styles, header

ROWS: Final = 1_048_576  # of a sheet of Excel
NUMBERS: Final = (Kind.NUMBER, Kind.AMOUNT)
LINE_POINTS: Final = 15
MOST_LINES: Final = 27  # a row is at most 409 points high
PAGE_WIDTH: Final = 300  # characters that are still legible on the width of a page
END_OF_ROWS: Final = b"</sheetData>"
AFTER_LINKS: Final = b"<printOptions"


class Sheet:
    """A sheet that is being written: append its rows, `finish` it, save the book, then take its `xml`.

    Rows that no sheet can hold are counted in its last one.
    """

    def __init__(self, book: Workbook, title: str, columns: Sequence[Column], *, limit: int = ROWS) -> None:
        self._sheet: Any = book.create_sheet(title)  # a write-only one has more than its stub knows
        self._columns = [(get_column_letter(number), column) for number, column in enumerate(columns, 1)]
        self._limit = limit
        self._row = 1  # the header's
        self._left_out = 0
        self._styles = Styles.of(self._sheet)
        self._rows = new_spool()
        self.links = Links()
        self._write_as = self._writers()

    @property
    def path(self) -> str:
        """Its name in the file, once that is saved."""
        return str(self._sheet.path).removeprefix("/")

    def append(self, record: Any) -> None:
        if self._row >= self._limit - 1:
            self._left_out += 1
            return
        self._row += 1
        lines, cells = 1, []
        for letter, column in self._columns:
            value = column.value(record)
            if value is None or value == "":
                continue
            cells.append(self._write_as[column.kind](f"{letter}{self._row}", value))
            if column.kind is Kind.LONG:
                lines = max(lines, _lines(str(value), column.width))
        self._write(cells, lines=lines)

    def finish(self) -> None:
        """Write the header, and what depends on the number of rows."""
        if self._left_out:
            self._row += 1
            words = f"Esta hoja no puede tener más filas: faltan {self._left_out}."
            self._write([text_cell(f"A{self._row}", words, self._styles.text)])
        wide = 0
        for letter, column in self._columns:
            self._sheet.column_dimensions[letter].width = column.width
            wide += column.width
        self._sheet.freeze_panes = "A2"
        self._sheet.auto_filter.ref = f"A1:{self._columns[-1][0]}{self._row}"
        self._sheet.print_title_rows = "1:1"
        self._sheet.print_options.gridLines = True
        print_setup(self._sheet, landscape=True, pages_wide=1 + wide // PAGE_WIDTH, pages_high=0)
        self._sheet.append(
            [
                header(self._sheet, column.title, horizontal="right" if column.kind in NUMBERS else "left")
                for _, column in self._columns
            ]
        )

    def xml(self, frame: bytes) -> Iterator[bytes]:
        """The whole sheet, from the frame that openpyxl saved."""
        before, end, after = _parted(frame, END_OF_ROWS)
        yield before
        yield from read_again(self._rows)
        filters, options, rest = _parted(end + after, AFTER_LINKS)
        yield filters
        if self.links:
            yield from self.links.hyperlinks()
        yield options + rest

    def close(self) -> None:
        self._rows.close()
        self.links.close()

    def _write(self, cells: list[str], *, lines: int = 1) -> None:
        # LibreOffice does not look for wrapped texts when it opens a file: a taller row must say so.
        height = f' ht="{lines * LINE_POINTS}" customHeight="1"' if lines > 1 else ""
        self._rows.write(f'<row r="{self._row}"{height}>{"".join(cells)}</row>'.encode())

    def _writers(self) -> dict[Kind, Callable[[str, Any], str]]:
        """For each kind how a value becomes the cell at a reference."""
        styles, links = self._styles, self.links

        def text(ref: str, value: str) -> str:
            return text_cell(ref, value, styles.quoted if is_suspect(value) else styles.text)

        def long(ref: str, value: str) -> str:
            return text_cell(ref, value, styles.long_quoted if is_suspect(value) else styles.long)

        def link(ref: str, value: str) -> str:
            return text_cell(ref, value, styles.link if links.add(ref, value) else styles.text)

        return {
            Kind.TEXT: text,
            Kind.LONG: long,
            Kind.LINK: link,
            Kind.NUMBER: lambda ref, value: number_cell(ref, value, styles.text),
            Kind.AMOUNT: lambda ref, value: number_cell(ref, value, styles.amount),
            Kind.DATE: lambda ref, value: date_cell(ref, value, styles.date),
            Kind.STATE: lambda ref, value: text_cell(ref, value, styles.states[value]),
        }


def print_setup(sheet: Any, *, landscape: bool, pages_wide: int = 1, pages_high: int) -> None:
    """On A4, with the page's number; 0 pages high is as many as it takes."""
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = pages_wide
    sheet.page_setup.fitToHeight = pages_high
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.3, footer=0.3)
    sheet.HeaderFooter.oddFooter.left.text = "&A"
    sheet.HeaderFooter.oddFooter.right.text = "Página &P de &N"


def _lines(text: str, width: int) -> int:
    """About how many lines a text takes: letters are narrower than the digits that `width` counts, lines not full."""
    return min(-(-len(text) // width), MOST_LINES)


def _parted(frame: bytes, mark: bytes) -> tuple[bytes, bytes, bytes]:
    if frame.count(mark) != 1:
        raise ValueError(f"openpyxl wrote a sheet of an unknown form: {mark!r} {frame.count(mark)} times")
    return frame.partition(mark)
