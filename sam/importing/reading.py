"""From JSON objects to the dataclasses of the dump: a class read as a table, and the walk along it."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

from sam.errors import DumpError
from sam.importing.folder import DumpFolder
from sam.importing.source import Repeated
from sam.importing.words import shown_key, unlike


@dataclass(kw_only=True)
class Reading:
    """What one walk gathers on its way; `files` is a dict for the order of its keys."""

    folder: DumpFolder
    files: dict[str, None] = field(default_factory=dict)
    codigos: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


class Kind(Protocol):
    """How one key's value is read; `raw` is None where the key is absent, too."""

    def read(self, raw: object, place: str, reading: Reading) -> object: ...


def read_record(record: type, raw: object, place: str, reading: Reading) -> dict[str, Any]:
    """The values of a dataclass's fields, in the order in which the dump has them; raises DumpError."""
    table = kinds_of(record)
    prefix = f"{place}." if place else ""
    values: dict[str, Any] = {}
    for key, value in _pairs(raw, place, prefix):
        kind = table.get(key)
        if kind is None:
            reading.warnings.append(f"{prefix}{shown_key(key)}: clave desconocida, se ignora")
        else:
            values[key] = kind.read(value, prefix + key, reading)
    if len(values) < len(table):
        for key, kind in table.items():
            if key not in values:
                values[key] = kind.read(None, prefix + key, reading)
    return values


def _pairs(raw: object, place: str, prefix: str) -> Iterable[tuple[str, object]]:
    if not isinstance(raw, dict):
        raise DumpError(place, unlike("un objeto", raw))
    if isinstance(raw, Repeated):
        raise DumpError(f"{prefix}{shown_key(raw.key)}", "la clave está repetida")
    return raw.items()


@functools.cache
def kinds_of(record: type) -> Mapping[str, Kind]:
    """The table of a dataclass: key → kind, from its annotations."""
    hints = get_type_hints(record, include_extras=True)
    written = [item.name for item in fields(record) if item.metadata.get("in_dump", True)]
    return {name: _kind(hints[name]) for name in written}


def _kind(hint: Any) -> Kind:
    """Scalars say their kind themselves (`Annotated`); lists and objects are known by their type."""
    origin = get_origin(hint)
    if origin is Annotated:
        kind: Kind = get_args(hint)[1]
        return kind
    if origin is tuple:
        return _Items(get_args(hint)[0])
    if origin is types.UnionType:
        return _Object(get_args(hint)[0], optional=True)
    if is_dataclass(hint) and isinstance(hint, type):
        return _Object(hint, optional=False)
    raise TypeError(f"no kind reads {hint!r}")


@dataclass(frozen=True, slots=True)
class _Object:
    """An object; null or absent, it is None where it may be, else as if all its keys were absent."""

    record: type
    optional: bool

    def read(self, raw: object, place: str, reading: Reading) -> object:
        if raw is None and self.optional:
            return None
        return self.record(**read_record(self.record, {} if raw is None else raw, place, reading))


@dataclass(frozen=True, slots=True)
class _Items:
    """A list of objects; null or absent, it is empty."""

    record: type

    def read(self, raw: object, place: str, reading: Reading) -> object:
        if raw is None:
            return ()
        if not isinstance(raw, list):
            raise DumpError(place, unlike("una lista", raw))
        return tuple(self._item(item, f"{place}[{index}]", reading) for index, item in enumerate(raw))

    def _item(self, raw: object, place: str, reading: Reading) -> object:
        return self.record(**read_record(self.record, raw, place, reading))
