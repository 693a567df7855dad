"""Bytes that are written as they come and read once, later: on disk, so that they cost no memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Final

READ_BYTES: Final = 256 * 1024


def new_spool() -> IO[bytes]:
    """A file without a name, for whoever closes it."""
    return tempfile.TemporaryFile()


def read_again(spool: IO[bytes]) -> Iterator[bytes]:
    """What was written, from its start."""
    spool.seek(0)
    return iter(lambda: spool.read(READ_BYTES), b"")
