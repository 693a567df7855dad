"""A plot of waiting times as SVG: for each size of request the share that waited no longer, under both orders."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from bench._cola_juego import Order

WIDTH, HEIGHT, LEFT, TOP, GAP, BOTTOM = 300, 240, 52, 46, 26, 48
SHORTEST, LONGEST = 0.1, 10_000.0
POINTS: Final = 80
# Told apart without colour too: one line is dashed.
STYLE: Final[dict[Order, tuple[str, str]]] = {"FIFO": ("#b3421b", "6 4"), "turnos": ("#1b5fb3", "none")}
TICKS: Final = {0.1: "0.1 s", 1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h"}

Curves = Mapping[tuple[str, Order], Sequence[float]]


def plot(curves: Curves, *, title: str) -> str:
    """`curves`: (size, order) → the sorted seconds that requests waited."""
    sizes = list(dict.fromkeys(size for size, _ in curves))
    width = LEFT + len(sizes) * (WIDTH + GAP)
    height = TOP + HEIGHT + BOTTOM
    body = [f'<text x="{LEFT}" y="18" font-size="14">{title}</text>']
    for index, size in enumerate(sizes):
        left = LEFT + index * (WIDTH + GAP)
        body += _frame(left, f"{size} partes", first=index == 0)
        body += [_curve(left, curves[size, order], order) for order in STYLE if (size, order) in curves]
    body += _legend(width)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="11" fill="#333">\n<rect width="{width}" height="{height}" fill="#fff"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _x(left: float, seconds: float) -> float:
    share = math.log(max(SHORTEST, min(seconds, LONGEST)) / SHORTEST) / math.log(LONGEST / SHORTEST)
    return left + WIDTH * share


def _y(share: float) -> float:
    return TOP + HEIGHT * (1 - share)


def _frame(left: float, name: str, *, first: bool) -> list[str]:
    lines = [
        f'<rect x="{left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>',
        f'<text x="{left + WIDTH / 2}" y="{TOP - 8}" text-anchor="middle">{name}</text>',
    ]
    for seconds, label in TICKS.items():
        at = _x(left, seconds)
        lines.append(f'<path d="M{at:.1f} {TOP}V{TOP + HEIGHT}" stroke="#e4e4e4"/>')
        lines.append(f'<text x="{at:.1f}" y="{TOP + HEIGHT + 15}" text-anchor="middle" font-size="9">{label}</text>')
    for percent in (0, 50, 95, 100):
        at = _y(percent / 100)
        lines.append(f'<path d="M{left} {at:.1f}H{left + WIDTH}" stroke="#e4e4e4"/>')
        if first:
            lines.append(f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end" font-size="9">{percent} %</text>')
    return lines


def _curve(left: float, waits: Sequence[float], order: Order) -> str:
    colour, dash = STYLE[order]
    shares = [1 - (1 - point / POINTS) ** 2 for point in range(POINTS + 1)]  # closer together towards the longest
    at = [(_x(left, waits[min(len(waits) - 1, int(share * len(waits)))]), _y(share)) for share in shares]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'


def _legend(width: float) -> list[str]:
    names: dict[Order, str] = {"FIFO": "por orden de llegada (FIFO)", "turnos": "por turnos"}
    lines, at = [], width - 330.0
    y = TOP + HEIGHT + 36
    for order, (colour, dash) in STYLE.items():
        line = f'<path d="M{at} {y}h28" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        lines += [line, f'<text x="{at + 34}" y="{y + 4}">{names[order]}</text>']
        at += 210
    label = "espera hasta que empieza la primera parte; a qué parte de las solicitudes le bastó"
    return [*lines, f'<text x="{LEFT}" y="{y + 4}">{label}</text>']
