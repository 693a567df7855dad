"""A part's plan as its builder needs it, and the plan of the whole request for the workbook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from django.db.models import QuerySet

from sam.models import Documento, PartEquipo, ZipPart, ZipRequest
from sam.planning.batches import BATCH, in_batches
from sam.planning.fichas import EmpresaFicha, empresa_documents, equipo_documents
from sam.planning.plan import PartPlan, PartRange, PlannedEquipo, StoredDocument


def load_plan(part_id: int) -> PartPlan:
    """Everything of one part, from rows that never change."""
    part = ZipPart.objects.select_related("request__lists").get(pk=part_id)
    request = part.request
    empresa: EmpresaFicha = json.loads(request.lists.data)
    equipos = tuple(_planned(PartEquipo.objects.filter(part=part)))
    named = {document for equipo in equipos for document in equipo_documents(equipo.ficha)}
    return PartPlan(
        request_id=request.pk,
        part_id=part.pk,
        number=part.number,
        of=part.of,
        instant=request.instant,
        empresa=empresa,
        root=request.root,
        equipos=equipos,
        documents=stored_documents(named | set(empresa_documents(empresa))),
        ranges=tuple(_ranges(request)),
    )


def iter_planned_equipos(request_id: int) -> Iterator[PlannedEquipo]:
    """All the equipos of a request in their order, a batch in memory at a time."""
    yield from _planned(PartEquipo.objects.filter(part__request=request_id))


def stored_documents(ids: set[int]) -> Mapping[int, StoredDocument]:
    """The documentos by id."""
    found: dict[int, StoredDocument] = {}
    for batch in in_batches(sorted(ids)):
        rows = Documento.objects.filter(pk__in=batch)
        for pk, key, nombre, size, crc32, sha256 in rows.values_list("pk", "key", "nombre", "bytes", "crc32", "sha256"):
            found[pk] = StoredDocument(pk, key, nombre, size, crc32, sha256)
    return found


def _planned(rows: QuerySet[PartEquipo]) -> Iterator[PlannedEquipo]:
    ordered = rows.order_by("ordinal").values_list("ordinal", "part__number", "codigo", "folder", "ficha__data")
    for ordinal, number, codigo, folder, data in ordered.iterator(chunk_size=BATCH):
        yield PlannedEquipo(ordinal, number, codigo, folder, json.loads(data))


def _ranges(request: ZipRequest) -> Iterator[PartRange]:
    for part in request.parts.order_by("number"):
        yield PartRange(part.number, part.first, part.last, part.first_codigo, part.last_codigo)
