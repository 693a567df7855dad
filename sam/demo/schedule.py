"""When things happened to the demo's equipos, and when they fall due: fixed days around the end of 2026."""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

# The last day on which anything has happened.
PRESENT: Final = date(2026, 11, 13)

# Of ten equipos in a row: six in date, two about to fall due, one overdue, one without a schedule.
PATTERN: Final = "vvpvvovvpn"


class Due(Enum):
    VIGENTE = "v"
    POR_VENCER = "p"
    VENCIDO = "o"
    SIN_PROGRAMACION = "n"


@dataclass(frozen=True, slots=True)
class Window:
    """The days among which a next activity is drawn."""

    first: date
    days: int


WINDOWS: Final = {
    Due.VIGENTE: Window(date(2027, 1, 18), 280),
    Due.POR_VENCER: Window(date(2026, 11, 26), 34),
    Due.VENCIDO: Window(date(2026, 7, 6), 105),
    Due.SIN_PROGRAMACION: Window(date(2025, 2, 3), 240),
}


def due_of(ordinal: int) -> Due:
    return Due(PATTERN[ordinal % len(PATTERN)])


def draw_day(due: Due, *, months: int, rng: random.Random) -> date:
    """A working day of the window; without a schedule, the day of the last activity.

    An interval before what falls due, something was done: not after the demo's present.
    """
    window = WINDOWS[due]
    latest = months_later(PRESENT, months) - window.first
    return working(window.first + timedelta(days=rng.randrange(min(window.days, latest.days))))


def working(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def months_later(day: date, months: int) -> date:
    """The same day so many months later (earlier, where negative), or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def history(last: date, *, months: int, count: int, rng: random.Random) -> list[date]:
    """`count` days, oldest first, about `months` apart, the last one exact."""
    earlier = [
        working(months_later(last, -months * back) + timedelta(days=rng.randrange(-12, 13)))
        for back in range(count - 1, 0, -1)
    ]
    return [*earlier, last]
