"""The folder of a dump, and the promise that no path written in it leads outside."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import Final

from sam.errors import DumpError
from sam.importing.words import shown, too_long

DATA_FILE: Final = "data.json"
MAX_PATH_CHARACTERS: Final = 1_000

_NOT_RELATIVE: Final = re.compile(r"/|[A-Za-z]:")
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class DumpFolder:
    """One folder on disk; raises DumpError where there is none."""

    def __init__(self, path: Path) -> None:
        self._root = os.path.realpath(path)
        self._inside: dict[str, bool] = {}
        if not os.path.isdir(self._root):
            raise DumpError(str(path), "no es una carpeta")

    def check_file(self, relative: str, place: str) -> str:
        """The real path of a readable file of this folder; raises DumpError naming `place`."""
        _check_spelling(relative, place)
        path = os.path.join(self._root, relative)
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                path = os.path.realpath(path, strict=True)
                mode = os.stat(path).st_mode
        except OSError as error:
            raise DumpError(place, f"{shown(relative)} {_why_not(error)}") from error
        if not self._is_inside(os.path.dirname(path)):
            raise DumpError(place, f"{shown(relative)} sale de la carpeta del volcado")
        if not stat.S_ISREG(mode):
            raise DumpError(place, f"{shown(relative)} no es un archivo")
        if not os.access(path, os.R_OK):
            raise DumpError(place, f"{shown(relative)} no se puede leer")
        return path

    def _is_inside(self, directory: str) -> bool:
        """Whether a directory, its symlinks followed, is in the folder; looked up once (120,000 files)."""
        known = self._inside.get(directory)
        if known is None:
            real = os.path.realpath(directory)
            known = self._inside[directory] = os.path.commonpath([self._root, real]) == self._root
        return known


def _check_spelling(relative: str, place: str) -> None:
    """What a path may look like, whatever is on disk, and whichever system reads it."""
    if not relative.strip():
        raise DumpError(place, "la ruta está en blanco; sin documento se escribe null")
    if len(relative) > MAX_PATH_CHARACTERS:
        raise DumpError(place, too_long(relative, MAX_PATH_CHARACTERS))
    if _UNSAFE.search(relative) or "\\" in relative:
        raise DumpError(place, f"{shown(relative)} tiene un carácter que una ruta no admite")
    if _NOT_RELATIVE.match(relative):
        raise DumpError(place, f"{shown(relative)} no es una ruta relativa a la carpeta del volcado")
    if ".." in relative.split("/"):
        raise DumpError(place, f"{shown(relative)} sale de la carpeta del volcado")


def _why_not(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return "no existe en la carpeta del volcado"
        case _:
            return "no se puede leer"
