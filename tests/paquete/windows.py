"""What Windows makes of the names in a ZIP, written down without looking at ours: refusals, and names that are one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PureWindowsPath
from typing import Final

FORBIDDEN: Final = set('<>:"|?*\\/') | {chr(code) for code in range(32)}
DEVICES: Final = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"
}


def refusals(path: str) -> Iterator[str]:
    """Why Windows would not make this file, or would make it under another name."""
    if PureWindowsPath(path).is_absolute() or PureWindowsPath(path).drive:
        yield "leaves the folder"
    for segment in path.split("/"):
        if segment in {"", ".", ".."}:
            yield f"no name: {segment!r}"
        if set(segment) & FORBIDDEN:
            yield f"forbidden character: {segment!r}"
        if segment != segment.rstrip(". ") or segment != segment.lstrip(" "):
            yield f"changed at its ends: {segment!r}"
        if segment.split(".")[0].rstrip(" ").upper() in DEVICES:
            yield f"a device: {segment!r}"


def units(path: str) -> int:
    """The length of a path as Windows counts it."""
    return len(path.encode("utf-16-le")) // 2


def identities(path: str) -> set[str]:
    """The names that some file system takes this path for: NTFS, APFS, HFS+ and ext4 with casefold."""
    stripped = "/".join(segment.rstrip(". ") for segment in path.split("/"))
    both = (unicodedata.normalize("NFC", stripped), unicodedata.normalize("NFD", stripped))
    return {form for text in both for form in (text.upper(), text.lower(), text.casefold())}


def clashes(paths: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of different paths that are one file somewhere, or of which one is the other's folder."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    found = []
    for path in paths:
        for identity in identities(path):
            other = files.setdefault(identity, path)
            if other != path:
                found.append((other, path))
        parts = path.split("/")
        for end in range(1, len(parts)):
            folder = "/".join(parts[:end])
            for identity in identities(folder):
                other = folders.setdefault(identity, folder)
                if other != folder:
                    found.append((other, folder))
    return found + [(files[identity], folders[identity]) for identity in files.keys() & folders.keys()]
