"""Many values in pieces, so that no query names more of them than a database takes well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Value = TypeVar("Value")

BATCH = 500


def in_batches(values: Iterable[Value], *, size: int = BATCH) -> Iterator[list[Value]]:
    """The values in their order, `size` at a time; the last piece may be shorter, and none is empty."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
