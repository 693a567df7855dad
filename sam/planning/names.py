"""Every name that SAM gives to a file: entries of the ZIP, the download, the key in storage. Pure.

A name is safe wherever an auditor opens the archive. Windows sets most of the rules: reserved device names,
no trailing dot or space, none of `<>:"|?*\\`, no difference by case alone. Bidirectional and invisible
characters go too, because with them a name can look like another one. Lengths are counted in UTF-16 units,
as Windows does; a text never has fewer of them than characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone

# Colombia has had no daylight saving since 1993; a fixed offset needs no time-zone files (and is pure).
BOGOTA = timezone(timedelta(hours=-5), "America/Bogota")

ROOT_LIMIT = 40
FOLDER_LIMIT = 40
# 150 for the path - 40 for the root - "/Procedimientos/" (16) - an extension (8), with room for a suffix.
PROCEDIMIENTO_LIMIT = 80
PATH_LIMIT = 150

SEPARATORS = frozenset('<>:"|?*\\/')
RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"]
)
EXTENSION = re.compile(r"\.[a-z0-9]{1,7}")
NOTHING = "_"


def safe_segment(text: str, *, limit: int) -> str:
    """One piece of a path, never empty, at most `limit` UTF-16 units; applied twice it changes nothing more."""
    characters = (_safe_character(character) for character in unicodedata.normalize("NFC", text))
    cleaned = unicodedata.normalize("NFC", " ".join("".join(characters).split()))
    cleaned = _trimmed(cleaned, limit)
    if _is_reserved(cleaned):
        cleaned = _trimmed(f"_{cleaned}", limit)
    return cleaned or NOTHING


def _safe_character(character: str) -> str:
    if character in SEPARATORS:
        return "_"
    match unicodedata.category(character):
        case "Cc" | "Zs" | "Zl" | "Zp":
            return " "
        case "Cf":  # zero width, bidirectional: invisible, and good for nothing but deceit
            return ""
        case "Cs" | "Co" | "Cn":
            return "_"
        case _:
            return character


def _trimmed(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, without dots and spaces at the ends ("..", ".hidden", "a. ")."""
    text = text.strip(" .")[:limit]
    while _units(text) > limit:
        text = text[:-1]
    return text.rstrip(" .")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _is_reserved(text: str) -> bool:
    """Windows takes `nul.pdf`, and `NUL .pdf` as well, for the device."""
    return text.partition(".")[0].rstrip(" ").casefold() in RESERVED


def folded(text: str) -> str:
    """Equal for two names that some file system takes for one (NFC, then case both ways)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).upper().casefold())


def unique_segments(texts: Iterable[str], *, limit: int) -> list[str]:
    """A safe name for each text, in its order, all different without regard to case.

    The first of several equals keeps the name, the later ones get `_2`, `_3`: a text that is added at the end
    changes no name before it.
    """
    taken: set[str] = set()
    last_number: dict[str, int] = {}
    names = []
    for text in texts:
        plain = name = safe_segment(text, limit=limit)
        number = last_number.get(folded(plain), 1)
        while folded(name) in taken:
            number += 1
            suffix = f"_{number}"
            name = (_trimmed(plain, limit - len(suffix)) or NOTHING) + suffix
        last_number[folded(plain)] = number
        taken.add(folded(name))
        names.append(name)
    return names


def root_name(nombre: str) -> str:
    """The one folder at the root of every part: the empresa's name, `CERTIBOY S.A.S.` → `CERTIBOY S.A.S`."""
    return safe_segment(nombre, limit=ROOT_LIMIT)


def equipo_folders(codigos: Iterable[str]) -> list[str]:
    """The folder of each equipo of a request, for codes in the request's order."""
    return unique_segments(codigos, limit=FOLDER_LIMIT)


def extension_of(nombre: str) -> str:
    """The extension of a stored name, dot included and in lower case; "" where it has none that is plain."""
    dot = nombre.rfind(".")
    extension = nombre[dot:].strip().lower() if dot >= 0 else ""
    return extension if EXTENSION.fullmatch(extension) else ""


def procedimiento_names(procedimientos: Sequence[tuple[str, str, str]]) -> list[str]:
    """`<codigo>_<nombre>.pdf` for each (codigo, nombre, stored name of its documento)."""
    stems = unique_segments((f"{codigo}_{nombre}" for codigo, nombre, _ in procedimientos), limit=PROCEDIMIENTO_LIMIT)
    return [stem + extension_of(stored) for stem, (_, _, stored) in zip(stems, procedimientos, strict=True)]


def sidecar(stem: str, extension: str, number: int, of: int) -> str:
    """A file at the root of a part: `INDICE_P1de2.html`, or `INDICE.html` where there is one part only."""
    return f"{stem}.{extension}" if of == 1 else f"{stem}_P{number}de{of}.{extension}"


def download_name(
    *, empresa: str, number: int, of: int, first: int, last: int, instant: datetime, incomplete: bool
) -> str:
    """`SAM_Equipos_CERTIBOY_S.A.S_P1de2_EQ001-035_20260102_0930.zip`; ASCII, since it travels in a header."""
    ascii_only = unicodedata.normalize("NFKD", empresa).encode("ascii", "ignore").decode()
    company = re.sub(r"[^A-Za-z0-9.-]+", "_", root_name(ascii_only)).strip("_.") or "Empresa"
    when = instant.astimezone(BOGOTA).strftime("%Y%m%d_%H%M")
    ending = "_INCOMPLETO" if incomplete else ""
    return f"SAM_Equipos_{company}_P{number}de{of}_EQ{first:03}-{last:03}_{when}{ending}.zip"


def archive_key(*, empresa_id: int, instant: datetime, number: int, request_id: int, attempt: int) -> str:
    """Where the archive of one attempt lies in storage; no other attempt ever writes there."""
    when = instant.astimezone(BOGOTA).strftime("%Y%m%d_%H%M%S")
    return f"zip_requests/{empresa_id}/{when}_parte_{number}_req_{request_id}_a{attempt}.zip"
