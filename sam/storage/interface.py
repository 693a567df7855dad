"""The interface of a store: keys are `/`-separated safe names, bytes come and go as iterators."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Protocol

CHUNK_BYTES = 256 * 1024


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
