"""The sheet `Dashboard`: tables that say everything by themselves, and a native chart beside each.

Values only: percentages are counted here, so that a viewer that computes nothing shows them as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Side
from openpyxl.utils import get_column_letter

from zipworker.workbook.cells import is_suspect, legal_text
from zipworker.workbook.charts import bar_chart
from zipworker.workbook.sections import Section, Value
from zipworker.workbook.sheet import print_setup
from zipworker.workbook.styles import AMOUNT_FORMAT, INK, PERCENT_FORMAT, font, header, styled

TITLE: Final = "Dashboard"
WIDTHS: Final = (40, 13, 13, 15, 16, 15, 18)
CHART_ROWS: Final = 13  # at least, with the three above a table
NOTHING: Final = "—"
LINE: Final = Border(bottom=Side(style="thin", color="FFD5DADD"))


def write_dashboard(book: Workbook, *, title: str, about: str, sections: Iterable[Section]) -> None:
    """Write the sheet; its charts refer to its own cells."""
    sheet: Any = book.create_sheet(TITLE)
    for number, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = "A3"
    print_setup(sheet, landscape=False, pages_high=1)
    sheet.append([styled(sheet, legal_text(title), font=font(bold=True, sz=16, color=INK))])
    sheet.append([styled(sheet, about, font=font(italic=True))])
    sheet.append([])
    row = 4
    for section in sections:
        row += _write_section(sheet, section, row)


def _write_section(sheet: Any, section: Section, row: int) -> int:
    """How many rows it took."""
    sheet.append([styled(sheet, section.title, font=font(bold=True, sz=12, color=INK))])
    sheet.append([styled(sheet, section.note, font=font(italic=True, sz=9))] if section.note else [])
    sheet.append(
        [
            header(sheet, title, horizontal="left" if number == 0 else "right")
            for number, title in enumerate(section.headers)
        ]
    )
    for values in section.rows:
        sheet.append(_line(sheet, values))
    if section.total:
        sheet.append(_line(sheet, section.total, bold=True))
    high = used = 3 + len(section.rows) + bool(section.total)
    if section.bars and section.rows:
        high = max(high, CHART_ROWS)
        first = row + 3
        last = first + len(section.rows) - 1
        columns = len(section.headers)
        sheet.add_chart(
            bar_chart(sheet, section.bars, first=first, last=last, columns=columns, row=row, rows_high=high)
        )
    for _ in range(high - used + 1):
        sheet.append([])
    return high + 1


def _line(sheet: Any, values: Sequence[Value], *, bold: bool = False) -> list[Cell]:
    return [_cell(sheet, value, bold=bold) for value in values]


def _cell(sheet: Any, value: Value, *, bold: bool) -> Cell:
    look: dict[str, Any] = {"border": LINE, "font": font(bold=bold)}
    if isinstance(value, str):
        text = legal_text(value)
        return styled(sheet, text, data_type="s", quotePrefix=is_suspect(text), **look)
    if value is None:
        return styled(sheet, NOTHING, alignment=Alignment(horizontal="right"), **look)
    return styled(sheet, value, number_format=PERCENT_FORMAT if isinstance(value, float) else AMOUNT_FORMAT, **look)
