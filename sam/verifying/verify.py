"""An archive against its manifest, file by file: the whole of a check, in one pass over the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate

from sam.verifying.contents import Place, content, locate, sums
from sam.verifying.directory import Directory, Entry, read_directory
from sam.verifying.manifest import (
    MANIFEST_BYTES_LIMIT,
    MANIFEST_NAME,
    BadManifest,
    ListedFile,
    Manifest,
    is_safe_path,
    read_manifest,
)
from sam.verifying.outcome import CheckedFile, Damaged, FileState, Problem, Reason, Report, Unreadable
from sam.verifying.source import Source

OnFile = Callable[[CheckedFile], None]


def verify(source: Source, *, on_file: OnFile = lambda _: None) -> Report:
    """Check every file; each is told as it is known, and what is missing at the end.

    Memory is that of the directory and of the manifest, whatever the archive's size. Raises OSError from the disk.
    """
    try:
        directory = read_directory(source)
        manifest = _find_manifest(source, directory)
        check = _Check(source, directory, manifest)
        files = []
        for file in check.files():
            on_file(file)
            files.append(file)
    except Unreadable as error:
        return Report(manifest=None, files=(), problems=(error.problem,))
    problems = [Problem.STRAY_BYTES] if check.has_stray_bytes or directory.begins_late else []
    problems += [Problem.COMMENT] if directory.has_comment else []
    return Report(manifest=manifest, files=tuple(files), problems=tuple(problems))


def _find_manifest(source: Source, directory: Directory) -> Manifest:
    found = [(entry, match) for entry in directory.entries if (match := MANIFEST_NAME.fullmatch(entry.name))]
    if not found:
        raise Unreadable(Problem.NO_MANIFEST)
    if len(found) > 1:
        raise Unreadable(Problem.SEVERAL_MANIFESTS)
    (entry, match), *_ = found
    if entry.size > MANIFEST_BYTES_LIMIT:
        raise Unreadable(Problem.MANIFEST)
    try:
        data = b"".join(content(source, entry, locate(source, entry)))
        return read_manifest(data, folder=match[1], name=match[2])
    except (Damaged, BadManifest) as error:
        raise Unreadable(Problem.MANIFEST) from error


class _Check:
    """One pass over the entries, in the order of their bytes."""

    def __init__(self, source: Source, directory: Directory, manifest: Manifest) -> None:
        self._source = source
        self._entries = directory.entries
        self._manifest = manifest
        self._seen: set[str] = set()
        self._folders = {
            f"{manifest.root}/{folder}"
            for path in manifest.files
            for folder in accumulate(f"{piece}/" for piece in path.split("/")[:-1])
        } | {f"{manifest.root}/"}
        self.has_stray_bytes = False

    def files(self) -> Iterator[CheckedFile]:
        for entry in self._entries:
            if file := self._checked(entry):
                yield file
        for path in self._manifest.files:
            if path not in self._seen:
                yield CheckedFile(path=path, state=FileState.MISSING)

    def _checked(self, entry: Entry) -> CheckedFile | None:
        """What the entry is found to be; None for a folder that only holds what is listed."""
        place = self._place(entry)
        path = entry.name.removeprefix(f"{self._manifest.root}/")
        listed = self._manifest.files.get(path)
        if path == entry.name or (path and not is_safe_path(path.removesuffix("/"))):
            return CheckedFile(path=entry.name, state=FileState.EXTRA, reason=Reason.OUTSIDE)
        if entry.name in self._folders and not entry.size and isinstance(place, Place):
            return None
        if listed is None or path in self._seen:
            reason = Reason.UNLISTED if listed is None else Reason.REPEATED
            return CheckedFile(path=path or entry.name, state=FileState.EXTRA, reason=reason)
        self._seen.add(path)
        difference = self._difference(entry, place, listed)
        state = FileState.ALTERED if difference else FileState.INTACT
        return CheckedFile(path=path, state=state, reason=difference)

    def _place(self, entry: Entry) -> Place | Reason:
        try:
            place = locate(self._source, entry)
        except Damaged as damage:
            return damage.reason
        self.has_stray_bytes |= place.is_followed_by_stray
        return place

    def _difference(self, entry: Entry, place: Place | Reason, listed: ListedFile) -> Reason | None:
        reason = _difference(self._source, entry, place, listed)
        is_list = listed.path == self._manifest.list_path and reason in (Reason.BYTES, Reason.SHA256)
        return Reason.LIST if is_list else reason


def _difference(source: Source, entry: Entry, place: Place | Reason, listed: ListedFile) -> Reason | None:
    """How the entry is not the listed file; the plainest of several."""
    if not isinstance(place, Place):
        return place
    if not entry.regular:
        return Reason.SPECIAL
    try:
        pieces = content(source, entry, place)
        if entry.size != listed.bytes:
            return Reason.BYTES
        sha256, crc32 = sums(pieces)
    except Damaged as damage:
        return damage.reason
    if sha256 != listed.sha256:
        return Reason.SHA256
    return Reason.CRC32 if crc32 != entry.crc32 else None
