"""LEEME: what the ZIP of a part is, for the person who opens it without SAM. Pure."""

from __future__ import annotations

from typing import Final
from unicodedata import category

from sam.planning.names import BOGOTA, sidecar
from sam.planning.plan import PartPlan, PartRange
from zipworker.package.manifest import Counts

BOM: Final = "\ufeff"


def leeme_txt(plan: PartPlan, *, counts: Counts) -> bytes:
    """UTF-8 with BOM and CRLF: any Notepad shows its accents and its lines."""
    lines = [*_title(plan), "", *_contents(plan), "", *_completeness(plan, counts), "", *_verification(plan)]
    return (BOM + "\r\n".join(lines) + "\r\n").encode("utf-8", "replace")


def _title(plan: PartPlan) -> list[str]:
    when = plan.instant.astimezone(BOGOTA)
    empresa = plan.empresa
    title = f"DOCUMENTOS DE LOS EQUIPOS DE {_plain(empresa['nombre'])}"
    return [
        title,
        "=" * min(len(title), 78),
        "",
        *([f"NIT: {_plain(empresa['nit'])}"] if empresa["nit"] else []),
        f"Estado de la información: {when:%Y-%m-%d %H:%M:%S} (hora de Colombia, UTC-5)",
        f"Solicitud {plan.request_id}, parte {plan.number} de {plan.of}",
        "",
        "Todo lo que hay aquí describe a la empresa en ese instante; lo que se cambió después no aparece.",
    ]


def _contents(plan: PartPlan) -> list[str]:
    def name(stem: str, extension: str) -> str:
        return sidecar(stem, extension, plan.number, plan.of)

    return [
        "CONTENIDO",
        "",
        *(_part_line(part, current=part.number == plan.number) for part in plan.ranges),
        "",
        "  Equipos/<código>/            la hoja de vida del equipo y sus documentos",
        _procedimientos_line(plan),
        "  Informe_Consolidado.xlsx     todos los equipos de la empresa; igual en todas las partes",
        f"  {name('INDICE', 'html'):<27}  ábralo primero: lleva a cada documento, sin conexión",
        f"  {name('FALTANTES', 'csv'):<27}  lo que está registrado y no se pudo incluir, con su motivo",
        f"  {name('manifiesto', 'json'):<27}  cada archivo con su tamaño y su SHA-256, para programas",
        f"  {name('MANIFIESTO', 'sha256'):<27}  lo mismo, para sha256sum",
        *(_together() if plan.of > 1 else []),
    ]


def _part_line(part: PartRange, *, current: bool) -> str:
    ends = f"{_plain(part.first_codigo)} a {_plain(part.last_codigo)}"
    here = "  <- esta parte" if current else ""
    return f"  Parte {part.number}: equipos {part.first} a {part.last} ({ends}){here}"


def _plain(text: str) -> str:
    """A text on one line, without what a terminal would obey (control and invisible characters)."""
    on_one_line = " ".join(text.split())
    return "".join(one for one in on_one_line if category(one) not in {"Cc", "Cf"})


def _procedimientos_line(plan: PartPlan) -> str:
    where = "los procedimientos de la empresa"
    if plan.number != plan.of:
        where = f"los procedimientos de la empresa están en la parte {plan.of}"
    return f"  Procedimientos/              {where}"


def _together() -> list[str]:
    return [
        "",
        "Las partes se pueden extraer en una misma carpeta: forman una sola y ningún archivo reemplaza a otro",
        "distinto.",
    ]


def _completeness(plan: PartPlan, counts: Counts) -> list[str]:
    if counts.missing:
        verdict = [
            f"ATENCIÓN: faltan {counts.missing} de {counts.registered} documentos registrados. Están uno por uno,",
            f"con su motivo, en {sidecar('FALTANTES', 'csv', plan.number, plan.of)}.",
        ]
    else:
        verdict = [f"Están todos los documentos registrados de esta parte: {counts.registered}. No falta ninguno."]
    return ["INTEGRIDAD", "", *verdict, "Un documento que nunca se cargó en SAM no es un faltante."]


def _verification(plan: PartPlan) -> list[str]:
    list_name = sidecar("MANIFIESTO", "sha256", plan.number, plan.of)
    return [
        "CÓMO COMPROBARLO",
        "",
        "Extraiga el ZIP y, dentro de la carpeta que contiene este archivo, ejecute:",
        "",
        f"  Linux:    sha256sum -c {list_name}",
        f"  macOS:    shasum -a 256 -c {list_name}",
        "  Windows:  Get-FileHash -Algorithm SHA256 <archivo>   (PowerShell; compare con la lista)",
        "",
        "Cada línea debe terminar en OK (en español: La suma coincide). También puede soltar el ZIP, sin",
        "extraerlo, en la página /verificar/ de SAM: dice archivo por archivo si está íntegro.",
    ]
