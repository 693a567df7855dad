"""Freezing records: a Ficha for each equipo, and for the empresa's lists, at the revision they have now."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from django.db import IntegrityError
from django.db.models import OuterRef, Subquery

from sam.models import Documento, Empresa, Equipo, Ficha
from sam.models.clock import one_instant
from sam.models.documentos import FichaKind
from sam.planning.batches import in_batches
from sam.planning.fichas import (
    EmpresaFicha,
    EquipoFicha,
    canonical_json,
    empresa_documents,
    equipo_documents,
    sha256_of,
)
from sam.selectors.registros import empresa_ficha, equipo_ficha, equipos_to_freeze


def fichas_of_equipos(empresa: Empresa) -> dict[int, tuple[str, int]]:
    """(código, Ficha id) of every equipo of the empresa by its id, freezing those that changed.

    Runs inside the caller's transaction, whose snapshot is what is frozen.
    """
    found = _frozen(empresa)
    stale = [pk for pk, (_, ficha) in found.items() if ficha is None]
    for batch in in_batches(stale):
        _freeze(batch)
    if stale:
        found = _frozen(empresa)
    return {pk: (codigo, ficha) for pk, (codigo, ficha) in found.items() if ficha is not None}


def freeze_in_batches(empresa_id: int) -> None:
    """Freeze what changed ahead of the first click, a short transaction for each batch.

    A batch that loses a race with a click's own freezing is left to the next one.
    """
    empresa = Empresa.objects.get(pk=empresa_id)
    stale = [pk for pk, (_, ficha) in _frozen(empresa).items() if ficha is None]
    for batch in in_batches(stale):
        with contextlib.suppress(IntegrityError), one_instant():
            _freeze(batch)


def ficha_of_empresa(empresa: Empresa) -> Ficha:
    """The Ficha of the empresa's lists as they are now."""
    known = Ficha.objects.filter(kind=FichaKind.EMPRESA, subject=empresa.pk, revision=empresa.revision).first()
    if known is not None:
        return known
    record = empresa_ficha(empresa)
    return Ficha.objects.create(
        **_columns(FichaKind.EMPRESA, empresa.pk, empresa.revision, record, _sizes(set(empresa_documents(record))))
    )


def _frozen(empresa: Empresa) -> dict[int, tuple[str, int | None]]:
    now = Ficha.objects.filter(kind=FichaKind.EQUIPO, subject=OuterRef("pk"), revision=OuterRef("revision"))
    rows = Equipo.objects.filter(empresa=empresa).annotate(ficha=Subquery(now.values("pk")[:1]))
    return {pk: (codigo, ficha) for pk, codigo, ficha in rows.values_list("pk", "codigo_interno", "ficha")}


def _freeze(ids: Sequence[int]) -> None:
    equipos = list(equipos_to_freeze(ids))
    records = [equipo_ficha(equipo) for equipo in equipos]
    sizes = _sizes({document for record in records for document in equipo_documents(record)})
    Ficha.objects.bulk_create(
        [
            Ficha(**_columns(FichaKind.EQUIPO, equipo.pk, equipo.revision, record, sizes))
            for equipo, record in zip(equipos, records, strict=True)
        ]
    )


def _columns(
    kind: FichaKind, subject: int, revision: int, record: EquipoFicha | EmpresaFicha, sizes: dict[int, int]
) -> dict[str, object]:
    text = canonical_json(record)
    documents = equipo_documents(record) if kind == FichaKind.EQUIPO else empresa_documents(record)  # type: ignore[arg-type]
    named = list(documents)
    return {
        "kind": kind,
        "subject": subject,
        "revision": revision,
        "data": text,
        "sha256": sha256_of(text),
        "documents": len(named),
        "bytes": sum(sizes[document] for document in named),
    }


def _sizes(documents: set[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for batch in in_batches(sorted(documents)):
        found.update(Documento.objects.filter(pk__in=batch).values_list("pk", "bytes"))
    return found
