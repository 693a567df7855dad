"""Informe_Consolidado.xlsx: all the equipos of an empresa at one instant, the same bytes in every part."""

from __future__ import annotations

from zipworker.workbook.build import WORKBOOK_NAME, WorkbookFile, build_workbook

__all__ = ["WORKBOOK_NAME", "WorkbookFile", "build_workbook"]
