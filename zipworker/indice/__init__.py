"""INDICE: the page that opens from the extracted folder and leads to every file of a part, without SAM and offline."""

from __future__ import annotations

from zipworker.indice.equipos import Thresholds
from zipworker.indice.page import indice_html

__all__ = ["Thresholds", "indice_html"]
