"""A paper as a letterhead and a list of blocks: the JSON that `paper.typ` sets, and nothing of how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sam.demo.chance import dice
from sam.demo.companies import Form, Issuer, Person
from sam.demo.measuring import Punto, Serie
from sam.demo.spanish import comma

Block = dict[str, Any]

INK_WIDTH_POINTS: Final = 110
INK_HEIGHT_POINTS: Final = 34
INK_STROKES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One PDF: where it goes in the dump, the day it bears, and what is on it."""

    path: str
    day: date
    issuer: Issuer
    title: str
    number: str
    foot: str
    blocks: Sequence[Block]
    form: Form | None = None
    is_book: bool = False

    def content(self) -> dict[str, Any]:
        """What the template reads."""
        return {
            "issuer": self.issuer.letterhead(),
            "title": self.title,
            "number": self.number,
            "foot": self.foot,
            "form": self.form and {"codigo": self.form.codigo, "version": self.form.version},
            "cover": True if self.is_book else None,
            "blocks": list(self.blocks),
        }


def heading(words: str) -> Block:
    return {"kind": "heading", "words": words}


def pairs(*rows: tuple[str, str], columns: int = 2) -> Block:
    return {"kind": "pairs", "columns": columns, "rows": rows}


def figures(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[int], right: Sequence[int]
) -> Block:
    """A table; a width of 0 fits its contents, others share the line; `right`: the columns set to the right."""
    return {"kind": "figures", "head": head, "rows": rows, "widths": widths, "figures": right}


def text(*paragraphs: str) -> Block:
    return {"kind": "text", "paragraphs": paragraphs}


def bullets(*items: str) -> Block:
    return {"kind": "list", "items": items}


def steps(*items: str) -> Block:
    return {"kind": "steps", "items": items}


def note(words: str) -> Block:
    return {"kind": "note", "words": words}


def totals(*rows: tuple[str, str]) -> Block:
    return {"kind": "totals", "rows": rows}


def stamp(words: str, when: str, *, is_good: bool) -> Block:
    return {"kind": "stamp", "words": words, "date": when, "good": is_good}


def photo(path: str, *, caption: str, millimetres: int = 80) -> Block:
    return {"kind": "photo", "path": f"/{path}", "caption": caption, "width": millimetres}


def cover(title: str, subtitle: str, words: str) -> Block:
    return {"kind": "cover", "title": title, "subtitle": subtitle, "words": words}


def page_break() -> Block:
    return {"kind": "new-page"}


def signatures(*people: Person) -> Block:
    return {
        "kind": "signatures",
        "people": [{"nombre": p.nombre, "cargo": p.cargo, "ink": _ink(p.nombre)} for p in people],
    }


def results(serie: Serie) -> Block:
    """The points of one magnitud as a certificate lists them."""
    magnitud = serie.magnitud
    unidad, decimales = magnitud.unidad, magnitud.decimales
    head = (
        f"Valor nominal ({unidad})",
        f"Lectura ({unidad})",
        f"Error ({unidad})",
        "EMP",
        f"Incertidumbre k=2 ({unidad})",
        "Conformidad",
    )
    rows = [
        (
            comma(punto.nominal),
            comma(punto.lectura, decimales),
            comma(punto.error, decimales),
            punto.emp_escrito,
            "no declarada" if punto.incertidumbre is None else comma(punto.incertidumbre),
            punto.conformidad,
        )
        for punto in serie.puntos
    ]
    return figures(head, rows, widths=(1, 1, 1, 1, 1, 1), right=(0, 1, 2, 3, 4))


def chart(serie: Serie, *, caption: str) -> Block:
    """Error by point, with the EMP as two dashed lines and the uncertainty as bars; equal steps along x."""
    limit = max(punto.emp for punto in serie.puntos)
    highest = max(abs(punto.error) + (punto.incertidumbre or 0) for punto in serie.puntos)
    return {
        "kind": "chart",
        "caption": caption,
        "limit": limit,
        "top": max(limit * 1.25, highest * 1.05),
        "points": [_mark(index, punto) for index, punto in enumerate(serie.puntos)],
    }


def _mark(index: int, punto: Punto) -> dict[str, Any]:
    return {"x": index, "y": punto.error, "u": punto.incertidumbre, "label": comma(punto.nominal)}


def _ink(name: str) -> list[tuple[float, float]]:
    """A signature: the same hand for the same name."""
    rng = dice(name)
    count = 3 * INK_STROKES + 1
    step = INK_WIDTH_POINTS / count
    return [
        (round(index * step + rng.uniform(-9, 14), 1), round(rng.uniform(2, INK_HEIGHT_POINTS), 1))
        for index in range(count)
    ]
