"""Plans made by hand: a small empresa whose documentos live in a dictionary."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from sam.errors import MissingObject
from sam.planning.fichas import EmpresaFicha, EquipoFicha
from sam.planning.names import equipo_folders, root_name
from sam.planning.plan import PartPlan, PlannedEquipo, StoredDocument, split_into_parts

INSTANT = datetime(2026, 1, 2, 14, 30, 7, tzinfo=UTC)  # 09:30:07 in Bogota
CHUNK = 256 * 1024


def jpeg(color: str = "teal", size: tuple[int, int] = (320, 240)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "JPEG")
    return out.getvalue()


@dataclass
class Store:
    """Documentos in memory, with the rows that describe them; a test breaks one by changing `bytes_of`."""

    documents: dict[int, StoredDocument] = field(default_factory=dict)
    bytes_of: dict[int, bytes | Exception] = field(default_factory=dict)

    def add(self, nombre: str, data: bytes) -> int:
        id = len(self.documents) + 1
        self.documents[id] = StoredDocument(
            id, f"documentos/1/{id}", nombre, len(data), zlib.crc32(data), hashlib.sha256(data).hexdigest()
        )
        self.bytes_of[id] = data
        return id

    def read(self, document: StoredDocument) -> Iterator[bytes]:
        data = self.bytes_of.get(document.id, MissingObject())
        if isinstance(data, Exception):
            raise data
        return (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))


def equipo_ficha(id: int, codigo: str, **changes: Any) -> EquipoFicha:
    ficha = EquipoFicha(
        v=1,
        id=id,
        codigo_interno=codigo,
        nombre=f"Termómetro {codigo}",
        tipo_equipo="Termómetro",
        marca="Fluke",
        modelo="1523",
        numero_serie="SN-1",
        proveedor="",
        ubicacion="Laboratorio",
        responsable="Ana Ñáñez",
        estado="Activo",
        fecha_adquisicion="2020-05-01",
        fecha_registro="2020-05-02",
        rango_medida="-20 °C a 120 °C",
        resolucion="0,01 °C",
        error_maximo_permisible="±0,5 °C",
        unidad="°C",
        puntos_calibracion="0; 50; 100",
        observaciones="",
        frecuencia_calibracion_meses=12,
        frecuencia_mantenimiento_meses=None,
        frecuencia_comprobacion_meses=6,
        fecha_ultima_calibracion="2025-01-15",
        fecha_ultima_comprobacion=None,
        fecha_ultimo_mantenimiento=None,
        proxima_calibracion="2026-01-15",
        proxima_comprobacion="2025-12-01",
        proximo_mantenimiento=None,
        documentos={"compra": None, "ficha_tecnica": None, "manual": None, "otros_documentos": None},
        imagen=None,
        calibraciones=[],
        mantenimientos=[],
        comprobaciones=[],
        baja=None,
    )
    return EquipoFicha(**{**ficha, **changes})  # type: ignore[typeddict-item]


def full_ficha(store: Store, id: int, codigo: str, **changes: Any) -> EquipoFicha:
    """An equipo with a documento in each place that the tree has."""

    def pdf(name: str) -> int:
        return store.add(f"{name}.pdf", f"%PDF-1.4 {codigo} {name}".encode() * 40)

    return equipo_ficha(
        id,
        codigo,
        **{
            "documentos": {
                "compra": pdf("compra"),
                "ficha_tecnica": pdf("ficha"),
                "manual": store.add("Manual.DOCX", b"PK manual " + codigo.encode()),
                "otros_documentos": None,
            },
            "imagen": store.add("foto.jpg", jpeg()),
            "calibraciones": [calibracion(n, pdf(f"cal{n}"), pdf(f"conf{n}"), pdf(f"int{n}")) for n in (1, 2)],
            "mantenimientos": [mantenimiento(1, pdf("mant"), pdf("mant ext"), pdf("mant int"))],
            "comprobaciones": [comprobacion(1, pdf("comp"), pdf("comp gen"), pdf("comp ext"), pdf("comp int"))],
            **changes,
        },
    )


def calibracion(
    n: int, certificado: int | None = None, confirmacion: int | None = None, intervalos: int | None = None
) -> dict[str, Any]:
    return {
        "id": n,
        "fecha": f"{2020 + n}-01-15",
        "proveedor": "Metrolab S.A.S.",
        "resultado": "Conforme",
        "numero_certificado": f"C-{n:03}",
        "observaciones": "Sin ajuste.",
        "costo": "350000.00",
        "certificado": certificado,
        "confirmacion": confirmacion,
        "intervalos": intervalos,
        "magnitudes": [magnitud(n)],
    }


def magnitud(n: int, emp: float | str | None = 0.5, incertidumbre: float | None = 0.1) -> dict[str, Any]:
    return {
        "nombre": "Temperatura",
        "unidad": "°C",
        "puntos": [
            {
                "nominal": float(nominal),
                "lectura": nominal + 0.05 * n,
                "error": 0.05 * n - nominal / 400,
                "emp_absoluto": emp,
                "incertidumbre": incertidumbre,
                "conformidad": "Conforme",
            }
            for nominal in (0, 25, 50, 100)
        ],
    }


def mantenimiento(
    n: int, documento: int | None = None, externo: int | None = None, interno: int | None = None
) -> dict[str, Any]:
    return {
        "id": n,
        "fecha": f"{2020 + n}-03-01",
        "tipo": "Preventivo",
        "proveedor": "Servicios Técnicos",
        "responsable": "Luis",
        "costo": "120000.50",
        "descripcion": "Limpieza y revisión.",
        "observaciones": "",
        "documento": documento,
        "documento_externo": externo,
        "documento_interno": interno,
    }


def comprobacion(
    n: int,
    certificado: int | None = None,
    documento: int | None = None,
    externo: int | None = None,
    interno: int | None = None,
) -> dict[str, Any]:
    return {
        "id": n,
        "fecha": f"{2020 + n}-06-01",
        "proveedor": "Interno",
        "responsable": "Ana",
        "resultado": "Aprobado",
        "observaciones": "",
        "consecutivo": f"CO-{n}",
        "equipo_referencia": "P-1",
        "certificado": certificado,
        "documento": documento,
        "documento_externo": externo,
        "documento_interno": interno,
        "magnitudes": [magnitud(n, emp="±0,5 °C", incertidumbre=None)],
    }


def empresa_ficha(**changes: Any) -> EmpresaFicha:
    ficha = EmpresaFicha(
        v=1,
        id=1,
        nombre="CERTIBOY S.A.S.",
        nit="900.123.456-7",
        direccion="Calle 1",
        telefono="1",
        email="a@b.co",
        formato_codigo="F-MET-01",
        formato_version="3",
        formato_fecha="2024-02-01",
        logo=None,
        dias_por_vencer=30,
        sin_datos_personales=False,
        proveedores=[],
        procedimientos=[],
        prestamos=[],
    )
    return EmpresaFicha(**{**ficha, **changes})  # type: ignore[typeddict-item]


def part_plan(
    fichas: list[EquipoFicha],
    *,
    documents: Mapping[int, StoredDocument],
    empresa: EmpresaFicha | None = None,
    number: int = 1,
    size: int = 35,
) -> PartPlan:
    """One part of the request that has these equipos, `size` in each part."""
    codigos = [ficha["codigo_interno"] for ficha in fichas]
    ranges = split_into_parts(codigos, size=size)
    planned = [
        PlannedEquipo(ordinal, (ordinal - 1) // size + 1, ficha["codigo_interno"], folder, ficha)
        for ordinal, (ficha, folder) in enumerate(zip(fichas, equipo_folders(codigos), strict=True), 1)
    ]
    empresa = empresa or empresa_ficha()
    return PartPlan(
        request_id=7,
        part_id=70 + number,
        number=number,
        of=len(ranges),
        instant=INSTANT,
        empresa=empresa,
        root=root_name(empresa["nombre"]),
        equipos=tuple(equipo for equipo in planned if equipo.part == number),
        documents=documents,
        ranges=ranges,
    )
