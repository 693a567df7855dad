"""The pictures of the demo: each equipo as a photograph for its record, and each empresa's logo."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from sam.demo import bench_drawings, hand_drawings
from sam.demo.canvas import FONT, Canvas
from sam.demo.chance import dice
from sam.demo.companies import Issuer
from sam.demo.spanish import comma
from sam.demo.subjects import Subject

JPEG_QUALITY: Final = 85
# Drawn as seen from above.
LYING: Final = frozenset({"caliper", "micrometer", "torque_wrench", "glass_thermometer"})
LOGO_SIZE: Final = (900, 240)

Drawing = Callable[[Canvas, str], None]


def photograph(subject: Subject, *, due: str, seed: int) -> bytes:
    """The JPEG of an equipo; the same for the same subject and seed."""
    rng = dice(seed, subject.company.prefijo, "imagen", subject.ordinal)
    canvas = Canvas(rng, lying=subject.instrument.drawing in LYING)
    _drawing(subject.instrument.drawing)(canvas, _reading(subject, rng))
    canvas.sticker((24, 520), subject.codigo, due)
    file = io.BytesIO()
    canvas.photo().save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def logo(issuer: Issuer) -> bytes:
    """The PNG of an emblem and a name, on nothing."""
    image = Image.new("RGBA", LOGO_SIZE, (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    draw.regular_polygon((120, 120, 112), 6, fill=issuer.color)
    draw.ellipse((58, 58, 182, 182), outline="white", width=8)
    draw.text((120, 120), issuer.siglas, fill="white", font=ImageFont.truetype(str(FONT), 64), anchor="mm")
    draw.text((260, 96), issuer.nombre, fill=issuer.color, font=ImageFont.truetype(str(FONT), 68), anchor="lm")
    draw.text((262, 164), issuer.lema, fill="#4a5560", font=ImageFont.truetype(str(FONT), 30), anchor="lm")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _drawing(name: str) -> Drawing:
    found: Drawing = getattr(bench_drawings, name, None) or getattr(hand_drawings, name)
    return found


def _reading(subject: Subject, rng: random.Random) -> str:
    """What the display shows: a point of the first magnitud, and a little off."""
    magnitud = subject.instrument.magnitudes[0]
    nominal = rng.choice(magnitud.nominales)
    return comma(nominal + rng.uniform(-0.4, 0.4) * magnitud.limite_en(nominal), magnitud.decimales)
