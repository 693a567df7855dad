"""A photographer's table for `pictures`: light, shadow, metal, glass, displays and dials, drawn with Pillow."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from sam.demo.fonts import font_file

WIDTH: Final = 800
HEIGHT: Final = 600
HORIZON: Final = 396
SCALE: Final = 2  # drawn twice as large and reduced, which smooths every edge
NOISE_LEVELS: Final = 10
GRADIENT_STEPS: Final = 256

FONT: Final = font_file("Semibold")

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Color = str

STEEL: Final = ("#f4f6f8", "#9aa4ae")
DARK: Final = ("#4c535b", "#22262b")
WHITE: Final = ("#ffffff", "#cfd5db")
LCD: Final = ("#b9c7b0", "#9fb095")
BRASS: Final = ("#f3dc93", "#a97c1f")


class Canvas:
    """One picture in the making; all coordinates in a frame of 800 by 600."""

    def __init__(self, rng: random.Random, *, lying: bool = False) -> None:
        self._rng = rng
        self._image = _studio(rng, horizon=0 if lying else HORIZON)
        self._draw = ImageDraw.Draw(self._image)

    def photo(self) -> Image.Image:
        """The picture at its final size, with the grain of a camera."""
        small = self._image.reduce(SCALE)
        grain = Image.frombytes("L", small.size, self._rng.randbytes(WIDTH * HEIGHT))
        grain = grain.point([level * NOISE_LEVELS // 255 for level in range(256)])
        return ImageChops.add(small, Image.merge("RGB", (grain,) * 3), 1, -NOISE_LEVELS // 2)

    def shadow(self, box: Box, *, softness: float = 14, darkness: int = 110) -> None:
        """A soft dark ellipse, on which a thing seems to stand."""
        mask = Image.new("L", (WIDTH // 2, HEIGHT // 2), 0)
        ImageDraw.Draw(mask).ellipse([value / 2 for value in box], fill=darkness)
        mask = mask.filter(ImageFilter.GaussianBlur(softness / 2)).resize(self._image.size)
        self._image.paste("#1c2126", (0, 0), mask)

    def body(self, box: Box, *, radius: float = 12, colors: Sequence[Color] = WHITE, sideways: bool = False) -> None:
        """A rounded block whose color runs from one to the other, down or to the right."""
        x0, y0, x1, y1 = (round(value * SCALE) for value in box)
        size = (x1 - x0, y1 - y0)
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius * SCALE, fill=255)
        self._image.paste(_gradient(size, colors, sideways=sideways), (x0, y0), mask)
        self._draw.rounded_rectangle((x0, y0, x1 - 1, y1 - 1), radius * SCALE, outline="#3a4047", width=SCALE)

    def tube(self, box: Box, *, colors: Sequence[Color] = STEEL, radius: float = 4) -> None:
        """A cylinder seen from the side: bright along its middle, along its longer side."""
        x0, y0, x1, y1 = box
        bright, dark = colors
        if x1 - x0 > y1 - y0:
            middle = (y0 + y1) / 2
            self.body((x0, y0, x1, y1), radius=radius, colors=(dark, bright))
            self.body((x0, middle, x1, y1), radius=radius, colors=(bright, dark))
        else:
            middle = (x0 + x1) / 2
            self.body((x0, y0, x1, y1), radius=radius, colors=(dark, bright), sideways=True)
            self.body((middle, y0, x1, y1), radius=radius, colors=(bright, dark), sideways=True)

    def disc(self, center: Point, radius: float, *, colors: Sequence[Color] = STEEL) -> None:
        x, y = center
        self.body((x - radius, y - radius, x + radius, y + radius), radius=radius, colors=colors)

    def shape(self, points: Sequence[Point], *, fill: Color, outline: Color = "#3a4047") -> None:
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill, outline=outline)

    def line(self, points: Sequence[Point], *, fill: Color = "#22262b", width: float = 2) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=fill, width=round(width * SCALE), joint="curve")

    def text(self, center: Point, words: str, *, size: float = 16, fill: Color = "#22262b") -> None:
        x, y = center
        self._draw.text((x * SCALE, y * SCALE), words, fill=fill, font=_font(round(size * SCALE)), anchor="mm")

    def display(self, box: Box, words: str, *, unit: str = "", lit: bool = False) -> None:
        """A liquid-crystal display, or a lit one, with its reading."""
        x0, y0, x1, y1 = box
        height = y1 - y0
        self.body(box, radius=5, colors=("#10161c", "#1d2833") if lit else LCD)
        ink = "#5ef2c2" if lit else "#1b241a"
        room = (x1 - x0) - height * 0.6
        size = min(height * 0.62, room / max(1, len(words)) * 1.9)
        self.text((x0 + room / 2 + height * 0.06, (y0 + y1) / 2), words, size=size, fill=ink)
        self.text((x1 - height * 0.32, y1 - height * 0.22), unit, size=height * 0.24, fill=ink)

    def keys(self, origin: Point, *, columns: int, rows: int, size: float = 30, gap: float = 10) -> None:
        for row in range(rows):
            for column in range(columns):
                x, y = origin[0] + column * (size + gap), origin[1] + row * (size * 0.7 + gap)
                self.body((x, y, x + size, y + size * 0.7), radius=5, colors=DARK)

    def dial(self, center: Point, radius: float, *, labels: Sequence[str], share: float, unit: str) -> None:
        """A round face with a scale over 270 degrees, and its needle at `share` of it."""
        x, y = center
        self.disc(center, radius, colors=DARK)
        self.disc(center, radius * 0.9, colors=("#ffffff", "#e8ebee"))
        for step in range(51):
            long = step % 10 == 0
            self._tick(center, radius, step / 50, 0.72 if long else 0.78, 3 if long else 1)
        for index, label in enumerate(labels):
            angle = _angle(index / (len(labels) - 1))
            spot = (x + radius * 0.6 * math.cos(angle), y + radius * 0.6 * math.sin(angle))
            self.text(spot, label, size=radius * 0.13)
        self.text((x, y + radius * 0.34), unit, size=radius * 0.15)
        tip, tail = _angle(share), _angle(share) + math.pi
        ends = [(x + radius * r * math.cos(a), y + radius * r * math.sin(a)) for a, r in ((tail, 0.2), (tip, 0.74))]
        self.line(ends, fill="#b3261e", width=4)
        self.disc(center, radius * 0.07, colors=DARK)

    def sticker(self, corner: Point, codigo: str, due: str) -> None:
        """The calibration label that every equipo of the company bears."""
        x, y = corner
        self.body((x, y, x + 112, y + 58), radius=4, colors=("#fff3a8", "#f2dd6b"))
        self.text((x + 56, y + 11), "CALIBRADO", size=11, fill="#0b5c7a")
        self.text((x + 56, y + 28), codigo if len(codigo) <= 16 else codigo[:15] + "…", size=14)
        self.text((x + 56, y + 46), due, size=11)

    def _tick(self, center: Point, radius: float, share: float, inner: float, width: float) -> None:
        angle = _angle(share)
        ends = [
            (center[0] + radius * r * math.cos(angle), center[1] + radius * r * math.sin(angle)) for r in (inner, 0.85)
        ]
        self.line(ends, width=width)


def _angle(share: float) -> float:
    """Radians of a share of a dial: from the lower left, over the top, to the lower right."""
    return math.radians(135 + 270 * share)


def _studio(rng: random.Random, *, horizon: float) -> Image.Image:
    """A wall and, from the horizon down, a bench, lit from above, in one of a few colors."""
    wall, bench = rng.choice(
        (
            (("#e9eef2", "#b7c3cd"), ("#8f9aa3", "#d5dbe0")),
            (("#f1ede6", "#cfc4b3"), ("#a08f78", "#ddd2c1")),
            (("#e6efe9", "#aec4b7"), ("#7f9488", "#cfdcd4")),
            (("#eceaf3", "#bdb8d0"), ("#8b87a0", "#d6d3e2")),
        )
    )
    edge = round(horizon * SCALE)
    image = _gradient((WIDTH * SCALE, HEIGHT * SCALE), wall)
    image.paste(_gradient((WIDTH * SCALE, HEIGHT * SCALE - edge), bench), (0, edge))
    return image


def _gradient(size: tuple[int, int], colors: Sequence[Color], *, sideways: bool = False) -> Image.Image:
    ramp = Image.linear_gradient("L").resize((1, GRADIENT_STEPS))
    if sideways:
        ramp = ramp.transpose(Image.Transpose.ROTATE_90)
    colored = ImageOps.colorize(ramp, black=colors[0], white=colors[1])
    # Smooth along the ramp, and copied across it: a tenth of the time of one smooth resize.
    along = (size[0], 1) if sideways else (1, size[1])
    return colored.resize(along).resize(size, Image.Resampling.NEAREST)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)
