"""The book of a part while it is built: what has gone in, and what was registered and did not."""

from __future__ import annotations

from zipworker.package.documents import Payload
from zipworker.package.entries import Entry
from zipworker.package.manifest import Counts, ListedFile
from zipworker.package.missing import Missing, Motivo


class Ledger:
    """Every file and every gap is written here once, in the order of the archive."""

    def __init__(self) -> None:
        self.files: list[ListedFile] = []
        self.missing: list[Missing] = []
        self.registered = 0

    def expect(self, entries: int) -> None:
        """So many registered documentos come next."""
        self.registered += entries

    def add_file(self, path: str, payload: Payload, *, documento_id: int | None) -> None:
        self.files.append(ListedFile(path, payload.size, payload.sha256, documento_id))

    def add_missing(self, entry: Entry, motivo: Motivo) -> None:
        self.missing.append(Missing(entry.documento_id, entry.codigo, entry.label, entry.path, motivo))

    def add_unexpected(self, missing: Missing) -> None:
        """Something beside the documentos failed; it counts as registered, so that the sum stays true."""
        self.registered += 1
        self.missing.append(missing)

    def counts(self, *, equipos: int) -> Counts:
        return Counts(equipos=equipos, registered=self.registered, missing=len(self.missing))
