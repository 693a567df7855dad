"""The préstamos of CERTIBOY: who has, or had, which equipo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Borrower:
    nombre: str
    cedula: str
    cargo: str
    telefono: str
    usuario: str

    def as_dump(self) -> dict[str, str]:
        return {
            "prestatario": self.nombre,
            "cedula": self.cedula,
            "cargo": self.cargo,
            "telefono": self.telefono,
            "email": f"{self.usuario}@certiboy.example",
        }


@dataclass(frozen=True, slots=True)
class Loan:
    """`ordinal` is the equipo's; `devuelto` is None while it is out."""

    ordinal: int
    borrower: Borrower
    desde: str
    hasta: str
    devuelto: str | None
    estado: str
    observaciones: str = ""

    def as_dump(self, codigos: Mapping[int, str]) -> dict[str, Any]:
        return {
            "equipo": codigos[self.ordinal],
            **self.borrower.as_dump(),
            "fecha_prestamo": self.desde,
            "devolucion_programada": self.hasta,
            "devolucion_real": self.devuelto,
            "estado": self.estado,
            "observaciones": self.observaciones,
        }


YOLANDA: Final = Borrower(
    "Yolanda Peñuela Ariza", "40.555.123", "Ingeniera de campo", "+57 310 555 0101", "yolanda.penuela"
)
IVAN: Final = Borrower(
    "Iván Darío Cárdenas Ñame", "1.055.501.877", "Técnico de planta", "+57 311 555 0112", "ivan.cardenas"
)
MARTA: Final = Borrower("Marta Lucía Úsuga Pérez", "52.550.934", "Auditora interna", "+57 312 555 0123", "marta.usuga")

LOANS: Final[Sequence[Loan]] = (
    Loan(22, YOLANDA, "2026-11-09", "2026-12-18", None, "Activo", "Sale con estuche y certificado vigente."),
    Loan(41, IVAN, "2026-09-14", "2026-10-16", None, "Vencido", "Se solicitó la devolución por correo."),
    Loan(3, MARTA, "2026-03-02", "2026-03-06", "2026-03-06", "Devuelto"),
    Loan(17, YOLANDA, "2025-11-18", "2025-12-02", "2025-12-05", "Devuelto", "Tres días de retraso."),
    Loan(7, IVAN, "2025-05-20", "2025-05-23", "2025-05-22", "Devuelto", "Se verificó el cero al volver."),
    Loan(55, IVAN, "2026-01-19", "2026-01-30", "2026-01-30", "Devuelto"),
)
