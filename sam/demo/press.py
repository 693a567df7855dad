"""From papers to PDF: Typst, with the same fonts in the same order on every machine, one compiler a thread."""

from __future__ import annotations

import functools
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import typst

from sam.demo.blocks import Paper
from sam.demo.fonts import font_file

TEMPLATE: Final = Path(__file__).with_name("paper.typ")
# One file for each style: the package has .otf and .ttf of all, and which of two equals Typst takes
# depends on the order in which the directory happens to list them, and so would the bytes.
STYLES: Final = ("Regular", "Semibold")


@contextmanager
def press(folder: Path) -> Iterator[Press]:
    """A press for the papers of a dump in `folder`, whose pictures they may show."""
    with TemporaryDirectory(prefix="sam-demo-") as fonts:
        for style in STYLES:
            shutil.copy(font_file(style), fonts)
        yield Press(folder, Path(fonts))


class Press:
    """Prints papers; used by several threads at once."""

    def __init__(self, folder: Path, fonts: Path) -> None:
        self._folder = folder
        self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
        self._own = threading.local()

    def pdf(self, paper: Paper) -> bytes:
        """The bytes of a paper, which depend on nothing but the paper and the versions of what prints it."""
        instant = datetime.combine(paper.day, time(12), tzinfo=UTC)
        printed = self._compiler().compile(
            _template(),
            format="pdf",
            sys_inputs={"paper": json.dumps(paper.content(), ensure_ascii=False)},
            timestamp=int(instant.timestamp()),
            pdf_tags=False,
        )
        if not isinstance(printed, bytes):
            raise TypeError(f"Typst gave no PDF for {paper.path}")
        return printed

    def _compiler(self) -> typst.Compiler:
        known: typst.Compiler | None = getattr(self._own, "compiler", None)
        if known is None:
            known = typst.Compiler(root=str(self._folder), font_paths=self._fonts, ignore_system_fonts=True)
            self._own.compiler = known
        return known


@functools.cache
def _template() -> bytes:
    return TEMPLATE.read_bytes()
