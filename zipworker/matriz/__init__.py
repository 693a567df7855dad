"""The Matriz 6.4.13: which records that ISO/IEC 17025 asks of an equipo are in its Ficha. Pure."""

from __future__ import annotations

from zipworker.matriz.clauses import CLAUSES, Cell, Clause, evaluate
from zipworker.matriz.finding import Finding, State

__all__ = ["CLAUSES", "Cell", "Clause", "Finding", "State", "evaluate"]
