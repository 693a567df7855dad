"""The Spanish words for what a check finds: pure, and the same as in the browser's `verificar/words.js`."""

from __future__ import annotations

from typing import Final

from sam.verifying.outcome import FileState, Problem, Reason, Report

STATES: Final = {
    FileState.INTACT: "Íntegro",
    FileState.ALTERED: "Alterado",
    FileState.MISSING: "Faltante",
    FileState.EXTRA: "Sobrante",
}

REASONS: Final = {
    Reason.BYTES: "su tamaño no es el del manifiesto",
    Reason.SHA256: "su contenido no es el del manifiesto",
    Reason.LIST: "no dice lo mismo que el manifiesto",
    Reason.CRC32: "el CRC-32 que el ZIP anota no es el suyo",
    Reason.DATA: "sus datos están dañados o incompletos",
    Reason.ENCRYPTED: "está cifrado",
    Reason.METHOD: "está comprimido de una forma que SAM no usa",
    Reason.HEADER: "su encabezado contradice el directorio del ZIP",
    Reason.OVERLAP: "sus bytes se cruzan con los de otro",
    Reason.SPECIAL: "no es un archivo corriente",
    Reason.UNLISTED: "no está en el manifiesto",
    Reason.REPEATED: "su nombre está repetido",
    Reason.OUTSIDE: "está fuera de la carpeta del paquete",
}

PROBLEMS: Final = {
    Problem.NOT_ZIP: "No es un ZIP, o está truncado.",
    Problem.DIRECTORY: "El directorio del ZIP está dañado o se contradice.",
    Problem.TOO_MANY: "El directorio del ZIP es demasiado grande para ser de un paquete de SAM.",
    Problem.NO_MANIFEST: "No es un paquete de SAM: no trae manifiesto.",
    Problem.SEVERAL_MANIFESTS: "Trae más de un manifiesto: cada parte se comprueba por separado.",
    Problem.MANIFEST: "Su manifiesto está dañado o no se entiende.",
    Problem.STRAY_BYTES: "Hay bytes en el ZIP que no son de ningún archivo.",
    Problem.COMMENT: "El ZIP lleva un comentario, y SAM no los escribe.",
}

WHOLE_AND_ISSUED: Final = "Íntegro y emitido por SAM"
WHOLE_ONLY: Final = "Íntegro según su manifiesto, emisión no comprobada"
NOT_WHOLE: Final = "No está íntegro"
NOT_CHECKED: Final = "No se puede comprobar"

_COUNTED: Final = (
    (FileState.INTACT, "íntegro", "íntegros"),
    (FileState.ALTERED, "alterado", "alterados"),
    (FileState.MISSING, "faltante", "faltantes"),
    (FileState.EXTRA, "sobrante", "sobrantes"),
)


def verdict(report: Report, *, issued: bool) -> str:
    if report.manifest is None:
        return NOT_CHECKED
    if not report.is_whole:
        return NOT_WHOLE
    return WHOLE_AND_ISSUED if issued else WHOLE_ONLY


def counts(report: Report) -> str:
    """ "482 íntegros, 1 alterado, 1 faltante, 0 sobrantes"."""
    found = ((report.count(state), one, many) for state, one, many in _COUNTED)
    return ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in found)


def printable(text: str) -> str:
    """A name with nothing in it that moves a cursor, hides, or turns the direction of reading."""
    return "".join(character if character.isprintable() else "�" for character in text)
