"""A part as a stream of bytes: the plan goes in, the archive's chunks come out, and a ledger of what is in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import IO

from stream_zip import ZipIntegrityError

from sam.planning.names import sidecar
from sam.planning.plan import PartPlan, PlannedEquipo, StoredDocument
from zipworker.hoja_de_vida import (
    HojaDeVida,
    HojaFailed,
    Picture,
    hoja_de_vida,
    normalise_logo,
    normalise_photo,
)
from zipworker.indice import Thresholds, indice_html
from zipworker.package.documents import (
    DocumentChanged,
    NotIncluded,
    Payload,
    ReadDocument,
    new_spool,
    open_document,
    payload_of,
)
from zipworker.package.entries import (
    HOJA_DE_VIDA,
    IMAGEN,
    Entry,
    equipo_entries,
    equipo_path,
    procedimiento_entries,
)
from zipworker.package.ledger import Ledger
from zipworker.package.leeme import leeme_txt
from zipworker.package.manifest import manifest_json, sha256_list
from zipworker.package.missing import Missing, Motivo, faltantes_csv
from zipworker.package.pictures import open_picture
from zipworker.stream import Member, needs_zip64, zip_stream
from zipworker.workbook import WORKBOOK_NAME, WorkbookFile

logger = logging.getLogger(__name__)

# What an entry costs besides its bytes (two headers with its path), and what is generated, generously.
HEADER_BYTES = 1_000
HOJA_BYTES = 1_000_000
GENERATED_BYTES = 64 * 1024 * 1024
GENERATED_ENTRIES = 8

ReadWorkbook = Callable[[], WorkbookFile]
OnEquipo = Callable[[int, str], None]


class Package:
    """One part's archive, to be read once; `missing`, `counts` and `manifest_sha256` are whole at its end.

    `on_equipo(done, codigo)` is called after an equipo's last file has passed. `excluded` names documentos
    that an earlier try found changed (DocumentChanged), with the reason. StorageUnavailable passes through.
    """

    def __init__(
        self,
        plan: PartPlan,
        *,
        read_document: ReadDocument,
        workbook: ReadWorkbook,
        on_equipo: OnEquipo,
        excluded: Mapping[int, str] | None = None,
    ) -> None:
        self._plan = plan
        self._read = read_document
        self._workbook = workbook
        self._on_equipo = on_equipo
        self._excluded = {id: Motivo(motivo) for id, motivo in (excluded or {}).items()}
        self._ledger = Ledger()
        self._passing_id: int | None = None
        self.manifest_sha256 = ""

    @property
    def missing(self) -> list[Missing]:
        return self._ledger.missing

    @property
    def registered(self) -> int:
        return self._ledger.registered

    @property
    def included(self) -> int:
        return self.registered - len(self.missing)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the ZIP; raises DocumentChanged when a large documento turned out to be another."""
        try:
            yield from zip_stream(self._members(), instant=self._plan.instant, zip64=self._is_large())
        except ZipIntegrityError as error:
            # Its SHA-256 was right, so it is the registered CRC-32 that is wrong; the header cannot be mended.
            if self._passing_id is None:
                raise
            raise DocumentChanged(self._passing_id, Motivo.ALTERADO) from error

    def _is_large(self) -> bool:
        documents, equipos = self._plan.documents, len(self._plan.equipos)
        entries = len(documents) + equipos + GENERATED_ENTRIES
        return needs_zip64(
            planned_bytes=sum(document.bytes for document in documents.values())
            + entries * HEADER_BYTES
            + equipos * HOJA_BYTES
            + GENERATED_BYTES,
            entries=entries,
        )

    def _members(self) -> Iterator[Member]:
        plan = self._plan
        compiler, logo = hoja_de_vida(), self._logo()
        for done, equipo in enumerate(plan.equipos, 1):
            yield from self._equipo(equipo, compiler=compiler, logo=logo)
            self._on_equipo(done, equipo.codigo)
        if plan.number == plan.of:
            procedimientos = procedimiento_entries(plan.empresa, plan.documents)
            self._ledger.expect(len(procedimientos))
            for entry in procedimientos:
                yield from self._document(entry, self._open(entry))
        book = self._workbook()
        yield self._member(WORKBOOK_NAME, Payload(book.size, book.crc32, book.sha256, book.chunks()))
        yield from self._sidecars()

    def _equipo(self, equipo: PlannedEquipo, *, compiler: HojaDeVida, logo: Picture | None) -> Iterator[Member]:
        entries = list(equipo_entries(equipo, self._plan.documents))
        self._ledger.expect(len(entries))
        with new_spool() as spool:
            # The photo is in the hoja de vida, which comes first: it is read before the others, and once.
            photo = next((entry for entry in entries if entry.label == IMAGEN.label), None)
            opened, picture = self._open_photo(photo, spool) if photo else (None, None)
            yield from self._hoja(equipo, compiler=compiler, logo=logo, picture=picture)
            for entry in entries:
                if entry is not photo:
                    yield from self._document(entry, self._open(entry))
                elif opened is not None:
                    yield from self._document(entry, opened)
                    if isinstance(opened, Payload) and picture is None:
                        self._ledger.add_missing(entry, Motivo.IMAGEN_ROTA)

    def _hoja(
        self, equipo: PlannedEquipo, *, compiler: HojaDeVida, logo: Picture | None, picture: Picture | None
    ) -> Iterator[Member]:
        path = f"{equipo_path(equipo)}/{HOJA_DE_VIDA}"
        try:
            pdf = compiler.render(self._plan, equipo, logo=logo, imagen=picture)
        except HojaFailed:
            logger.exception("The hoja de vida of equipo %s failed", equipo.ficha["id"])
            self._ledger.add_unexpected(Missing(None, equipo.codigo, "Hoja de vida", path, Motivo.PDF_FALLO))
        else:
            yield self._member(path, payload_of(pdf))

    def _open(self, entry: Entry) -> Payload | Motivo:
        try:
            return open_document(self._wanted(entry), self._read)
        except NotIncluded as error:
            return error.motivo

    def _open_photo(self, entry: Entry, spool: IO[bytes]) -> tuple[Payload | Motivo, Picture | None]:
        try:
            return open_picture(self._wanted(entry), self._read, spool=spool, normalise=normalise_photo)
        except NotIncluded as error:
            return error.motivo, None

    def _wanted(self, entry: Entry) -> StoredDocument:
        """The documento that an entry is of, if it may be tried; raises NotIncluded."""
        if motivo := self._excluded.get(entry.documento_id):
            raise NotIncluded(motivo)
        if entry.documento is None:
            raise NotIncluded(Motivo.NO_ESTA)
        return entry.documento

    def _logo(self) -> Picture | None:
        id = self._plan.empresa["logo"]
        if id is None:
            return None
        entry = Entry(id, self._plan.documents.get(id), "", "Logo de la empresa", "")
        with new_spool() as spool:
            try:
                _, picture = open_picture(self._wanted(entry), self._read, spool=spool, normalise=normalise_logo)
                motivo = Motivo.IMAGEN_ROTA
            except NotIncluded as error:
                picture, motivo = None, error.motivo
        if picture is None:
            self._ledger.add_unexpected(Missing(id, "", entry.label, entry.path, motivo))
        return picture

    def _document(self, entry: Entry, opened: Payload | Motivo) -> Iterator[Member]:
        if isinstance(opened, Motivo):
            self._ledger.add_missing(entry, opened)
            return
        self._passing_id = entry.documento_id
        yield self._member(entry.path, opened, documento_id=entry.documento_id)
        self._passing_id = None

    def _sidecars(self) -> Iterator[Member]:
        """The files that speak of the others; each is written when what it speaks of is known."""
        plan, ledger = self._plan, self._ledger
        counts = ledger.counts(equipos=len(plan.equipos))

        def name(stem: str, extension: str) -> str:
            return sidecar(stem, extension, plan.number, plan.of)

        def text(path: str, data: bytes) -> Member:
            return self._member(path, payload_of(data), deflate=True)

        thresholds = Thresholds(por_vencer_days=plan.empresa["dias_por_vencer"])
        indice = indice_html(plan, files=ledger.files, missing=ledger.missing, counts=counts, thresholds=thresholds)
        yield text(name("INDICE", "html"), indice)
        yield text(name("FALTANTES", "csv"), faltantes_csv(ledger.missing))
        yield text(name("LEEME", "txt"), leeme_txt(plan, counts=counts))
        manifest = manifest_json(plan, files=ledger.files, missing=ledger.missing, counts=counts)
        yield text(name("manifiesto", "json"), manifest)
        self.manifest_sha256 = ledger.files[-1].sha256
        yield text(name("MANIFIESTO", "sha256"), sha256_list(ledger.files))

    def _member(self, path: str, payload: Payload, *, documento_id: int | None = None, deflate: bool = False) -> Member:
        self._ledger.add_file(path, payload, documento_id=documento_id)
        return Member(f"{self._plan.root}/{path}", payload.size, payload.crc32, payload.chunks, deflate)
