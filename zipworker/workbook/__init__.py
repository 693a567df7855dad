"""Informe_Consolidado.xlsx: all the equipos of an empresa at one instant, the same bytes in every part."""

from __future__ import annotations

from zipworker.workbook.build import ReadDocuments, build_workbook
from zipworker.workbook.file import WORKBOOK_NAME, WorkbookFile

__all__ = ["WORKBOOK_NAME", "ReadDocuments", "WorkbookFile", "build_workbook"]
