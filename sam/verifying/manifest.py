"""What a part says of itself: manifiesto.json read back, and MANIFIESTO.sha256 as it has to be. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sam.planning.names import sidecar

FORMAT: Final = "sam-manifiesto/1"
MANIFEST_BYTES_LIMIT: Final = 64 * 1024 * 1024
# As precise as a browser counts (2^53 - 1); an archive is nowhere near.
LARGEST_NUMBER: Final = 2**53 - 1
MANIFEST_NAME: Final = re.compile(r"([^/]+)/(manifiesto(?:_P[0-9]{1,9}de[0-9]{1,9})?\.json)")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\:]")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file as the manifest describes it."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A part's own description; `files` are all that its archive must hold, both manifests included."""

    sha256: str
    root: str
    request: int
    number: int
    of: int
    empresa: str
    instant: str
    missing: int
    list_path: str
    files: Mapping[str, ListedFile]


class BadManifest(ValueError):
    """The bytes are no manifest of a part, or one that contradicts itself."""


def read_manifest(data: bytes, *, folder: str, name: str) -> Manifest:
    """The manifest that stands in `folder` under `name`; raises BadManifest."""
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
        return _manifest(found, data, folder=folder, name=name)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadManifest from error


def is_safe_path(path: str) -> bool:
    """Whether a path stays in the folder that it is put in, on every system."""
    return not _UNSAFE.search(path) and not {"", ".", ".."} & set(path.split("/"))


def _manifest(found: Mapping[str, Any], data: bytes, *, folder: str, name: str) -> Manifest:
    number, of, counts = _whole(found["part"]), _whole(found["of"]), found["counts"]
    listed = [_listed(file) for file in _list(found["files"])]
    _require(found["format"] == FORMAT and found["root"] == folder)
    _require(sidecar("manifiesto", "json", number, of) == name)
    _require(_whole(counts["files"]) == len(listed) and _whole(counts["missing"]) == len(_list(found["missing"])))
    sha256 = hashlib.sha256(data).hexdigest()
    listed.append(ListedFile(name, len(data), sha256))
    sums = "".join(f"{file.sha256}  {file.path}\n" for file in listed).encode()
    list_path = sidecar("MANIFIESTO", "sha256", number, of)
    listed.append(ListedFile(list_path, len(sums), hashlib.sha256(sums).hexdigest()))
    files = {file.path: file for file in listed}
    _require(len(files) == len(listed))
    return Manifest(
        sha256=sha256,
        root=folder,
        request=_whole(found["request"]),
        number=number,
        of=of,
        empresa=_text(found["empresa"]["nombre"]),
        instant=_text(found["instant"]),
        missing=counts["missing"],
        list_path=list_path,
        files=files,
    )


def _listed(file: Mapping[str, Any]) -> ListedFile:
    path, sha256 = _text(file["path"]), _text(file["sha256"])
    _require(is_safe_path(path) and _SHA256.fullmatch(sha256) is not None)
    return ListedFile(path, _whole(file["bytes"]), sha256)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_NUMBER:
        raise BadManifest
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadManifest
    value.encode()  # a lone surrogate is no text
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise BadManifest
    return value


def _require(condition: bool) -> None:
    if not condition:
        raise BadManifest


def _no_constant(_name: str) -> None:
    """NaN and Infinity, which Python would take and no browser does."""
    raise BadManifest
