"""The book of a part while it is built: what has gone in, and what was registered and did not."""

from __future__ import annotations

from sam.errors import SamError
from zipworker.package.documents import Payload
from zipworker.package.entries import Entry
from zipworker.package.manifest import Counts, ListedFile
from zipworker.package.missing import Missing, Motivo


class Unbalanced(SamError):
    """What is in the archive and what is missing do not add up to what was registered: a defect of ours."""

    code = "unbalanced"
    words = "El paquete no cuadra: incluidos y faltantes no suman los registrados."


class Ledger:
    """Every file and every gap is written here once, in the order of the archive."""

    def __init__(self) -> None:
        self.files: list[ListedFile] = []
        self.missing: list[Missing] = []
        self.registered = 0
        self._beside = 0  # of those registered, what is no documento of the plan: a hoja, the logo
        self._absent = 0  # documentos whose file is not in the archive

    def expect(self, entries: int) -> None:
        """So many registered documentos come next."""
        self.registered += entries

    def add_file(self, path: str, payload: Payload, *, documento_id: int | None) -> None:
        self.files.append(ListedFile(path, payload.size, payload.sha256, documento_id))

    def add_missing(self, entry: Entry, motivo: Motivo) -> None:
        self.missing.append(Missing(entry.documento_id, entry.codigo, entry.label, entry.path, motivo))
        if motivo != Motivo.IMAGEN_ROTA:  # the file of an image that cannot be shown is in the archive
            self._absent += 1

    def add_unexpected(self, missing: Missing) -> None:
        """Something beside the documentos failed; it counts as registered, so that the sum stays true."""
        self.registered += 1
        self._beside += 1
        self.missing.append(missing)

    def counts(self, *, equipos: int) -> Counts:
        """The sums, checked before they are written down; raises Unbalanced."""
        included = sum(file.documento is not None for file in self.files)
        if included + self._absent != self.registered - self._beside:
            raise Unbalanced
        return Counts(equipos=equipos, registered=self.registered, missing=len(self.missing))
