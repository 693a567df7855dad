"""The procedimientos of an empresa: how it calibrates, checks and keeps its equipos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sam.demo import blocks
from sam.demo.blocks import Paper
from sam.demo.companies import Company, Form
from sam.demo.spanish import long_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    codigo: str
    nombre: str
    version: str
    fecha: date
    objeto: str
    pasos: Sequence[str]
    registro: str

    def path(self) -> str:
        return f"files/procedimientos/{self.codigo.lower()}.pdf"

    def as_dump(self) -> dict[str, Any]:
        return {
            "codigo": self.codigo,
            "nombre": self.nombre,
            "version": self.version,
            "fecha_emision": self.fecha.isoformat(),
            "observaciones": f"Vigente desde el {long_day(self.fecha)}.",
            "documento": self.path(),
        }


PROCEDURES: Final = (
    Procedure(
        codigo="CB-MET-P-001",
        nombre="Control de equipos de medición",
        version="05",
        fecha=date(2025, 2, 17),
        objeto="Establecer cómo se identifican, calibran, confirman, mantienen y dan de baja los equipos de "
        "medición, de modo que los resultados sean trazables (ISO/IEC 17025:2017, 6.4 y 6.5; ISO 10012).",
        pasos=(
            "Registrar el equipo en SAM con su código interno, ubicación, responsable y documentos de compra.",
            "Programar calibración, mantenimiento y comprobación según el uso y el historial.",
            "Enviar a un laboratorio acreditado y revisar el certificado contra el error máximo permisible.",
            "Emitir la confirmación metrológica y rotular el equipo.",
            "Revisar el intervalo con cada certificado nuevo.",
        ),
        registro="CB-MET-F-001 Hoja de vida de equipos",
    ),
    Procedure(
        codigo="CB-MET-P-002",
        nombre="Comprobaciones intermedias de balanzas / termómetros",
        version="03",
        fecha=date(2024, 9, 2),
        objeto="Comprobar entre dos calibraciones que los equipos conservan su estado, con patrones de la casa.",
        pasos=(
            "Estabilizar equipo y patrón en el recinto, al menos dos horas.",
            "Medir cada punto tres veces, en orden creciente y decreciente.",
            "Calcular el error y compararlo con los límites de control.",
            "Si un punto sale de los límites, retirar el equipo y abrir un reporte.",
        ),
        registro="CB-MET-F-016 Comprobación intermedia",
    ),
    Procedure(
        codigo="CB-MET-P-003",
        nombre="Manejo, transporte y almacenamiento de patrones (años 2025–2027)",
        version="02",
        fecha=date(2025, 6, 20),
        objeto="Proteger los patrones de golpes, corrosión y cambios de temperatura en su uso y traslado.",
        pasos=(
            "Usar guantes sin talco y pinzas con punta de plástico.",
            "Transportar en el estuche original, con registro de temperatura.",
            "Inspeccionar a la llegada y comparar con el último registro.",
            "Guardar en el almacén de patrones, a 20 °C ± 2 °C y menos de 60 %HR.",
        ),
        registro="CB-MET-F-021 Entrada y salida de patrones",
    ),
)


def paper(procedure: Procedure, company: Company) -> Paper:
    """The procedimiento as the empresa's quality system issues it."""
    director, author = company.personas[0], company.personas[1]
    return Paper(
        path=procedure.path(),
        day=procedure.fecha,
        issuer=company.issuer,
        title=procedure.nombre,
        number="",
        foot=f"{company.issuer.nombre} · {procedure.codigo}",
        form=Form(procedure.codigo, procedure.version),
        blocks=[
            blocks.heading("1. Objeto"),
            blocks.text(procedure.objeto),
            blocks.heading("2. Alcance"),
            blocks.text(f"Todos los equipos y patrones de {company.issuer.nombre} que influyen en un resultado."),
            blocks.heading("3. Responsables"),
            blocks.bullets(*(f"{person.cargo}: {person.nombre}" for person in company.personas)),
            blocks.heading("4. Desarrollo"),
            blocks.steps(*procedure.pasos),
            blocks.note("Cada paso deja registro con fecha y firma; lo que no se registró no se hizo."),
            blocks.heading("5. Registros"),
            blocks.bullets(procedure.registro, "Certificados de calibración", "Informes de mantenimiento"),
            blocks.heading("6. Control de cambios"),
            blocks.figures(
                ("Versión", "Fecha", "Cambio"),
                [
                    ("01", "14 de enero de 2022", "Emisión inicial"),
                    (procedure.version, long_day(procedure.fecha), "Revisión por auditoría interna"),
                ],
                widths=(1, 2, 4),
                right=(),
            ),
            blocks.signatures(author, director),
        ],
    )
