"""The interface of a store: keys are `/`-separated safe names, bytes come and go as iterators."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a listing finds it; its age is told by the store's own clock, the one that dated it."""

    key: str
    age_seconds: float


class Storage(Protocol):
    """Raises StorageUnavailable where the store itself does not answer, in every method."""

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store all the bytes under the key: whole when this returns, not at all when it raises."""

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Generator[bytes]:
        """The bytes from `start` up to, not including, `end`, in chunks of at most CHUNK_BYTES.

        Raises MissingObject or UnreadableObject at the first chunk where it can be known by then. A reader that
        stops early closes the generator.
        """

    def size(self, key: str) -> int:
        """The object's bytes; raises MissingObject."""

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is no error."""

    def link(self, key: str, *, filename: str, seconds: int) -> str | None:
        """A presigned URL that downloads under `filename` for so long; None where the web process serves bytes."""

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """The whole objects whose key begins with `prefix` (it ends in `/`), in no order, a page in memory at a time.

        What is written or deleted meanwhile may be among them or not.
        """

    def remove_unfinished(self, prefix: str, *, older_than_seconds: float) -> int:
        """Remove the older unfinished writes under the prefix; how many. A writer that is still at one fails."""
