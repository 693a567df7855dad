"""The charts of error/EMP by nominal value: axes as positions from 0 to 1, the series drawn as SVG. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sam.planning.fichas import EquipoFicha, MagnitudFicha, PuntoFicha
from zipworker.hoja_de_vida.text import printable

LAST_RECORDS: Final = 5
# Beyond this a chart of 158 mm shows a smear, and takes seconds to set.
POINTS_PER_SERIES: Final = 120
X_MARGIN: Final = 0.04
# The drawing's own units; the template gives it 158 mm × 40 mm and the colours ("color-0" …).
WIDTH, HEIGHT = 632.0, 160.0
LINE_WIDTH: Final = 0.8
CAP: Final = 2.0
# Series over one nominal value stand side by side, so that their uncertainty bars do not hide each other.
SERIES_SHIFT: Final = 2.2
# One shape for each series, around its centre, for whoever does not see its colour.
MARKS: Final = (
    "m-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z",
    "m-3-3h6v6h-6z",
    "m0-4l3.9 6.9h-7.8z",
    "m0-4.2l4.2 4.2l-4.2 4.2l-4.2-4.2z",
    "m-3.9-2.5l1.4-1.4l2.5 2.5l2.5-2.5l1.4 1.4l-2.5 2.5l2.5 2.5l-1.4 1.4l-2.5-2.5l-2.5 2.5l-1.4-1.4l2.5-2.5z",
)
NUMBER_WITH_UNIT: Final = re.compile(r"\s*(?:±|\+/-|\+-)?\s*(\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True, slots=True)
class Point:
    """One measured point in units of its own EMP; `spread` is its uncertainty in the same, None if unknown."""

    nominal: float
    ratio: float
    spread: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """What one calibración or comprobación measured of one magnitud."""

    nombre: str
    points: tuple[Point, ...]
    left_out: int
    thinned: int
    emp_texts: tuple[str, ...]


def measurement_charts(ficha: EquipoFicha) -> list[dict[str, Any]]:
    """A group of charts for the calibraciones and one for the comprobaciones; neither where nothing was measured."""
    groups = (
        ("Calibraciones", ficha["calibraciones"], "numero_certificado"),
        ("Comprobaciones", ficha["comprobaciones"], "consecutivo"),
    )
    charts = []
    for titulo, rows, number in groups:
        records: Sequence[Mapping[str, Any]] = rows
        graficas = _charts_of(records, number)
        if graficas:
            charts.append({"titulo": titulo, "graficas": graficas})
    return charts


def _charts_of(records: Sequence[Mapping[str, Any]], number: str) -> list[dict[str, Any]]:
    measured: dict[tuple[str, str], list[tuple[str, MagnitudFicha]]] = {}
    for record in records:
        nombre = " · ".join(filter(None, (record["fecha"], record[number]))) or "Sin fecha"
        for magnitud in record["magnitudes"]:
            if magnitud["puntos"]:
                key = (magnitud["nombre"].strip().casefold(), magnitud["unidad"].strip())
                measured.setdefault(key, []).append((nombre, magnitud))
    return [
        _chart(magnitudes[-1][1], [_series(nombre, one) for nombre, one in magnitudes[-LAST_RECORDS:]])
        for magnitudes in measured.values()
    ]


def _series(nombre: str, magnitud: MagnitudFicha) -> Series:
    points = [_point(punto, unidad=magnitud["unidad"]) for punto in magnitud["puntos"]]
    drawn = sorted((point for point in points if point), key=lambda point: point.nominal)
    kept = _thinned(drawn)
    texts = (punto["emp_absoluto"] for punto in magnitud["puntos"])
    return Series(
        nombre=nombre,
        points=tuple(kept),
        left_out=len(points) - len(drawn),
        thinned=len(drawn) - len(kept),
        emp_texts=tuple(dict.fromkeys(text.strip() for text in texts if isinstance(text, str) and text.strip())),
    )


def _point(punto: PuntoFicha, *, unidad: str) -> Point | None:
    """The point in units of its EMP, or None where its numbers do not allow it."""
    nominal, error, lectura = punto["nominal"], punto["error"], punto["lectura"]
    emp = emp_number(punto["emp_absoluto"], unidad=unidad)
    if error is None and lectura is not None and nominal is not None:
        error = lectura - nominal
    if nominal is None or error is None or emp is None:
        return None
    uncertainty = punto["incertidumbre"]
    spread = None if uncertainty is None else abs(uncertainty) / emp
    numbers = (nominal, error / emp, spread or 0.0)
    return Point(nominal, error / emp, spread) if all(map(_is_drawable, numbers)) else None


def _is_drawable(number: float) -> bool:
    return math.isfinite(number) and abs(number) < 1e12


def emp_number(emp: float | str | None, *, unidad: str) -> float | None:
    """The number of an EMP as written: 0.5 of "±0,5 °C" in °C; None of "2 % FS", which is no number of that unit."""
    if isinstance(emp, str):
        match = NUMBER_WITH_UNIT.fullmatch(emp)
        if match is None or match[2].casefold() not in {"", unidad.strip().casefold()}:
            return None
        emp = float(match[1].replace(",", "."))
    return abs(emp) if emp else None


def _thinned(points: list[Point]) -> list[Point]:
    """At most POINTS_PER_SERIES points, evenly chosen; the largest error is always among them."""
    if len(points) <= POINTS_PER_SERIES:
        return points
    last = len(points) - 1
    chosen = {round(index * last / (POINTS_PER_SERIES - 2)) for index in range(POINTS_PER_SERIES - 1)}
    chosen.add(max(range(len(points)), key=lambda index: abs(points[index].ratio)))
    return [points[index] for index in sorted(chosen)]


def _chart(magnitud: MagnitudFicha, series: Sequence[Series]) -> dict[str, Any]:
    drawn = [one for one in series if one.points]
    unidad = magnitud["unidad"].strip()
    nombre = magnitud["nombre"].strip() or "Magnitud"
    emp = "; ".join(dict.fromkeys(text for one in series for text in one.emp_texts[:3]))
    x, y = _x_axis(drawn), _y_axis(drawn)
    return {
        "titulo": printable(f"{nombre} ({unidad}): error / EMP" if unidad else f"{nombre}: error / EMP"),
        "emp": printable(emp),
        "rotulo_x": printable(f"Valor nominal ({unidad})" if unidad else "Valor nominal"),
        "eje_x": x.ticks(),
        "eje_y": y.ticks(),
        "limites": [y.position(limit) for limit in (-1, 1)],
        "dibujo": _drawing(drawn, x, y),
        "series": [{"nombre": printable(one.nombre), "muestra": _sample(index)} for index, one in enumerate(drawn)],
        "nota": _note(series, drawn=bool(drawn)),
    }


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values and the distance of its marks."""

    low: float
    high: float
    step: float

    def position(self, value: float) -> float:
        return round((value - self.low) / (self.high - self.low), 4)

    def ticks(self) -> list[list[float | str]]:
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return [
            [self.position(index * self.step), decimal_comma(index * self.step, decimals)]
            for index in range(first, last + 1)
        ]


def _x_axis(series: Iterable[Series]) -> Axis:
    values = [point.nominal for one in series for point in one.points] or [0.0]
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high)):  # one nominal value: in the middle
        around = abs(low) / 2 or 1.0
        low, high = low - around, high + around
    margin = (high - low) * X_MARGIN
    return Axis(low - margin, high + margin, _step((high - low) / 6))


def _y_axis(series: Iterable[Series]) -> Axis:
    reach = max((abs(point.ratio) + (point.spread or 0) for one in series for point in one.points), default=0)
    top = max(1.25, reach * 1.1)
    return Axis(-top, top, _step(top / 3))


def _step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))


def decimal_comma(value: float, decimals: int) -> str:
    """A number as it is read in Colombia, with a true minus sign."""
    if abs(value) >= 1e7 or 0 < abs(value) < 1e-4 or decimals > 6:
        text = f"{value:.4g}"
    else:
        text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−").replace(".", ",")


def _drawing(series: Sequence[Series], x: Axis, y: Axis) -> str:
    shapes = []
    for index, one in enumerate(series):
        shift = (index - (len(series) - 1) / 2) * SERIES_SHIFT
        places = [(x.position(point.nominal) * WIDTH + shift, _height(y, point.ratio), point) for point in one.points]
        line = "M" + "L".join(f"{left:.2f} {top:.2f}" for left, top, _ in places)
        bars = "".join(
            _bar(left, _height(y, point.ratio - point.spread), _height(y, point.ratio + point.spread))
            for left, _, point in places
            if point.spread is not None
        )
        marks = "".join(f"M{left:.2f} {top:.2f}{MARKS[index]}" for left, top, _ in places)
        shapes.append(f'<path fill="none" stroke="color-{index}" stroke-width="{LINE_WIDTH}" d="{line}{bars}"/>')
        shapes.append(f'<path fill="color-{index}" d="{marks}"/>')
    return _svg(f"0 0 {WIDTH:g} {HEIGHT:g}", "".join(shapes))


def _height(y: Axis, value: float) -> float:
    return (1 - y.position(value)) * HEIGHT


def _bar(left: float, bottom: float, top: float) -> str:
    caps = "".join(f"M{left - CAP:.2f} {end:.2f}h{2 * CAP:g}" for end in (bottom, top))
    return f"M{left:.2f} {bottom:.2f}V{top:.2f}{caps}"


def _sample(index: int) -> str:
    """The mark of a series, for the legend."""
    return _svg("-4.5 -4.5 9 9", f'<path fill="color-{index}" d="M0 0{MARKS[index]}"/>')


def _svg(view: str, shapes: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">{shapes}</svg>'


def _note(series: Sequence[Series], *, drawn: bool) -> str:
    if not drawn:
        return "No se puede graficar: los puntos no tienen valor nominal, error y EMP numéricos."
    notes = []
    if left_out := sum(one.left_out for one in series):
        notes.append(f"Sin graficar por no tener valor nominal, error o EMP numérico: {left_out}.")
    if thinned := sum(one.thinned for one in series):
        notes.append(f"Se omiten por legibilidad {thinned} puntos intermedios.")
    return " ".join(notes)
