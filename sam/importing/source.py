"""The bytes of data.json as JSON values, within bounds; what is no JSON is refused by line and column."""

from __future__ import annotations

import json
from typing import Final

from sam.errors import DumpError
from sam.importing.folder import DATA_FILE, DumpFolder

MAX_DATA_BYTES: Final = 512 * 1024 * 1024


class Repeated(dict[str, object]):
    """An object that has a key twice; who reads it knows its place, and refuses it."""

    key: str


def load_data(folder: DumpFolder) -> object:
    """What data.json holds; raises DumpError."""
    text = _text(_bytes(folder))
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise DumpError(DATA_FILE, _what_is_wrong(error)) from error
    except RecursionError as error:
        raise DumpError(DATA_FILE, "tiene demasiados niveles anidados") from error
    except ValueError as error:
        # Python bounds the digits of a whole number (4,300): their conversion takes quadratic time.
        raise DumpError(DATA_FILE, "tiene un número con demasiadas cifras") from error


def _bytes(folder: DumpFolder) -> bytes:
    path = folder.check_file(DATA_FILE, DATA_FILE)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_DATA_BYTES + 1)
    except OSError as error:
        raise DumpError(DATA_FILE, "no se puede leer") from error
    if len(data) > MAX_DATA_BYTES:
        raise DumpError(DATA_FILE, f"pasa de {MAX_DATA_BYTES // 1024 // 1024} MiB")
    return data


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DumpError(DATA_FILE, f"no está en UTF-8 (byte {error.start})") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    repeated = Repeated(result)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            repeated.key = key
            break
        seen.add(key)
    return repeated


def _what_is_wrong(error: json.JSONDecodeError) -> str:
    end = len(error.doc.rstrip())
    cut = error.pos >= end or error.msg.startswith("Unterminated")
    problem = "está cortado" if cut else "no es JSON"
    return f"{problem}: línea {error.lineno}, columna {error.colno}"
