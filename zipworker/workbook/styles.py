"""How cells look: every style of the workbook, made once and used by its number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from zipworker.matriz import State

DATE_FORMAT: Final = "yyyy-mm-dd"
AMOUNT_FORMAT: Final = "#,##0_)"  # with a gap on the right
PERCENT_FORMAT: Final = "0.0%_)"

INK: Final = "FF1F3A4D"
WHITE: Final = "FFFFFFFF"
LINK_BLUE: Final = "FF0B57A4"
# Fill and text, dark enough to be read on it; each stands beside its word.
STATE_COLOURS: Final = {
    State.PRESENTE: ("FFDDF0E1", "FF14532B"),
    State.NO_CARGADO: ("FFFBE3C0", "FF6B3A00"),
    State.NO_APLICA: ("FFE9ECEF", "FF4A545C"),
}


@dataclass(frozen=True, slots=True)
class Styles:
    """The numbers of the styles of one workbook; a `quoted` text stays a text when someone edits its cell."""

    text: int
    quoted: int
    long: int
    long_quoted: int
    amount: int
    date: int
    link: int
    states: dict[str, int]

    @classmethod
    def of(cls, sheet: Any) -> Styles:
        top = Alignment(vertical="top")
        wrapped = Alignment(vertical="top", wrap_text=True)
        return cls(
            text=styled(sheet, alignment=top).style_id,
            quoted=styled(sheet, alignment=top, quotePrefix=True).style_id,
            long=styled(sheet, alignment=wrapped).style_id,
            long_quoted=styled(sheet, alignment=wrapped, quotePrefix=True).style_id,
            amount=styled(sheet, alignment=top, number_format=AMOUNT_FORMAT).style_id,
            date=styled(
                sheet, alignment=Alignment(horizontal="left", vertical="top"), number_format=DATE_FORMAT
            ).style_id,
            link=styled(sheet, alignment=top, font=font(color=LINK_BLUE, underline="single")).style_id,
            states={
                state: styled(sheet, alignment=top, fill=solid(fill), font=font(color=ink)).style_id
                for state, (fill, ink) in STATE_COLOURS.items()
            },
        )


def styled(sheet: Any, value: str | int | float | None = None, **properties: Any) -> Cell:
    """A cell of openpyxl with these properties."""
    cell = WriteOnlyCell(sheet, value)
    for name, setting in properties.items():
        setattr(cell, name, setting)
    return cell


def header(sheet: Any, title: str, *, horizontal: Literal["left", "right"] = "left") -> Cell:
    return styled(
        sheet,
        title,
        font=font(bold=True, color=WHITE),
        fill=solid(INK),
        alignment=Alignment(horizontal=horizontal, vertical="center", wrap_text=True),
    )


def font(**properties: Any) -> Font:
    """The workbook's own font; without a name each program takes another one."""
    return Font(**{"name": "Calibri", "family": 2, "sz": 11, **properties})


def solid(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)
