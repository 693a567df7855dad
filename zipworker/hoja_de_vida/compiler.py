"""Typst, held ready: the fonts and the template are read once, each hoja de vida is one compilation."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import threading
import weakref
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Final

import typst

from sam.errors import SamError
from sam.planning.plan import PartPlan, PlannedEquipo
from zipworker.hoja_de_vida.data import template_data
from zipworker.hoja_de_vida.images import Picture
from zipworker.hoja_de_vida.text import FONT_FILES, FONT_FOLDER

TEMPLATE: Final = Path(__file__).with_name("hoja_de_vida.typ")
STANDARD: Final = "a-2b"


class HojaFailed(SamError):
    """Typst refused a hoja de vida; the cause has its words."""

    code = "hoja_failed"
    words = "La hoja de vida no se pudo generar."


class HojaDeVida:
    """A compiler for one thread; several may run at once, since Typst lets go of the GIL.

    It has a folder of its own with the template and the images of the moment, and Typst reads nothing outside it.
    """

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="sam-hoja-"))
        # Not a TemporaryDirectory: a thread that ends drops its compiler, and that would warn of it.
        weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        template = self._root / TEMPLATE.name
        shutil.copyfile(TEMPLATE, template)
        self._compiler = typst.Compiler(input=template, root=self._root, font_paths=_fonts(), ignore_system_fonts=True)

    def render(self, plan: PartPlan, equipo: PlannedEquipo, *, logo: Picture | None, imagen: Picture | None) -> bytes:
        """The PDF; the same arguments give the same bytes. Raises HojaFailed."""
        data = template_data(plan, equipo, logo=self._place("logo", logo), imagen=self._place("imagen", imagen))
        try:
            pdf = self._compiler.compile(
                format="pdf",
                sys_inputs={"datos": json.dumps(data, ensure_ascii=False)},
                pdf_standards=STANDARD,
                pdf_tags=False,  # 2b does not ask for them; they cost a millisecond and a third of the bytes
                timestamp=plan.instant.astimezone(UTC).replace(microsecond=0),
            )
        except typst.TypstError as error:
            raise HojaFailed() from error
        except BaseException as error:
            # A panic in Rust is no Exception: unanswered, it would end the thread instead of one hoja de vida.
            if type(error).__name__ != "PanicException":
                raise
            raise HojaFailed() from error
        if not isinstance(pdf, bytes):
            raise HojaFailed()
        return pdf

    def _place(self, name: str, picture: Picture | None) -> str | None:
        if picture is None:
            return None
        file = self._root / f"{name}.{picture.format}"
        file.write_bytes(picture.data)
        return f"/{file.name}"


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The template's fonts, in a folder that lasts as long as the process.

    The package has each face as .otf and as .ttf; which of the two Typst took would depend on the folder's order.
    """
    folder = Path(tempfile.mkdtemp(prefix="sam-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in FONT_FILES:
        shutil.copyfile(FONT_FOLDER / name, folder / name)
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])


_of_thread = threading.local()


def hoja_de_vida() -> HojaDeVida:
    """The compiler of the thread that asks, made at its first asking."""
    compiler = getattr(_of_thread, "compiler", None)
    if not isinstance(compiler, HojaDeVida):
        compiler = _of_thread.compiler = HojaDeVida()
    return compiler
