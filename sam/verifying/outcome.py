"""What a check can find: the state of each file, why it is altered or extra, and what is wrong with the whole. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sam.errors import SamError
from sam.verifying.manifest import Manifest


class FileState(StrEnum):
    INTACT = "intact"
    ALTERED = "altered"
    MISSING = "missing"
    EXTRA = "extra"


class Reason(StrEnum):
    """Why a file is altered, or extra."""

    BYTES = "bytes"
    SHA256 = "sha256"
    LIST = "list"  # MANIFIESTO.sha256 does not say what manifiesto.json says
    CRC32 = "crc32"  # the content is right, and the ZIP's own sum of it is not
    DATA = "data"
    ENCRYPTED = "encrypted"
    METHOD = "method"
    HEADER = "header"
    OVERLAP = "overlap"
    SPECIAL = "special"  # a symlink or a device: what is extracted is not this content
    UNLISTED = "unlisted"
    REPEATED = "repeated"
    OUTSIDE = "outside"


class Problem(StrEnum):
    """What is wrong with the archive as a whole. The last two are told beside the files; the others end the check."""

    NOT_ZIP = "not_zip"
    DIRECTORY = "directory"
    TOO_MANY = "too_many"
    NO_MANIFEST = "no_manifest"
    SEVERAL_MANIFESTS = "several_manifests"
    MANIFEST = "manifest"
    STRAY_BYTES = "stray_bytes"
    COMMENT = "comment"


class Unreadable(SamError):
    """The check cannot go on; `problem` says why."""

    code = "unreadable_archive"

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


class Damaged(SamError):
    """One entry is not what the manifest says; `reason` says why."""

    code = "damaged_entry"

    def __init__(self, reason: Reason) -> None:
        super().__init__()
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """One file and how it was found; `path` is from the root folder, or the whole name when it is outside."""

    path: str
    state: FileState
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole of a check; without a `manifest` it could not be made."""

    manifest: Manifest | None
    files: tuple[CheckedFile, ...]
    problems: tuple[Problem, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the archive holds what its manifest lists, byte for byte, and nothing else."""
        intact = all(file.state is FileState.INTACT for file in self.files)
        return self.manifest is not None and not self.problems and intact

    def count(self, state: FileState) -> int:
        return sum(file.state is state for file in self.files)
