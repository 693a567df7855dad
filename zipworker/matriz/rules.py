"""The rules of the matriz, one function for each clause of 6.4.13: how it is decided from a Ficha. Pure.

They say whether a record is there, not whether it is good: that a certificate is right, or a result enough, is
for the assessor. All of them hold for an equipo de baja too, since records are kept after an equipo is withdrawn;
only what looks ahead (the next calibration, the plan of maintenance) is not asked of it any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sam.planning.fichas import (
    CALIBRACION_DOCUMENTS,
    COMPROBACION_DOCUMENTS,
    MANTENIMIENTO_DOCUMENTS,
    BajaFicha,
    EquipoFicha,
)
from zipworker.matriz.finding import Finding, Required, all_of, enumerated, not_applicable, not_loaded, present
from zipworker.matriz.reading import (
    ADJUSTMENT,
    FAILED,
    REPAIR,
    SOFTWARE,
    Record,
    counted,
    dated,
    folded,
    is_measuring,
    is_reference_material,
    latest,
    points,
    said,
    short_line,
)
from zipworker.package.entries import is_de_baja

NOTHING_AHEAD = "sin programación por estar de baja"


def identidad(ficha: EquipoFicha) -> Finding:
    """a: código and nombre. SAM has no field for a version, and most equipos have none: it decides nothing."""
    finding = all_of(
        # Any código is one, ".." too: it is unique in the empresa.
        Required("el código interno", short_line(ficha["codigo_interno"])),
        Required("el nombre", said(ficha["nombre"])),
    )
    version = "mencionada en las observaciones" if SOFTWARE.search(folded(ficha["observaciones"])) else "no registrada"
    return Finding(finding.state, f"{finding.evidence}; versión de software o firmware {version}")


def fabricante(ficha: EquipoFicha) -> Finding:
    """b: marca, modelo and a number; "or other unique identification", which the código interno is."""
    serie, codigo = said(ficha["numero_serie"]), short_line(ficha["codigo_interno"])
    unique = f"serie {serie}" if serie else codigo and f"sin número de serie: lo distingue su código {codigo}"
    return all_of(
        Required("la marca", said(ficha["marca"])),
        Required("el modelo", said(ficha["modelo"])),
        Required("el número de serie", unique),
    )


def conformidad(ficha: EquipoFicha) -> Finding:
    """c: a confirmación metrológica, a documento of a comprobación, or measured points that say if they conform.

    A calibration certificate alone tells what was measured and not that it is enough: clause e has it.
    """
    confirmed = [row for row in ficha["calibraciones"] if row["confirmacion"] is not None]
    if confirmed:
        return _verified("confirmación metrológica", "confirmaciones metrológicas", confirmed)
    checked = [row for row in ficha["comprobaciones"] if _has_document(row, COMPROBACION_DOCUMENTS)]
    if checked:
        return _verified("comprobación", "comprobaciones", checked)
    judged = [
        row
        for row in (*ficha["calibraciones"], *ficha["comprobaciones"])
        if any(said(point["conformidad"]) for point in points(row))
    ]
    if judged:
        return present(f"puntos que dicen si son conformes, en la {dated('medición', latest(judged))}")
    return not_loaded("sin confirmación metrológica, documento de comprobación ni puntos con su conformidad")


def _verified(one: str, many: str, rows: Sequence[Record]) -> Finding:
    last = latest(rows)
    what = dated(one, last) if len(rows) == 1 else f"{counted(len(rows), one, many)}, {dated('la última', last)}"
    resultado = said(last["resultado"])
    return present(f"{what}: {resultado}" if resultado else what)


def ubicacion(ficha: EquipoFicha) -> Finding:
    """d: ubicación. A withdrawn equipo may be nowhere."""
    place = said(ficha["ubicacion"])
    if place:
        return present(place if ficha["estado"] == "Activo" else f"{place} (estado: {ficha['estado']})")
    if is_de_baja(ficha):
        return not_applicable("está de baja y ya no tiene ubicación")
    return not_loaded("falta la ubicación")


def calibracion(ficha: EquipoFicha) -> Finding:
    """e: a calibración with its date and result, what it is accepted by, and when the next one is due."""
    if is_reference_material(ficha) and not ficha["calibraciones"]:
        return not_applicable("es un material de referencia sin calibraciones: vea el literal f")
    if not is_measuring(ficha):
        return not_applicable("nada en su registro dice que mide: sin datos metrológicos ni calibraciones programadas")
    return all_of(
        Required("una calibración con fecha y resultado", _calibrated(ficha)),
        Required("el criterio de aceptación", _acceptance(ficha)),
        Required(
            "la próxima calibración o su intervalo",
            _programmed(ficha, "proxima_calibracion", "frecuencia_calibracion_meses"),
        ),
    )


def _calibrated(ficha: EquipoFicha) -> str:
    rows = [
        row
        for row in ficha["calibraciones"]
        if row["fecha"] and (said(row["resultado"]) or row["certificado"] is not None or any(points(row)))
    ]
    if not rows:
        return ""
    last = latest(rows)
    about = [text for text in (said(last["resultado"]), _certificate(said(last["numero_certificado"]))) if text]
    if any(ADJUSTMENT.search(folded(row["observaciones"])) for row in rows):
        about.append("las observaciones hablan de ajustes")
    what = f"{counted(len(rows), 'calibración', 'calibraciones')}, {dated('la última', last)}"
    return f"{what}: {', '.join(about)}" if about else what


def _certificate(number: str) -> str:
    return number and f"certificado {number}"


def _acceptance(ficha: EquipoFicha) -> str:
    """The EMP of the equipo or, without one, that the certificates' points bring theirs."""
    limit = said(ficha["error_maximo_permisible"])
    if limit:
        return f"error máximo permisible {limit}"
    rows = (*ficha["calibraciones"], *ficha["comprobaciones"])
    if any(point["emp_absoluto"] not in (None, "") for row in rows for point in points(row)):
        return "error máximo permisible en los puntos medidos"
    return ""


def _programmed(ficha: EquipoFicha, next_key: str, months_key: str) -> str:
    record: Record = ficha
    if is_de_baja(ficha):
        return NOTHING_AHEAD
    day, months = record[next_key], record[months_key]
    texts = [f"próxima fecha {day}"] if day else []
    if months:
        texts.append(f"cada {counted(months, 'mes', 'meses')}")
    return ", ".join(texts)


def material_de_referencia(ficha: EquipoFicha) -> Finding:
    """f: only what its tipo or nombre calls a reference material: its documents, and until when it is valid."""
    if not is_reference_material(ficha):
        return not_applicable("no es un material de referencia")
    certificates = [row for row in ficha["calibraciones"] if row["certificado"] is not None]
    papers = [f"{counted(len(certificates), 'certificado', 'certificados')}"] if certificates else []
    if ficha["documentos"]["ficha_tecnica"] is not None:
        papers.append("ficha técnica")
    if ficha["documentos"]["otros_documentos"] is not None:
        papers.append("otros documentos")
    return all_of(
        Required("su certificado o su ficha técnica", enumerated(papers)),
        Required("hasta cuándo es válido", _programmed(ficha, "proxima_calibracion", "frecuencia_calibracion_meses")),
    )


def mantenimiento(ficha: EquipoFicha) -> Finding:
    """g: a plan, and what was done. With a plan and no last date there was nothing to do yet."""
    rows = ficha["mantenimientos"]
    plan = _programmed(ficha, "proximo_mantenimiento", "frecuencia_mantenimiento_meses")
    if not rows and is_reference_material(ficha):
        return not_applicable("es un material de referencia, que no se mantiene")
    if not rows and is_de_baja(ficha) and not ficha["fecha_ultimo_mantenimiento"]:
        return not_applicable("está de baja y no tuvo mantenimientos")
    done = (
        f"{counted(len(rows), 'mantenimiento', 'mantenimientos')}, {dated('el último', latest(rows))}" if rows else ""
    )
    if plan and not rows and not ficha["fecha_ultimo_mantenimiento"]:
        done = "ningún mantenimiento hecho todavía"
    return all_of(
        Required("el plan de mantenimiento", plan),
        Required("el registro de lo hecho", done),
    )


def incidentes(ficha: EquipoFicha) -> Finding:
    """h: each repair, failed result and baja tells what happened, in words or in a documento; mostly there is none."""
    events = list(_incidents(ficha))
    if not events:
        return not_applicable("sin daños, fallas, modificaciones ni reparaciones registrados")
    bare = [event for event, has_details in events if not has_details]
    if bare:
        return not_loaded(f"sin detalle: {enumerated(bare)}")
    return present(enumerated([event for event, _ in events]))


def _incidents(ficha: EquipoFicha) -> Iterator[tuple[str, bool]]:
    """What happened to the equipo, and whether its details are told."""
    for work in ficha["mantenimientos"]:
        if REPAIR.search(folded(work["tipo"])):
            told = said(work["descripcion"]) or said(work["observaciones"])
            yield (
                dated(f"mantenimiento {said(work['tipo']).lower()}", work),
                bool(told) or _has_document(work, MANTENIMIENTO_DOCUMENTS),
            )
    for calibration in ficha["calibraciones"]:
        if FAILED.search(folded(said(calibration["resultado"]))):
            yield _failure("calibración", calibration, CALIBRACION_DOCUMENTS)
    for check in ficha["comprobaciones"]:
        if FAILED.search(folded(said(check["resultado"]))):
            yield _failure("comprobación", check, COMPROBACION_DOCUMENTS)
    if is_de_baja(ficha):
        yield _withdrawal(ficha["baja"])


def _withdrawal(baja: BajaFicha | None) -> tuple[str, bool]:
    if baja is None:
        return "baja sin registro", False
    told = said(baja["razon"]) or said(baja["observaciones"])
    return f"{dated('baja', baja)}{told and f': {told}'}", bool(told) or baja["documento"] is not None


def _failure(nombre: str, row: Record, documents: tuple[str, ...]) -> tuple[str, bool]:
    told = bool(said(row["observaciones"])) or _has_document(row, documents) or any(points(row))
    return f"{dated(nombre, row)} ({said(row['resultado'])})", told


def _has_document(row: Record, fields: tuple[str, ...]) -> bool:
    return any(row[field] is not None for field in fields)
