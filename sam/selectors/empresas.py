"""An empresa's equipos at a glance, and what its ZIP would hold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypedDict

from django.db import connection
from django.db.models import BigIntegerField, Count, Expression, F, Model, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Collate
from django.utils import timezone

from sam.models import Baja, Calibracion, Comprobacion, Empresa, Equipo, Mantenimiento, Procedimiento, Usuario
from sam.models.equipos import EstadoEquipo
from sam.planning.fichas import CALIBRACION_DOCUMENTS, COMPROBACION_DOCUMENTS, MANTENIMIENTO_DOCUMENTS
from sam.planning.plan import EQUIPOS_PER_PART
from sam.planning.semaforo import due_day, standing
from sam.selectors.registros import EQUIPO_DOCUMENTS

# Where the documentos of an equipo hang: the model, its columns, and the way from it to the equipo.
EQUIPO_COLUMNS: tuple[tuple[type[Model], tuple[str, ...], str], ...] = (
    (Equipo, (*EQUIPO_DOCUMENTS, "imagen"), "pk"),
    (Calibracion, CALIBRACION_DOCUMENTS, "equipo"),
    (Mantenimiento, MANTENIMIENTO_DOCUMENTS, "equipo"),
    (Comprobacion, COMPROBACION_DOCUMENTS, "equipo"),
    (Baja, ("documento",), "equipo"),
)


class Resumen(TypedDict):
    """What a request would pack now: counts, bytes, and how many calibraciones are due."""

    equipos: int
    partes: int
    documentos: int
    bytes: int
    por_estado: list[dict[str, Any]]
    vencidos: int
    por_vencer: int


def empresas_for(user: Usuario) -> QuerySet[Empresa]:
    """The empresas that the usuario may choose between: all for staff, none for others."""
    return Empresa.objects.order_by("nombre") if user.is_staff else Empresa.objects.none()


def empresa_named(nombre: str) -> int | None:
    return Empresa.objects.filter(nombre=nombre, equipos__isnull=False).values_list("pk", flat=True).first()


def resumen(empresa: Empresa) -> Resumen:
    """The figures before a click."""
    equipos = Equipo.objects.filter(empresa=empresa)
    today = timezone.localdate()
    soon = today + timedelta(days=empresa.dias_por_vencer)
    working = equipos.exclude(estado=EstadoEquipo.DE_BAJA)  # nothing is due of the others
    total = equipos.count()
    documentos, size = _documents_of(empresa)
    return {
        "equipos": total,
        "partes": -(-total // EQUIPOS_PER_PART),
        "documentos": documentos,
        "bytes": size,
        "por_estado": list(equipos.values("estado").annotate(n=Count("pk")).order_by("-n", "estado")),
        "vencidos": working.filter(proxima_calibracion__lt=today).count(),
        "por_vencer": working.filter(proxima_calibracion__range=(today, soon)).count(),
    }


def equipos_at_a_glance(empresa: Empresa) -> QuerySet[Equipo]:
    """The empresa's equipos in the order of their parts: by code point."""
    by_code: Expression | F = F("codigo_interno")
    if connection.vendor == "postgresql":
        by_code = Collate("codigo_interno", "C")
    return Equipo.objects.filter(empresa=empresa).select_related("empresa").order_by(by_code)


def glance_rows(equipos: list[Equipo]) -> list[dict[str, Any]]:
    """One row for each equipo of a page, with the number of its documentos and its semáforo."""
    counts = _document_counts([equipo.pk for equipo in equipos])
    today = timezone.localdate()
    return [
        {
            "codigo_interno": equipo.codigo_interno,
            "nombre": equipo.nombre,
            "tipo_equipo": equipo.tipo_equipo,
            "marca": equipo.marca,
            "modelo": equipo.modelo,
            "ubicacion": equipo.ubicacion,
            "estado": equipo.estado,
            "proxima_calibracion": equipo.proxima_calibracion,
            "documentos": counts.get(equipo.pk, 0),
            "semaforo": _light(equipo, today),
        }
        for equipo in equipos
    ]


def _light(equipo: Equipo, today: date) -> str:
    programmed = equipo.proxima_calibracion.isoformat() if equipo.proxima_calibracion else None
    due = due_day(programmed, estado=equipo.estado)
    return standing(due, today=today, due_soon_days=equipo.empresa.dias_por_vencer).estado


def _documents_of(empresa: Empresa) -> tuple[int, int]:
    """How many documentos are registered for the empresa's package, and their bytes."""
    sources = [
        (model, names, "empresa" if model is Equipo else "equipo__empresa") for model, names, _ in EQUIPO_COLUMNS
    ]
    sources.append((Procedimiento, ("documento",), "empresa"))
    count = size = 0
    for model, names, way in sources:
        totals = (
            _packed(model)
            .filter(**{way: empresa})
            .aggregate(
                n=sum((Count(name) for name in names), start=Value(0)),
                b=Coalesce(Sum(_bytes(names)), 0, output_field=BigIntegerField()),
            )
        )
        count += totals["n"]
        size += totals["b"]
    return count, size


def _document_counts(ids: list[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for model, names, way in EQUIPO_COLUMNS:
        rows = _packed(model).filter(**{f"{way}__in": ids}).values_list(way)
        for pk, n in rows.annotate(n=sum((Count(name) for name in names), start=Value(0))):
            counts[pk] = counts.get(pk, 0) + n
    return counts


def _packed(model: type[Model]) -> QuerySet[Any]:
    """The rows whose documentos go into the package: a baja's only while its equipo is de baja."""
    rows = model._default_manager.all()
    return rows.filter(equipo__estado=EstadoEquipo.DE_BAJA) if model is Baja else rows


def _bytes(names: tuple[str, ...]) -> Any:
    return sum((Coalesce(f"{name}__bytes", 0) for name in names), start=Value(0, output_field=BigIntegerField()))
