"""What a hoja de vida says, as the JSON that its template reads: every text is final, every date is words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sam.planning.fichas import BajaFicha, EquipoFicha
from sam.planning.names import BOGOTA
from sam.planning.plan import PartPlan, PlannedEquipo, StoredDocument
from sam.planning.semaforo import Standing, due_day, standing
from zipworker.hoja_de_vida.charts import measurement_charts
from zipworker.hoja_de_vida.text import BREAK, printable
from zipworker.package.entries import (
    BAJA,
    FOLDERS,
    GENERAL,
    IMAGEN,
    Folder,
    equipo_entries,
    equipo_path,
    is_de_baja,
    records_of,
    records_with_document,
)

JsonObject = dict[str, Any]
NOT_LOADED = "No cargado"
NOTHING = "—"


def template_data(plan: PartPlan, equipo: PlannedEquipo, *, logo: str | None, imagen: str | None) -> JsonObject:
    """The data of one equipo at the plan's instant; `logo` and `imagen` are names that the template can open."""
    ficha = equipo.ficha
    when = plan.instant.astimezone(BOGOTA)
    due_soon_days = plan.empresa["dias_por_vencer"]
    data = {
        "titulo": f"Hoja de vida {equipo.codigo} {ficha['nombre']}",
        "codigo": equipo.codigo,
        "empresa": {"nombre": plan.empresa["nombre"], "corto": _short(plan.empresa["nombre"], 60)},
        "formato": {
            "codigo": _short(plan.empresa["formato_codigo"], 22),
            "version": _short(plan.empresa["formato_version"], 22),
            "fecha": plan.empresa["formato_fecha"] or "",
        },
        "pie": " · ".join(filter(None, _footer(equipo, when))),
        "baja": is_de_baja(ficha),
        "franja_baja": _baja_strip(ficha["baja"]),
        "general": _general(ficha),
        "general_ancho": [["Puntos de calibración", _said(ficha["puntos_calibracion"])]],
        "actividades": _actividades(ficha, today=when.date(), due_soon_days=due_soon_days),
        "leyenda_actividades": f"Semáforo al {when:%Y-%m-%d}. Por vencer: faltan {due_soon_days} días o menos.",
        "observaciones": ficha["observaciones"].strip(),
        "carpeta": breakable_path(f"{plan.root}/{equipo_path(equipo)}/"),
        "documentos": list(_documentos(equipo, plan.documents)),
        **_historiales(ficha),
        "info_baja": _info_baja(ficha),
        "info_baja_ancho": _info_baja_wide(ficha),
        "sin_imagen": "La imagen registrada no se pudo mostrar." if ficha["imagen"] else "Sin imagen.",
    }
    shown = _printable(data)
    return {**shown, "logo": logo, "imagen": imagen, "graficas": measurement_charts(ficha)}


def _printable(value: Any) -> Any:
    match value:
        case str():
            return printable(value)
        case list():
            return [_printable(item) for item in value]
        case dict():
            return {key: _printable(item) for key, item in value.items()}
        case _:
            return value


def _said(text: str | None) -> str:
    return (text or "").strip() or NOTHING


def _short(text: str, limit: int) -> str:
    """A text on one line of the header or footer, which are as tall on each page as on the first."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _general(ficha: EquipoFicha) -> list[list[str]]:
    pairs = (
        ("Código interno", ficha["codigo_interno"]),
        ("Nombre", ficha["nombre"]),
        ("Tipo de equipo", ficha["tipo_equipo"]),
        ("Estado", ficha["estado"]),
        ("Marca", ficha["marca"]),
        ("Modelo", ficha["modelo"]),
        ("Número de serie", ficha["numero_serie"]),
        ("Proveedor", ficha["proveedor"]),
        ("Ubicación", ficha["ubicacion"]),
        ("Responsable", ficha["responsable"]),
        ("Fecha de adquisición", ficha["fecha_adquisicion"]),
        ("Fecha de registro", ficha["fecha_registro"]),
        ("Rango de medida", ficha["rango_medida"]),
        ("Resolución", ficha["resolucion"]),
        ("Error máximo permisible", ficha["error_maximo_permisible"]),
        ("Unidad", ficha["unidad"]),
    )
    return [[label, _said(value)] for label, value in pairs]


def _footer(equipo: PlannedEquipo, when: datetime) -> tuple[str, str, str]:
    about = f"Información al {when:%Y-%m-%d %H:%M} (hora de Colombia)"
    return _short(equipo.codigo, 40).strip(), _short(equipo.ficha["nombre"], 60).strip(), about


def _actividades(ficha: EquipoFicha, *, today: date, due_soon_days: int) -> list[JsonObject]:
    rows = (
        ("Calibración", "frecuencia_calibracion_meses", "fecha_ultima_calibracion", "proxima_calibracion"),
        (
            "Mantenimiento",
            "frecuencia_mantenimiento_meses",
            "fecha_ultimo_mantenimiento",
            "proximo_mantenimiento",
        ),
        (
            "Comprobación",
            "frecuencia_comprobacion_meses",
            "fecha_ultima_comprobacion",
            "proxima_comprobacion",
        ),
    )
    record: Mapping[str, Any] = ficha
    return [
        {
            "nombre": nombre,
            "frecuencia": _months(record[frecuencia]),
            "ultima": _said(record[ultima]),
            "proxima": _said(due),
            **_standing_json(standing(due, today=today, due_soon_days=due_soon_days)),
        }
        for nombre, frecuencia, ultima, proxima in rows
        for due in [due_day(record[proxima], estado=ficha["estado"])]
    ]


def _standing_json(standing: Standing) -> JsonObject:
    return {"estado": standing.estado.value, "palabra": standing.palabra, "detalle": standing.detalle}


def _months(months: int | None) -> str:
    if months is None:
        return NOTHING
    return "Cada mes" if months == 1 else f"Cada {months} meses"


def _documentos(equipo: PlannedEquipo, documents: Mapping[int, StoredDocument]) -> Iterator[JsonObject]:
    """One row for each documento that an equipo has once, one for each folder of numbered ones."""
    base = f"{equipo_path(equipo)}/"
    paths = {entry.label: entry.path.removeprefix(base) for entry in equipo_entries(equipo, documents)}
    for general in (*GENERAL, IMAGEN):
        yield _document_row(general.label, paths.get(general.label, ""))
    for folder in FOLDERS:
        if records_of(equipo.ficha, folder.history):
            yield _folder_row(equipo.ficha, folder)
    if is_de_baja(equipo.ficha):
        yield _document_row(BAJA.label, paths.get(BAJA.label, ""))


def _document_row(nombre: str, ruta: str) -> JsonObject:
    return {"nombre": nombre, "hay": bool(ruta), "ruta": ruta or NOT_LOADED}


def _folder_row(ficha: EquipoFicha, folder: Folder) -> JsonObject:
    have = len(records_with_document(ficha, folder))
    of = len(records_of(ficha, folder.history))
    names = f"{folder.stem}_1" if have == 1 else f"{folder.stem}_1 a {folder.stem}_{have}"
    ruta = f"{folder.path}/{BREAK}{names} ({have} de {of})" if have else ""
    return _document_row(folder.label, ruta)


def breakable_path(path: str) -> str:
    """A path that may go on in the next line after a slash."""
    return path.replace("/", f"/{BREAK}")


def _historiales(ficha: EquipoFicha) -> JsonObject:
    """The three histories, oldest first, as the numbers of their files count."""
    return {
        "calibraciones": _rows(
            ficha["calibraciones"], ("fecha", "proveedor", "resultado", "numero_certificado", "observaciones")
        ),
        "mantenimientos": [
            [
                *row,
                _said(money(mantenimiento["costo"])),
                _said(f"{mantenimiento['descripcion']}\n{mantenimiento['observaciones']}"),
            ]
            for row, mantenimiento in zip(
                _rows(ficha["mantenimientos"], ("fecha", "tipo", "proveedor", "responsable")),
                ficha["mantenimientos"],
                strict=True,
            )
        ],
        "comprobaciones": _rows(
            ficha["comprobaciones"],
            ("fecha", "consecutivo", "proveedor", "responsable", "resultado", "observaciones"),
        ),
    }


def _rows(records: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[list[str]]:
    return [[_said(record[key]) for key in keys] for record in records]


def money(amount: str | None) -> str:
    """Pesos as they are written in Colombia: "1234567.50" → "$ 1.234.567,50", whole pesos without decimals."""
    if amount is None:
        return ""
    value = Decimal(amount)
    text = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    return "$ " + text.translate(str.maketrans(",.", ".,"))


def _baja_strip(baja: BajaFicha | None) -> str:
    desde = f" DESDE {baja['fecha']}" if baja and baja["fecha"] else ""
    return f"EQUIPO DE BAJA{desde}"


def _info_baja(ficha: EquipoFicha) -> list[list[str]]:
    baja = ficha["baja"]
    if not is_de_baja(ficha) or baja is None:
        return []
    return [
        ["Fecha de baja", _said(baja["fecha"])],
        ["Documento", "Cargado" if baja["documento"] is not None else NOT_LOADED],
    ]


def _info_baja_wide(ficha: EquipoFicha) -> list[list[str]]:
    baja = ficha["baja"]
    if not is_de_baja(ficha) or baja is None:
        return []
    return [["Razón", _said(baja["razon"])], ["Observaciones", _said(baja["observaciones"])]]
