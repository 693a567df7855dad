"""The links of a sheet: relative, so that they lead to the files that were extracted beside the workbook.

Excel refuses a sheet of more than 65,530 links; openpyxl would hold an object of some kilobytes for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import quoteattr

from openpyxl.xml.constants import PKG_REL_NS, REL_NS

from zipworker.workbook.spool import new_spool, read_again

LINKS: Final = 60_000

# What Excel encodes when it writes a link to a file, and nothing more: in a link to a file it reads %C3%B1 as
# two characters, not as ñ. LibreOffice reads both.
ENCODED: Final = str.maketrans({character: f"%{ord(character):02X}" for character in ' "#%<>?[\\]^`{|}'})


def link_target(path: str) -> str:
    """The relative link to a path of safe names."""
    return path.translate(ENCODED)


class Links:
    """Up to `limit` links, on disk until the sheet is put together."""

    def __init__(self, *, limit: int = LINKS) -> None:
        self._limit = limit
        self._count = 0
        self._refs = new_spool()
        self._targets = new_spool()

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, ref: str, path: str) -> bool:
        """Whether there was room for one more."""
        if self._count == self._limit:
            return False
        self._count += 1
        id = f"rId{self._count}"
        self._refs.write(f'<hyperlink ref="{ref}" r:id="{id}"/>'.encode())
        self._targets.write(
            f'<Relationship Id="{id}" Type="{REL_NS}/hyperlink" Target={quoteattr(link_target(path))} '
            'TargetMode="External"/>'.encode()
        )
        return True

    def hyperlinks(self) -> Iterator[bytes]:
        """The element of the sheet."""
        yield f'<hyperlinks xmlns:r="{REL_NS}">'.encode()
        yield from read_again(self._refs)
        yield b"</hyperlinks>"

    def relationships(self) -> Iterator[bytes]:
        """The file beside the sheet."""
        yield f'<Relationships xmlns="{PKG_REL_NS}">'.encode()
        yield from read_again(self._targets)
        yield b"</Relationships>"

    def close(self) -> None:
        self._refs.close()
        self._targets.close()
