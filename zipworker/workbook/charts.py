"""The native charts of the Dashboard: bars over the cells of its own tables, the same XML each time."""

from __future__ import annotations

from typing import Any, Final

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.data_source import AxDataSource, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.series import Series
from openpyxl.chart.series_factory import SeriesFactory
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties

from zipworker.workbook.sections import Bars, Drawn

GAP_EMU: Final = 250_000  # between a table and its chart: 7 mm
LAST_COLUMN: Final = 15
GRID: Final = "D5DADD"
INK: Final = "3B4750"
PERCENT: Final = "0%"


def bar_chart(sheet: Any, bars: Bars, *, first: int, last: int, columns: int, row: int, rows_high: int) -> Any:
    """The chart of the rows `first` to `last`, whose header is the row before.

    It stands beside a table of so many columns, from `row` on.
    """
    chart: Any = BarChart()  # its descriptors take more than its stub knows
    chart.type = "bar" if bars.horizontal else "col"
    chart.grouping = bars.grouping
    chart.overlap = 0 if bars.grouping == "clustered" else 100
    chart.gapWidth = 50
    chart.roundedCorners = False
    chart.title = bars.title
    chart.title.tx.rich.p[0].pPr = ParagraphProperties(defRPr=_font(1200, bold=True))
    chart.title.overlay = False
    for drawn in bars.drawn:
        chart.series.append(_series(sheet, bars, drawn, first=first, last=last))
    if len(bars.drawn) == 1:
        chart.legend = None
    else:
        chart.legend.position = "b"
    _axes(chart, bars)
    chart.anchor = TwoCellAnchor(
        editAs="oneCell",
        _from=AnchorMarker(col=columns, colOff=GAP_EMU, row=row - 1),
        to=AnchorMarker(col=LAST_COLUMN, row=row - 1 + rows_high),
    )
    return chart


def _series(sheet: Any, bars: Bars, drawn: Drawn, *, first: int, last: int) -> Series:
    values = Reference(sheet, min_col=drawn.column, min_row=first - 1, max_row=last)
    series: Series = SeriesFactory(values, title_from_data=True)
    # As texts: openpyxl's own set_categories would announce numbers.
    series.cat = AxDataSource(strRef=StrRef(str(Reference(sheet, min_col=1, min_row=first, max_row=last))))
    edge = LineProperties(solidFill="FFFFFF", w=9_525)  # keeps neighbours apart for those who see no colours
    series.graphicalProperties = GraphicalProperties(solidFill=drawn.colour, ln=edge)
    series.invertIfNegative = False
    if bars.grouping == "clustered":
        series.dLbls = DataLabelList()
        series.dLbls.showVal = True
        for other in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
            setattr(series.dLbls, other, False)
        series.dLbls.txPr = _text(900)
    return series


def _axes(chart: Any, bars: Bars) -> None:
    fraction = bars.grouping == "percentStacked"
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False  # left out, newer Excels hide the axis
        axis.txPr = _text(900)
        axis.majorTickMark = "none"
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=GRID))
    if bars.horizontal:
        chart.x_axis.scaling.orientation = "maxMin"  # the first row of the table on top
        chart.y_axis.crosses = "max"
    chart.y_axis.number_format = PERCENT if fraction else "#,##0"
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=GRID))
    chart.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.y_axis.scaling.min = 0
    if fraction:
        chart.y_axis.scaling.max = 1


def _text(size: int) -> RichText:
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=_font(size)), endParaRPr=CharacterProperties())
    paragraph.r = []  # a format has no text of its own
    return RichText(p=[paragraph])


def _font(size: int, *, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size, b=bold, solidFill=INK)
