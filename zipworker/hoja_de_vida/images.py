"""Logos and photos in any common format, made what a PDF/A may hold: upright, sRGB, and no larger than printed."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import IO, Final, Literal, cast

from PIL import Image, ImageCms, ImageOps

from sam.errors import SamError

# Decoded pixels cost up to 4 bytes each. A JPEG is decoded at a fraction of its size, so that the 200 megapixels
# of a phone pass; a progressive one is not (its decoder holds all of it).
PIXEL_LIMIT: Final = 50_000_000
DECLARED_PIXEL_LIMIT: Final = 400_000_000
PHOTO_PIXELS: Final = 800  # 95 mm at 210 dpi; Typst decodes what it embeds, 2 ms for each of these
LOGO_PIXELS: Final = 480
JPEG_QUALITY: Final = 85
READY_BYTES: Final = 512 * 1024
# Not EPS, WMF and the like, which start other programs or are programs themselves.
FORMATS: Final = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000", "ICO", "PPM", "TGA")
ORIENTATION: Final = 0x0112

# Pillow's own limit warns through a global and does not know of draft decoding; `_opened` has ours.
Image.MAX_IMAGE_PIXELS = None

# What Pillow's decoders raise for bytes that are no image of theirs.
UNDECODABLE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)


class BrokenImage(SamError):
    """Bytes that are no image, or one too large to decode."""

    code = "broken_image"
    words = "La imagen no se puede mostrar."


@dataclass(frozen=True, slots=True)
class Picture:
    """An image ready for the template."""

    data: bytes
    format: Literal["jpg", "png"]


def normalise_photo(file: IO[bytes]) -> Picture:
    """A photo as JPEG, on white where it is transparent; raises BrokenImage."""
    try:
        image = _opened(file)
        if _is_ready(image, file):
            return Picture(_whole(file), "jpg")
        return Picture(_encoded(_shown(image, PHOTO_PIXELS), "JPEG", quality=JPEG_QUALITY), "jpg")
    except UNDECODABLE as error:
        raise BrokenImage() from error


def normalise_logo(file: IO[bytes]) -> Picture:
    """A logo as PNG, which keeps its edges sharp; raises BrokenImage."""
    try:
        return Picture(_encoded(_shown(_opened(file), LOGO_PIXELS), "PNG"), "png")
    except UNDECODABLE as error:
        raise BrokenImage() from error


def _opened(file: IO[bytes]) -> Image.Image:
    """The image with its header read, nothing decoded yet; raises BrokenImage if it is too large for that."""
    image = Image.open(file, formats=FORMATS)
    if image.width * image.height > DECLARED_PIXEL_LIMIT:
        raise BrokenImage()
    if image.format == "JPEG" and not image.info.get("progressive"):
        image.draft(None, (2 * PHOTO_PIXELS, 2 * PHOTO_PIXELS))
    if image.width * image.height > PIXEL_LIMIT:
        raise BrokenImage()
    return image


def _is_ready(image: Image.Image, file: IO[bytes]) -> bool:
    """Whether a PDF can hold the file as it is: most photos of a demo, and no loss by coding them twice."""
    ready = (
        image.format == "JPEG"
        and image.mode in {"RGB", "L"}
        and max(image.size) <= PHOTO_PIXELS
        and "icc_profile" not in image.info
        and image.getexif().get(ORIENTATION, 1) == 1
        and file.seek(0, io.SEEK_END) <= READY_BYTES
    )
    if ready:
        image.load()  # the header says nothing of a file that ends in its middle
    return ready


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _shown(image: Image.Image, limit: int) -> Image.Image:
    """The image upright, within `limit` pixels a side, in sRGB, on white."""
    image.load()
    if image.mode in {"P", "1"}:  # a palette cannot be resampled
        image = image.convert("RGBA")
    image.thumbnail((limit, limit), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image = _srgb(ImageOps.exif_transpose(image))
    # A new image: what the old one carried along (its profile, its EXIF) would be written with it.
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return white


def _srgb(image: Image.Image) -> Image.Image:
    """The image as RGB or RGBA, through its own colour profile where it has one that works."""
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):  # a profile of another colour space, or garbage
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A grey image of 16 or 32 bits, from its darkest to its lightest: its numbers have no other meaning to us."""
    wide = image.convert("F")
    low, high = cast("tuple[float, float]", wide.getextrema())
    scale = 255 / ((high - low) or 1)
    return wide.point(lambda value: value * scale + -low * scale).convert("L")


def _encoded(image: Image.Image, format: str, **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()
