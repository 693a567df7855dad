"""What a part holds and what it lacks, by path from the root folder. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zipworker.package.manifest import ListedFile
from zipworker.package.missing import WORDS, Missing

ELSEWHERE = "no está en esta parte"


@dataclass(frozen=True, slots=True)
class Contents:
    """The sizes of the files that are in the part, and the motivos (in words) of those that are wanting.

    An image that cannot be shown is in both: its file is there.
    """

    bytes_of: Mapping[str, int]
    motivo_of: Mapping[str, str]

    @classmethod
    def of(cls, files: Sequence[ListedFile], missing: Sequence[Missing]) -> Contents:
        return cls(
            {file.path: file.bytes for file in files},
            {row.ruta: WORDS[row.motivo] for row in missing if row.ruta},
        )

    def why_not(self, path: str) -> str:
        """The motivo of a registered file; "" where it is there as it should be."""
        return self.motivo_of.get(path, "" if path in self.bytes_of else ELSEWHERE)
