"""Photos as people upload them: of each common format and colour space, upright or turned, huge, and broken."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from PIL import Image, ImageDraw

ORIENTATION: Final = 0x0112


def drawn(mode: str = "RGB", size: tuple[int, int] = (320, 200)) -> Image.Image:
    """An arrow that points up, red on a light ground, so that a turned photo is seen to be one."""
    image = Image.new("RGB", size, "#dfe7ec")
    width, height = size
    arrow = [(width / 2, height / 8), (width * 3 / 4, height / 2), (width / 4, height / 2)]
    draw = ImageDraw.Draw(image)
    draw.polygon(arrow, fill="#a3271f")
    draw.rectangle((width * 7 / 16, height / 2, width * 9 / 16, height * 7 / 8), fill="#1f3a4d")
    return image.convert(mode)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def _turned() -> bytes:
    """As a phone held upright writes it: the pixels lie on their side, and EXIF says so."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    return saved(drawn().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


def _declaring(width: int, height: int) -> bytes:
    """A PNG whose header promises more than anybody should decode."""
    data = bytearray(saved(drawn(), "PNG"))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(data)


def _huge() -> bytes:
    """27 megapixels in few bytes."""
    return saved(Image.new("RGB", (6000, 4500), "#1f3a4d"), "JPEG", quality=30)


def logo() -> bytes:
    return saved(drawn("CMYK", (400, 160)), "TIFF")


GOOD: Final[Mapping[str, bytes]] = {
    "foto.jpg": saved(drawn(), "JPEG"),
    "FOTO.JPEG": saved(drawn("CMYK"), "JPEG"),
    "foto progresiva.jpg": saved(drawn(), "JPEG", progressive=True),
    "foto.png": saved(drawn("RGBA"), "PNG"),
    "paleta.png": saved(drawn("P"), "PNG"),
    "gris.png": saved(drawn("L"), "PNG"),
    "foto.tiff": saved(drawn("CMYK"), "TIFF"),
    "foto.bmp": saved(drawn(), "BMP"),
    "foto.gif": saved(drawn("P"), "GIF"),
    "foto.webp": saved(drawn(), "WEBP"),
    "girada.jpg": _turned(),
    "enorme.jpg": _huge(),
    "sin extension": saved(drawn(), "PNG"),
}
# Their files go into the package all the same; FALTANTES names them, since the hoja de vida cannot show them.
BROKEN: Final[Mapping[str, bytes]] = {
    "vacia.jpg": b"",
    "texto.jpg": b"esto no es una imagen",
    "cortada.jpg": saved(drawn(), "JPEG")[:900],
    "cortada.png": saved(drawn(), "PNG")[:200],
    "promesa.png": _declaring(60_000, 60_000),
    "dibujo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}
