"""Writing a dump's rows: one short transaction, and what has not changed since the last dump is not touched.

An equipo is known by its code and a record by the hash of what the dump said of it, its files included. The same
dump again writes nothing; another dump of the same empresa updates the equipos that it tells differently,
replaces their histories, and leaves alone those that it does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model, QuerySet

from sam.importing.dump import Dump, EmpresaDump, EquipoDump
from sam.models import (
    Baja,
    Calibracion,
    Comprobacion,
    Documento,
    Empresa,
    Equipo,
    Mantenimiento,
    Prestamo,
    Procedimiento,
    Proveedor,
)
from sam.planning.batches import BATCH, in_batches
from sam.planning.fichas import (
    CALIBRACION_DOCUMENTS,
    COMPROBACION_DOCUMENTS,
    MANTENIMIENTO_DOCUMENTS,
    canonical_json,
    sha256_of,
)

EQUIPO_CHILDREN = ("documentos", "calibraciones", "mantenimientos", "comprobaciones", "baja")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the dump that is in storage now."""

    key: str
    nombre: str
    bytes: int
    crc32: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Imported:
    empresa: int
    equipos: int
    documentos: int


def known_empresa(dump: EmpresaDump) -> int | None:
    """The id of the empresa that the dump is of: the same NIT, or the same name where it has none."""
    same = {"nit": dump.nit} if dump.nit else {"nit": "", "nombre": dump.nombre}
    return Empresa.objects.filter(**same).values_list("pk", flat=True).first()


def reserve_empresa_id() -> int:
    """An id that no other empresa will get: files are stored under it before the row is written."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval(pg_get_serial_sequence('sam_empresa', 'id'))")
            return int(cursor.fetchone()[0])
        with transaction.atomic():
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'sam_empresa', 0 "
                "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'sam_empresa')"
            )
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'sam_empresa' RETURNING seq")
            return int(cursor.fetchone()[0])


def write_dump(dump: Dump, *, empresa_id: int, stored: Mapping[str, StoredFile]) -> Imported:
    """Write the rows of a dump whose files are stored; raises IntegrityError where another import made the empresa."""
    prints = {equipo.codigo_interno: _print(equipo, stored) for equipo in dump.equipos}
    with transaction.atomic(durable=True):
        empresa = _write_empresa(dump, empresa_id)
        documents = _write_documents(empresa_id, stored)
        document = _finder(documents, stored)
        _write_equipos(empresa, dump.equipos, prints, document)
        _write_lists(empresa, dump, _print(dump, stored), document)
    return Imported(empresa=empresa_id, equipos=len(dump.equipos), documentos=len(dump.files))


def _write_empresa(dump: Dump, empresa_id: int) -> Empresa:
    values = _values(dump.empresa, leave_out={"logo"})
    empresa, _ = Empresa.objects.get_or_create(pk=empresa_id, defaults=values)
    return empresa


def _write_documents(empresa_id: int, stored: Mapping[str, StoredFile]) -> dict[str, int]:
    """The documento's id for each key."""
    by_key = {one.key: one for one in stored.values()}
    known = _ids_of(by_key)
    Documento.objects.bulk_create(
        [
            Documento(
                empresa_id=empresa_id,
                key=one.key,
                nombre=one.nombre,
                bytes=one.bytes,
                crc32=one.crc32,
                sha256=one.sha256,
            )
            for key, one in by_key.items()
            if key not in known
        ],
        batch_size=BATCH,
    )
    return _ids_of(by_key)


def keys_in_use(keys: Iterable[str]) -> set[str]:
    """Those of the keys that a documento names."""
    return set(_ids_of(keys))


def _ids_of(keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in in_batches(sorted(keys)):
        found.update(Documento.objects.filter(key__in=batch).values_list("key", "pk"))
    return found


Finder = Callable[[str | None], int | None]


def _finder(documents: Mapping[str, int], stored: Mapping[str, StoredFile]) -> Finder:
    return lambda path: documents[stored[path].key] if path is not None else None


def _write_equipos(
    empresa: Empresa, equipos: tuple[EquipoDump, ...], prints: Mapping[str, str], document: Finder
) -> None:
    known = {
        codigo: (pk, sha256)
        for codigo, pk, sha256 in Equipo.objects.filter(empresa=empresa).values_list(
            "codigo_interno", "pk", "dump_sha256"
        )
    }
    new = [one for one in equipos if one.codigo_interno not in known]
    told = [one for one in equipos if known.get(one.codigo_interno, (0, ""))[1] != prints[one.codigo_interno]]
    rows = [_equipo_row(empresa, one, prints, document) for one in new]
    ids = {row.codigo_interno: row.pk for row in Equipo.objects.bulk_create(rows, batch_size=BATCH)}
    for one in told:
        if one.codigo_interno in known:
            ids[one.codigo_interno] = _rewrite(known[one.codigo_interno][0], empresa, one, prints, document)
    if len(told) > len(new):  # the empresa's Ficha shows the names of equipos on loan
        Empresa.objects.filter(pk=empresa.pk).update(revision=F("revision") + 1)
    _write_histories([(ids[one.codigo_interno], one) for one in told], document)


def _equipo_row(empresa: Empresa, one: EquipoDump, prints: Mapping[str, str], document: Finder) -> Equipo:
    return Equipo(
        empresa=empresa,
        dump_sha256=prints[one.codigo_interno],
        imagen_id=document(one.imagen),
        **{f"{name}_id": document(path) for name, path in asdict(one.documentos).items()},
        **_values(one, leave_out={"imagen", *EQUIPO_CHILDREN}),
    )


def _rewrite(pk: int, empresa: Empresa, one: EquipoDump, prints: Mapping[str, str], document: Finder) -> int:
    row = _equipo_row(empresa, one, prints, document)
    columns = [field.attname for field in Equipo._meta.concrete_fields if field.attname not in {"id", "revision"}]
    values = {name: getattr(row, name) for name in columns}
    Equipo.objects.filter(pk=pk).update(revision=F("revision") + 1, **values)
    for model in (Calibracion, Mantenimiento, Comprobacion, Baja):
        _delete(model._default_manager.filter(equipo=pk))
    return pk


def _write_histories(equipos: list[tuple[int, EquipoDump]], document: Finder) -> None:
    _create(
        Calibracion,
        [(pk, row) for pk, one in equipos for row in one.calibraciones],
        CALIBRACION_DOCUMENTS,
        document,
    )
    _create(
        Mantenimiento,
        [(pk, row) for pk, one in equipos for row in one.mantenimientos],
        MANTENIMIENTO_DOCUMENTS,
        document,
    )
    _create(
        Comprobacion,
        [(pk, row) for pk, one in equipos for row in one.comprobaciones],
        COMPROBACION_DOCUMENTS,
        document,
    )
    _create(Baja, [(pk, one.baja) for pk, one in equipos if one.baja], ("documento",), document)


def _create(model: type[Model], rows: list[tuple[int, Any]], names: tuple[str, ...], document: Finder) -> None:
    model._default_manager.bulk_create(
        [
            model(
                equipo_id=pk,
                **{f"{name}_id": document(getattr(row, name)) for name in names},
                **_values(row, leave_out=set(names)),
            )
            for pk, row in rows
        ],
        batch_size=BATCH,
    )


def _write_lists(empresa: Empresa, dump: Dump, sha256: str, document: Finder) -> None:
    """The empresa's own data and its lists, where the dump tells them differently than the last one."""
    if not Empresa.objects.exclude(dump_sha256=sha256).filter(pk=empresa.pk).exists():
        return
    Empresa.objects.filter(pk=empresa.pk).update(
        dump_sha256=sha256,
        revision=F("revision") + 1,
        logo_id=document(dump.empresa.logo),
        **_values(dump.empresa, leave_out={"logo"}),
    )
    for model in (Proveedor, Procedimiento):
        _delete(model._default_manager.filter(empresa=empresa))
    _delete(Prestamo.objects.filter(equipo__in=Equipo.objects.filter(empresa=empresa)))
    Proveedor.objects.bulk_create([Proveedor(empresa=empresa, **_values(row)) for row in dump.proveedores])
    Procedimiento.objects.bulk_create(
        [
            Procedimiento(
                empresa=empresa, documento_id=document(row.documento), **_values(row, leave_out={"documento"})
            )
            for row in dump.procedimientos
        ]
    )
    ids = dict(Equipo.objects.filter(empresa=empresa).values_list("codigo_interno", "pk"))
    Prestamo.objects.bulk_create(
        [Prestamo(equipo_id=ids[row.equipo], **_values(row, leave_out={"equipo"})) for row in dump.prestamos]
    )


def _delete(rows: QuerySet[Any]) -> None:
    # One DELETE. delete() would load each row for the signals that bump revisions, which are bumped here already.
    rows._raw_delete(rows.db)


def _values(row: Any, *, leave_out: set[str] | None = None) -> dict[str, Any]:
    """The columns of a dump's row; `magnitudes` as the JSON they are kept as."""
    values = {one.name: getattr(row, one.name) for one in fields(row) if one.name not in (leave_out or set())}
    if "magnitudes" in values:
        values["magnitudes"] = [asdict(magnitud) for magnitud in values["magnitudes"]]
    return values


def _print(row: EquipoDump | Dump, stored: Mapping[str, StoredFile]) -> str:
    """The hash of what the dump says of an equipo (or of the empresa and its lists), its files' contents included."""
    leave_out = {"equipos", "files", "warnings"} if isinstance(row, Dump) else set()
    record = {name: value for name, value in asdict(row).items() if name not in leave_out}
    return sha256_of(canonical_json({"record": _plain(record), "files": _contents(record, stored)}))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, (date, Decimal)) else value


def _contents(value: Any, stored: Mapping[str, StoredFile]) -> list[str]:
    """The hashes of the files that a record names, in its order. A text that happens to be a path does no harm."""
    if isinstance(value, dict):
        return [sha256 for one in value.values() for sha256 in _contents(one, stored)]
    if isinstance(value, (list, tuple)):
        return [sha256 for one in value for sha256 in _contents(one, stored)]
    return [stored[value].sha256] if isinstance(value, str) and value in stored else []
