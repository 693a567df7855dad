"""The documentos of one equipo as lists of links, grouped as their folders are; what is not there says why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString

from sam.planning.fichas import EquipoFicha
from sam.planning.plan import PlannedEquipo, StoredDocument
from sam.words import byte_size, counted, thousands
from zipworker.indice.contents import Contents
from zipworker.indice.markup import filled, href, joined
from zipworker.package.entries import (
    BAJA,
    FOLDERS,
    GENERAL,
    HOJA_DE_VIDA,
    IMAGEN,
    Entry,
    Folder,
    equipo_entries,
    equipo_path,
    is_de_baja,
    records_of,
)

NOT_LOADED: Final = "no cargado"
DATES_SHOWN: Final = 6
RECORDS: Final = {
    "calibraciones": ("calibración", "calibraciones"),
    "mantenimientos": ("mantenimiento", "mantenimientos"),
    "comprobaciones": ("comprobación", "comprobaciones"),
}

LINK: Final = '<li><a href="%s">%s</a> <span class="about">%s</span></li>\n'
BROKEN_LINK: Final = (
    '<li><a href="%s">%s</a> <span class="about">%s</span> '
    '<span class="look" data-look="bad"><svg class="icon" aria-hidden="true"><use href="#i-bad"/></svg>%s</span></li>\n'
)
WANTING: Final = (
    '<li>%s <span class="about">%s</span> '
    '<span class="look" data-look="bad"><svg class="icon" aria-hidden="true"><use href="#i-bad"/></svg>'
    "falta: %s</span></li>\n"
)
ABSENT: Final = (
    '<li class="look" data-look="off"><svg class="icon" aria-hidden="true"><use href="#i-off"/></svg>'
    "<span>%s</span></li>\n"
)
GROUP: Final = '<div class="group"><p class="folder">%s</p>\n<ul role="list">\n%s</ul></div>\n'


@dataclass(frozen=True, slots=True)
class EquipoDocuments:
    """The groups as HTML; `documentos` counts the registered ones, `faltantes` what FALTANTES names."""

    groups: SafeString
    documentos: int
    faltantes: int


def equipo_documents(
    equipo: PlannedEquipo, documents: Mapping[int, StoredDocument], contents: Contents
) -> EquipoDocuments:
    """Every documento that is registered for an equipo, and by name every one that could be and was not loaded."""
    entries = list(equipo_entries(equipo, documents))
    hoja = f"{equipo_path(equipo)}/{HOJA_DE_VIDA}"
    return EquipoDocuments(
        joined(_groups(equipo, entries, hoja, contents)),
        len(entries),
        sum(path in contents.motivo_of for path in (hoja, *(entry.path for entry in entries))),
    )


def _groups(equipo: PlannedEquipo, entries: list[Entry], hoja: str, contents: Contents) -> Iterator[SafeString]:
    ficha, base = equipo.ficha, f"{equipo_path(equipo)}/"
    in_folder: dict[str, list[Entry]] = {}
    for entry in entries:
        in_folder.setdefault(entry.path.rpartition("/")[0], []).append(entry)
    own = {entry.label: entry for entry in in_folder.get(equipo_path(equipo), [])}
    yield _group(
        base,
        [
            document_line("Hoja de vida", hoja, contents),
            *(_once(own.get(general.label), general.label, contents) for general in (*GENERAL, IMAGEN)),
        ],
    )
    for history, (_, many) in RECORDS.items():
        if not records_of(ficha, history):
            yield _group(history.capitalize(), [absent_line(f"sin {many}")])
            continue
        for folder in (folder for folder in FOLDERS if folder.history == history):
            lines = [_line(entry, contents) for entry in in_folder.get(base + folder.path, [])]
            yield _group(folder.path, [*lines, *_absent(ficha, folder)])
    if is_de_baja(ficha):
        yield _group(BAJA.path, [_once(next(iter(in_folder.get(base + BAJA.path, [])), None), BAJA.label, contents)])


def _group(path: str, lines: Sequence[SafeString]) -> SafeString:
    return filled(GROUP, path, joined(lines))


def _once(entry: Entry | None, label: str, contents: Contents) -> SafeString:
    return _line(entry, contents) if entry else absent_line(f"{label}: {NOT_LOADED}")


def _line(entry: Entry, contents: Contents) -> SafeString:
    return document_line(entry.label, entry.path, contents, entry.fecha, entry.numero)


def document_line(label: str, path: str, contents: Contents, fecha: str | None = None, numero: str = "") -> SafeString:
    """A link to a file with what is known of it, or its name and why it is not there."""
    size, motivo = contents.bytes_of.get(path), contents.why_not(path)
    about = " · ".join([text for text in (fecha, numero, byte_size(size)) if text])
    if size is None:
        return filled(WANTING, label, about, motivo)
    if motivo:
        return filled(BROKEN_LINK, href(path), label, about, motivo)
    return filled(LINK, href(path), label, about)


def absent_line(text: str) -> SafeString:
    return filled(ABSENT, text)


def _absent(ficha: EquipoFicha, folder: Folder) -> Iterator[SafeString]:
    """One line for all the records of a history that have no documento for this folder."""
    records = records_of(ficha, folder.history)
    bare = [record["fecha"] or "sin fecha" for record in records if record[folder.field] is None]
    if len(bare) == len(records):
        yield absent_line(NOT_LOADED)
    elif bare:
        more = len(bare) - DATES_SHOWN
        dates = ", ".join(bare[:DATES_SHOWN]) + (f" y {thousands(more)} más" if more > 0 else "")
        of = counted(len(records), *RECORDS[folder.history])
        yield absent_line(f"{NOT_LOADED} en {thousands(len(bare))} de {of}: {dates}")
