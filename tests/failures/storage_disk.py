"""A disk of a few megabytes that only the processes of one test see: a tmpfs in a mount namespace of its own."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.failures.storage_installation import DOCUMENTS, StoredSam
from tests.running import ROOT, Sam
from tests.services.children import free_port, start, stop

UNSHARE = ["unshare", "--mount", "--propagation", "private"]
START_SECONDS = 20
LIFE_SECONDS = 600


@dataclass(frozen=True)
class SmallDisk:
    """The tmpfs at `folder`, as long as the process that holds its namespace lives."""

    folder: Path
    holder: subprocess.Popen[bytes]

    @property
    def entry(self) -> list[str]:
        """What a command begins with that shall see the disk."""
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt"]

    @property
    def seen(self) -> Path:
        """The disk's folder, for who is outside."""
        return Path(f"/proc/{self.holder.pid}/root{self.folder}")

    def resize(self, size: str) -> None:
        done = subprocess.run(
            [*self.entry, "mount", "-o", f"remount,size={size}", str(self.folder)],
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()

    def files(self) -> dict[str, int]:
        """Every file on it, with its bytes."""
        found = (path for path in self.seen.rglob("*") if path.is_file())
        return {str(path.relative_to(self.seen)): path.stat().st_size for path in found}


@contextmanager
def small_disk(folder: Path, *, size: str) -> Iterator[SmallDisk]:
    """A disk of that size over the folder; the test is skipped where this process may not mount one."""
    probe = subprocess.run([*UNSHARE, "true"], capture_output=True, timeout=START_SECONDS, check=False)
    if probe.returncode != 0:
        pytest.skip(f"a full disk needs a mount namespace, so root: {probe.stderr.decode().strip()}")
    folder.mkdir(parents=True, exist_ok=True)
    script = f'mount -t tmpfs -o size="$1" tmpfs "$2" && echo ready && exec sleep {LIFE_SECONDS}'
    log = folder.with_name(f"{folder.name}.log")
    holder = start([*UNSHARE, "sh", "-c", script, "sh", size, folder], log=log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while b"ready" not in log.read_bytes():
            assert holder.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the disk was not mounted"
            time.sleep(0.02)
        yield SmallDisk(folder, holder)
    finally:
        stop(holder)


@dataclass
class SamOnDisk(Sam):
    """An installation whose processes see the disk; its bytes are in files."""

    disk: SmallDisk | None = None

    def _start(self, command: str, *arguments: str, **environment: str) -> tuple[subprocess.Popen[bytes], Path]:
        assert self.disk is not None
        log = self.folder / f"{command}-{secrets.token_hex(3)}.log"
        process = start(
            [*self.disk.entry, sys.executable, str(ROOT / "manage.py"), command, *arguments],
            log=log,
            env={**self.environment, **environment, "PYTHONPATH": str(ROOT)},
        )
        self.processes.append(process)
        return process, log


def on_disk(stored: StoredSam, disk: SmallDisk) -> StoredSam:
    """The same installation with its documentos in files."""
    sam = stored.sam
    store = store_of(sam)
    client = stored.s3.upstream.client()
    for key in stored.held(DOCUMENTS):
        path = store / key
        path.parent.mkdir(parents=True, exist_ok=True)
        client.download_file(stored.bucket, key, str(path))
    port = free_port()
    environment = {**sam.environment, "SAM_STORAGE": "file", "PORT": str(port)}
    return replace(stored, sam=SamOnDisk(sam.folder, environment, port, disk=disk))


def store_of(sam: Sam) -> Path:
    return Path(sam.environment["SAM_DATA_DIR"]) / "almacen"
