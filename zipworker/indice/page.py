"""The page itself: what it says beside the equipos, and how it is put together to open offline and run nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.template import Context, Engine
from django.template.base import Template
from django.utils.safestring import SafeString

from sam.planning.names import BOGOTA, sidecar
from sam.planning.plan import PartPlan, PartRange
from sam.words import counted, thousands
from zipworker.indice.contents import Contents
from zipworker.indice.documents import NOT_LOADED, absent_line, document_line
from zipworker.indice.equipos import (
    Row,
    Thresholds,
    equipo_rows,
    light_tally,
    light_words,
)
from zipworker.indice.marks import legend, state_words
from zipworker.indice.markup import href
from zipworker.package.entries import procedimiento_entries
from zipworker.package.manifest import Counts, ListedFile
from zipworker.package.missing import WORDS, Missing
from zipworker.workbook import WORKBOOK_NAME

HERE: Final = Path(__file__).parent
# What has no place in a text of HTML, byte for byte; in UTF-8 no other character has these bytes.
CONTROLS: Final = bytes.maketrans(
    bytes(byte for byte in (*range(0x20), 0x7F) if byte not in b"\t\n\r"),
    b" " * (0x20 - 3 + 1),
)
# What would make a text look like another one ("exe.jpg" for "gpj.exe"): embeddings, overrides and isolates.
BIDI: Final = tuple(chr(code).encode() for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
THRESHOLDS: Final = Thresholds()
OPEN_RANGES: Final = 12  # more parts than these are folded away


def indice_html(
    plan: PartPlan,
    *,
    files: Sequence[ListedFile],
    missing: Sequence[Missing],
    counts: Counts,
    thresholds: Thresholds = THRESHOLDS,
) -> bytes:
    """INDICE of one part as a UTF-8 page, a function of its arguments alone.

    `files` are those that the part holds so far (documentos, hojas de vida and workbook): only what is among them
    becomes a link. The other files at the root are linked by the names that they will have.
    """
    contents = Contents.of(files, missing)
    rows = list(equipo_rows(plan, contents, thresholds))
    style, script = _asset("indice.css"), _asset("indice.js")
    context = {
        "style": SafeString(style),
        "script": SafeString(script),
        "csp": f"default-src 'none'; style-src '{csp_hash(style)}'; script-src '{csp_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
        **_head(plan, counts),
        **_completeness(rows, missing, counts, plan),
        "files": _root_files(plan),
        **_parts(plan),
        **_procedimientos(plan, contents),
        "rows": rows,
        "estados": sorted({row.estado for row in rows}),
        "lights": light_words(),
        "light_tally": light_tally(rows),
        "por_vencer": str(thresholds.por_vencer_days),
        "states": state_words(),
        "clauses": legend(row.cells for row in rows),
    }
    # Only texts go in: without these two, Django would ask its settings how to write numbers and times.
    page = _template().render(Context(context, use_l10n=False, use_tz=False))
    data = page.encode("utf-8", "replace").translate(CONTROLS)
    for control in BIDI:
        data = data.replace(control, b"")
    return data


def csp_hash(text: str) -> str:
    """The source of a Content-Security-Policy that admits this inline text and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    return Engine(dirs=[str(HERE)], autoescape=True).get_template("indice.html")


def _head(plan: PartPlan, counts: Counts) -> dict[str, Any]:
    when = plan.instant.astimezone(BOGOTA)
    return {
        "empresa": plan.empresa["nombre"],
        "nit": plan.empresa["nit"],
        "request": str(plan.request_id),
        "number": str(plan.number),
        "of": str(plan.of),
        "instant": when.isoformat(timespec="seconds"),
        "when": f"{when:%Y-%m-%d %H:%M}",
        "day": f"{when:%Y-%m-%d}",
        "figures": [
            {"name": "Equipos de esta parte", "value": thousands(counts.equipos)},
            {"name": "Documentos registrados", "value": thousands(counts.registered)},
            {"name": "Incluidos", "value": thousands(counts.included)},
            {"name": "Faltantes", "value": thousands(counts.missing)},
        ],
        "equipos": counted(counts.equipos, "equipo", "equipos"),
    }


def _completeness(rows: Sequence[Row], missing: Sequence[Missing], counts: Counts, plan: PartPlan) -> dict[str, Any]:
    """Whether all is there; if not, where the gaps are: at equipos, and elsewhere (the logo, procedimientos)."""
    verb = "Falta" if counts.missing == 1 else "Faltan"
    return {
        "whole": not counts.missing,
        "registered": thousands(counts.registered),
        "verdict": f"{verb} {thousands(counts.missing)} de {counted(counts.registered, 'documento', 'documentos')}",
        "with_missing": [row for row in rows if row.faltantes],
        "other_missing": [
            {"documento": row.documento, "motivo": WORDS[row.motivo]} for row in missing if not row.equipo
        ],
        "faltantes_href": href(sidecar("FALTANTES", "csv", plan.number, plan.of)),
        "faltantes_name": sidecar("FALTANTES", "csv", plan.number, plan.of),
    }


def _root_files(plan: PartPlan) -> list[dict[str, str]]:
    def listed(name: str, about: str) -> dict[str, str]:
        return {"name": name, "href": href(name), "about": about}

    def own(stem: str, extension: str, about: str) -> dict[str, str]:
        return listed(sidecar(stem, extension, plan.number, plan.of), about)

    return [
        listed(WORKBOOK_NAME, "todos los equipos de la empresa, igual en todas las partes"),
        own("FALTANTES", "csv", "lo registrado que no se pudo incluir, con su motivo"),
        own("LEEME", "txt", "qué es este paquete y cómo comprobarlo"),
        own("manifiesto", "json", "cada archivo con su tamaño y su SHA-256, para programas"),
        own("MANIFIESTO", "sha256", "lo mismo, para sha256sum"),
    ]


def _parts(plan: PartPlan) -> dict[str, Any]:
    return {
        "parts": [_part(plan, part) for part in plan.ranges] if plan.of > 1 else [],
        "parts_open": plan.of <= OPEN_RANGES,
    }


def _part(plan: PartPlan, part: PartRange) -> dict[str, Any]:
    single = part.first == part.last
    return {
        "number": str(part.number),
        "equipos": f"Equipo {thousands(part.first)}"
        if single
        else f"Equipos {thousands(part.first)}–{thousands(part.last)}",
        "codigos": part.first_codigo if single else f"{part.first_codigo} a {part.last_codigo}",
        "here": part.number == plan.number,
        "verb": "está" if single else "están",
        "href": _indice_of(plan, part.number),
    }


def _indice_of(plan: PartPlan, number: int) -> str:
    return href(sidecar("INDICE", "html", number, plan.of))


def _procedimientos(plan: PartPlan, contents: Contents) -> dict[str, Any]:
    """The procedimientos with their files, in the last part; elsewhere, where they are."""
    rows = plan.empresa["procedimientos"]
    if plan.number != plan.of:
        return {"procedimientos_part": str(plan.of) if rows else "", "procedimientos_href": _indice_of(plan, plan.of)}
    entries = iter(procedimiento_entries(plan.empresa, plan.documents))
    lines = []
    for row in rows:
        if row["documento"] is None:
            line = absent_line(NOT_LOADED)
        else:
            entry = next(entries)
            line = document_line(entry.path.rpartition("/")[2], entry.path, contents)
        lines.append({**row, "fecha_emision": row["fecha_emision"] or "", "line": line})
    return {"procedimientos": lines}
