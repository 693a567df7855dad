"""INDICE pages for tests: made from plans by hand, read as a browser would, and laid out as their ZIP extracts."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sam.planning.names import sidecar
from sam.planning.plan import PartPlan
from tests.unit.planes import Store, empresa_ficha, full_ficha, part_plan
from zipworker.indice import Thresholds, indice_html
from zipworker.package.entries import HOJA_DE_VIDA, equipo_entries, equipo_path, procedimiento_entries
from zipworker.package.manifest import Counts, ListedFile
from zipworker.package.missing import Missing
from zipworker.workbook import WORKBOOK_NAME

HOSTILE = [
    "100% #1? ñ",
    "a&b;c=d",
    "' onclick='x",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ rows }}{% debug %}",
    "%s %d %(x)s",
    "../../etc/passwd",
    "\u202egpj.exe",
    "\x00\x1b[31m",
    "//sam.example/x",
    "javascript:alert(1)",
]


class Page(HTMLParser):
    """What a browser would see of a page: its tags, its texts, its links and its ids."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.html = data.decode()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._raw = ""
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._raw = tag if tag in self.raw else ""

    def handle_endtag(self, tag: str) -> None:
        self._raw = ""

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.raw[self._raw].append(data)
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def links(self) -> list[str]:
        return [str(attrs["href"]) for attrs in self.all("a")]

    @property
    def csp(self) -> str:
        return next(str(a["content"]) for a in self.all("meta") if a.get("http-equiv") == "Content-Security-Policy")


def listed(plan: PartPlan, *, without: Sequence[str] = ()) -> list[ListedFile]:
    """The files of a part as far as its workbook."""
    paths = [
        *(f"{equipo_path(equipo)}/{HOJA_DE_VIDA}" for equipo in plan.equipos),
        *(entry.path for equipo in plan.equipos for entry in equipo_entries(equipo, plan.documents)),
        WORKBOOK_NAME,
    ]
    if plan.number == plan.of:
        paths += [entry.path for entry in procedimiento_entries(plan.empresa, plan.documents)]
    return [ListedFile(path, 23_456, "0" * 64, None) for path in paths if path not in without]


def page_of(
    plan: PartPlan,
    *,
    missing: Sequence[Missing] = (),
    without: Sequence[str] = (),
    thresholds: Thresholds | None = None,
) -> Page:
    return Page(
        indice_html(
            plan,
            files=listed(plan, without=without),
            missing=missing,
            counts=Counts(equipos=len(plan.equipos), registered=len(plan.documents), missing=len(missing)),
            **({"thresholds": thresholds} if thresholds else {}),
        )
    )


def extract(plan: PartPlan, folder: Path) -> None:
    """Lays out the files of a part as if its ZIP had been extracted."""
    for path in [
        *(file.path for file in listed(plan)),
        sidecar("INDICE", "html", plan.number, plan.of),
        sidecar("FALTANTES", "csv", plan.number, plan.of),
        sidecar("LEEME", "txt", plan.number, plan.of),
        sidecar("manifiesto", "json", plan.number, plan.of),
        sidecar("MANIFIESTO", "sha256", plan.number, plan.of),
    ]:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"")


def procedimiento(store: Store, id: int, codigo: str, *, loaded: bool = True) -> dict[str, Any]:
    return {
        "id": id,
        "codigo": codigo,
        "nombre": codigo,
        "version": "1",
        "fecha_emision": None,
        "observaciones": "",
        "documento": store.add("p.pdf", b"p") if loaded else None,
    }


def hostile_parts(store: Store) -> list[PartPlan]:
    fichas = [
        full_ficha(store, n, text, nombre=text, ubicacion=text, marca=text, observaciones=text)
        for n, text in enumerate(HOSTILE, 1)
    ]
    rows = [procedimiento(store, n, text) for n, text in enumerate(HOSTILE, 1)]
    empresa = empresa_ficha(nombre="Ñandú & Hijos <b>", nit="<1>", procedimientos=rows)
    return [
        part_plan(fichas, documents=store.documents, empresa=empresa, number=number, size=len(HOSTILE) - 2)
        for number in (1, 2)
    ]
