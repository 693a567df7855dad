"""How the demo's papers write numbers, money and days: as people in Colombia do."""

from __future__ import annotations

from datetime import date
from typing import Final

MONTHS: Final = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)


def comma(value: float, decimals: int | None = None) -> str:
    """0.5 → "0,5"; without `decimals`, as many as the number has."""
    written = f"{value:.10f}".rstrip("0").rstrip(".") if decimals is None else f"{value:.{decimals}f}"
    if float(written) == 0:
        written = written.removeprefix("-")
    return written.replace(".", ",")


def thousands(value: int) -> str:
    """1250000 → "1.250.000"."""
    return f"{value:,}".replace(",", ".")


def pesos(value: int) -> str:
    return f"$ {thousands(value)}"


def long_day(day: date) -> str:
    """2024-03-12 → "12 de marzo de 2024"."""
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"
