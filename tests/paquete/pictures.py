"""The pictures of docs/paquete.md, made anew from the demo: `PYTHONPATH=bin python -m tests.paquete.pictures`."""

from __future__ import annotations

import io
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import sync_playwright

from sam.demo import write_demo
from tests.conftest import CHROMIUM_FLAGS, find_chromium
from tests.paquete.delivery import ROOT, Installation

DOCS: Final = ROOT / "docs"
EQUIPO: Final = "EQ-002"
HOJA_DPI: Final = 70
WIDTH, HEIGHT = 1200, 1250
COLOURS: Final = 128


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sam-pictures-") as name:
        folder = Path(name)
        write_demo(folder / "dump")
        delivery = Installation.of(folder / "dump", folder / "instalación").build()
        root = delivery.extract(folder / "extraído")
        delivery.close()
        _save("hoja_de_vida.png", _first_page(root / "Equipos" / EQUIPO / "Hoja_de_vida.pdf"))
        _save("indice.png", _page(root / "INDICE_P1de2.html"))


def _first_page(pdf: Path) -> bytes:
    command = ["pdftoppm", "-r", str(HOJA_DPI), "-f", "1", "-l", "1", "-png", str(pdf)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def _page(html: Path) -> bytes:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(html.as_uri())
        shot = page.screenshot()
        browser.close()
    return shot


def _save(name: str, png: bytes) -> None:
    """Within a palette; median cut would give its colours to the greys of the letters, and none to the semáforo."""
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(DOCS / name, optimize=True)


if __name__ == "__main__":
    main()
