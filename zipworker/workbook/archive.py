"""The file that openpyxl saved, written again: with its long sheets whole, and without the clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl.packaging.core import DocumentProperties
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

from sam.planning.names import BOGOTA
from zipworker.workbook.cells import legal_text
from zipworker.workbook.sheet import Sheet

CREATOR: Final = "SAM"


def write_again(raw: IO[bytes], target: Path, *, sheets: Sequence[Sheet], title: str, instant: datetime) -> None:
    """The same entries in the same order, with the instant as their time and in the properties."""
    when = instant.astimezone(BOGOTA).timetuple()[:6]
    long = {sheet.path: sheet for sheet in sheets}

    with ZipFile(raw) as source, ZipFile(target, "w", ZIP_DEFLATED) as archive:

        def write(name: str, chunks: Iterable[bytes]) -> None:
            entry = ZipInfo(name, when)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w") as file:
                for chunk in chunks:
                    file.write(chunk)

        for name in source.namelist():
            if name == ARC_CORE:
                write(name, [_properties(title, instant)])
            elif name in long:
                write(name, long[name].xml(source.read(name)))
                if long[name].links:
                    write(_relationships_of(name), long[name].links.relationships())
            else:
                write(name, [source.read(name)])


def _relationships_of(name: str) -> str:
    folder, _, file = name.rpartition("/")
    return f"{folder}/_rels/{file}.rels"


def _properties(title: str, instant: datetime) -> bytes:
    moment = instant.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties = DocumentProperties(creator=CREATOR, title=legal_text(title), created=moment, modified=moment)
    return cast("bytes", tostring(properties.to_tree()))  # lxml's, which its stub takes for ElementTree's
