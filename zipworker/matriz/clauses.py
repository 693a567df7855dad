"""The table of clause 6.4.13 of ISO/IEC 17025:2017: what each letter asks, and how SAM decides. Pure.

The words are ours, for people who have the standard beside them: its text is not repeated. The clause asks for
records "where applicable", which is what `no aplica` answers; see `State` for how sparingly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sam.planning.fichas import EquipoFicha
from zipworker.matriz import rules
from zipworker.matriz.finding import Finding, State


@dataclass(frozen=True, slots=True)
class Clause:
    """One letter: its short name, what it asks, how it is decided (both as people read them), and the rule."""

    letter: str
    nombre: str
    asks: str
    decided: str
    rule: Callable[[EquipoFicha], Finding]


@dataclass(frozen=True, slots=True)
class Cell:
    """How one equipo stands by one letter; `evidence` is Spanish, for people."""

    clause: str
    state: State
    evidence: str


CLAUSES: Final = (
    Clause(
        "a",
        "Identidad",
        "Cómo se reconoce al equipo y, si la tiene, la versión de su software o firmware.",
        "Código interno y nombre. La versión no decide: se dice si las observaciones la mencionan.",
        rules.identidad,
    ),
    Clause(
        "b",
        "Fabricante y serie",
        "Quién lo fabricó, qué tipo o modelo es y qué número lo distingue de otro igual.",
        "Marca, modelo y número de serie. Sin número de serie vale el código interno, que es único.",
        rules.fabricante,
    ),
    Clause(
        "c",
        "Verificación",
        "Pruebas de que se comprobó que cumple lo que se le exige.",
        "Una confirmación metrológica o un documento de comprobación; si no, puntos medidos que digan si son "
        "conformes. Un certificado de calibración solo no basta.",
        rules.conformidad,
    ),
    Clause(
        "d",
        "Ubicación",
        "Dónde está.",
        "La ubicación. No aplica a un equipo de baja que ya no tiene.",
        rules.ubicacion,
    ),
    Clause(
        "e",
        "Calibración",
        "Cuándo se calibró, con qué resultados y ajustes, con qué criterio se acepta y cuándo vuelve a calibrarse.",
        "Una calibración con fecha y resultado (en palabras, en certificado o en puntos), el error máximo permisible "
        "y la próxima fecha o el intervalo, que no se piden a un equipo de baja. No aplica si nada dice que mide.",
        rules.calibracion,
    ),
    Clause(
        "f",
        "Material de referencia",
        "De un material de referencia: documentos, resultados, criterios de aceptación, fechas y vigencia.",
        "Un certificado, la ficha técnica u otros documentos, y hasta cuándo es válido. Solo se pide a lo que su tipo "
        "o su nombre llama material de referencia o solución patrón.",
        rules.material_de_referencia,
    ),
    Clause(
        "g",
        "Mantenimiento",
        "El plan de mantenimiento y lo que se ha hecho, cuando influye en su desempeño.",
        "Un plan (intervalo o próxima fecha) y el registro de lo hecho, si ya se hizo algo. A un equipo de baja no se "
        "le pide plan.",
        rules.mantenimiento,
    ),
    Clause(
        "h",
        "Daños y reparaciones",
        "Qué le ha pasado: daños, fallas, modificaciones y reparaciones.",
        "Cada mantenimiento correctivo, resultado no conforme o baja tiene descripción o documento. No aplica si no "
        "hay ninguno registrado.",
        rules.incidentes,
    ),
)


def evaluate(ficha: EquipoFicha) -> tuple[Cell, ...]:
    """The eight cells of one equipo, in the order of the letters."""
    findings = ((clause, clause.rule(ficha)) for clause in CLAUSES)
    return tuple(Cell(clause.letter, finding.state, finding.evidence) for clause, finding in findings)
