"""The kinds of value that a dump may hold at a key: what each accepts, and what it becomes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sam.errors import DumpError
from sam.importing import numerals
from sam.importing.words import shown, too_long, unlike

if TYPE_CHECKING:
    from sam.importing.reading import Reading

MAX_MONTHS: Final = 1_200
MONEY_LIMIT: Final = Decimal(10) ** 12
MONEY_DECIMALS: Final = 2

# PostgreSQL stores no NUL, and UTF-8 no half of a surrogate pair; JSON can spell both.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of at most `limit` characters, "" where there is none; `numbers`: a bare number will do."""

    limit: int
    required: bool = False
    numbers: bool = False

    def read(self, raw: object, place: str, reading: Reading) -> str:
        if isinstance(raw, str):
            text = raw
        elif raw is None:
            text = ""
        elif self.numbers and _is_number(raw):
            text = str(raw)
        else:
            raise DumpError(place, unlike("un texto", raw))
        if len(text) > self.limit:
            raise DumpError(place, too_long(text, self.limit))
        if not text.isprintable() and _UNSTORABLE.search(text):
            raise DumpError(place, f"{shown(text)} tiene un carácter que no se puede guardar")
        if self.required and not text.strip():
            raise DumpError(place, "falta" if raw is None else "está en blanco")
        return text


@dataclass(frozen=True, slots=True)
class Codigo:
    """The codigo_interno of an equipo: there, and only once in the dump."""

    limit: int

    def read(self, raw: object, place: str, reading: Reading) -> str:
        codigo = Text(self.limit, required=True).read(raw, place, reading)
        if codigo in reading.codigos:
            raise DumpError(place, f"{shown(codigo)} está repetido")
        reading.codigos.add(codigo)
        return codigo


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a closed list, to the letter."""

    options: tuple[str, ...]
    absent: str | None = None

    def read(self, raw: object, place: str, reading: Reading) -> str:
        if raw is None and self.absent is not None:
            return self.absent
        if raw not in self.options:
            raise DumpError(place, f"{shown(raw)} no es uno de: {', '.join(self.options)}")
        return str(raw)


@dataclass(frozen=True, slots=True)
class Day:
    """An ISO date; the many other spellings of ISO 8601 are refused."""

    required: bool = False

    def read(self, raw: object, place: str, reading: Reading) -> date | None:
        if raw is None:
            if self.required:
                raise DumpError(place, "falta")
            return None
        if not isinstance(raw, str):
            raise DumpError(place, unlike("una fecha AAAA-MM-DD", raw))
        if _DAY.fullmatch(raw):
            try:
                return date.fromisoformat(raw)
            except ValueError:
                pass
        raise DumpError(place, f"{shown(raw)} no es una fecha AAAA-MM-DD")


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number, as JSON has it or as text; "" is none."""

    def read(self, raw: object, place: str, reading: Reading) -> float | None:
        if type(raw) is float and math.isfinite(raw):
            return raw
        written = _written(raw, place)
        return None if written is None else _finite(written, raw, place)


@dataclass(frozen=True, slots=True)
class NumberOrText:
    """A number where it is one, else the text as written."""

    limit: int

    def read(self, raw: object, place: str, reading: Reading) -> float | str | None:
        if raw is None or raw == "":
            return None
        if isinstance(raw, str) and numerals.canonical(raw) is None:
            return Text(self.limit).read(raw, place, reading)
        return Number().read(raw, place, reading)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: not negative, with at most two decimals."""

    def read(self, raw: object, place: str, reading: Reading) -> Decimal | None:
        written = _written(raw, place)
        if written is None:
            return None
        if isinstance(raw, str) and numerals.is_ambiguous(raw):
            plain = raw.strip().replace(".", "")
            raise DumpError(place, f"{shown(raw)} es ambiguo; si es {plain}, escriba «{plain}»")
        if not 0 <= _finite(written, raw, place) < MONEY_LIMIT:
            raise DumpError(place, f"{shown(raw)} no es un valor entre 0 y {MONEY_LIMIT:f}")
        amount = Decimal(written)
        cents = amount.quantize(Decimal(1).scaleb(-MONEY_DECIMALS))
        if cents != amount:
            raise DumpError(place, f"{shown(raw)} tiene más de {MONEY_DECIMALS} decimales")
        return cents


@dataclass(frozen=True, slots=True)
class Months:
    """A whole number of months."""

    def read(self, raw: object, place: str, reading: Reading) -> int | None:
        written = _written(raw, place)
        if written is None:
            return None
        months = _finite(written, raw, place)
        if not months.is_integer() or not 0 <= months <= MAX_MONTHS:
            raise DumpError(place, f"{shown(raw)} no es un número entero de meses entre 0 y {MAX_MONTHS}")
        return int(months)


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the dump: its path as written, once it is seen to be there."""

    def read(self, raw: object, place: str, reading: Reading) -> str | None:
        if raw is None:
            return None
        if not isinstance(raw, str):
            raise DumpError(place, unlike("la ruta de un archivo", raw))
        if raw not in reading.files:
            reading.folder.check_file(raw, place)
            reading.files[raw] = None
        return raw


def _written(raw: object, place: str) -> str | None:
    """A number as text that Python's float and Decimal read; None where there is none."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, str):
        written = numerals.canonical(raw)
        if written is None:
            raise DumpError(place, f"{shown(raw)} no es un número")
        return written
    if not _is_number(raw):
        raise DumpError(place, unlike("un número", raw))
    return repr(raw)


def _is_number(raw: object) -> bool:
    """NaN and Infinity, which Python's JSON lets through, are none; nor are true and false."""
    if isinstance(raw, bool):
        return False
    return isinstance(raw, int) or (isinstance(raw, float) and math.isfinite(raw))


def _finite(written: str, raw: object, place: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise DumpError(place, f"{shown(raw)} es un número demasiado grande")
    return number
