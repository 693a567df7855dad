"""An installation on SQLite whose every step is a process of its own, and what it delivered, opened again."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sam.planning.names import sidecar

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installation:
    """A folder with a database and a store; it may be copied while nothing runs in it."""

    folder: Path
    keys: Mapping[str, str]

    @classmethod
    def of(cls, dump: Path, folder: Path) -> Installation:
        """The dump loaded and its ZIP requested; nothing is built yet."""
        folder.mkdir(parents=True)
        return cls(folder, _run(folder, "load", str(dump))["keys"])

    def copy(self, folder: Path) -> Installation:
        return Installation(shutil.copytree(self.folder, folder), self.keys)

    def stored(self, sha256: str) -> Path:
        """The file of a documento in the store."""
        return self.folder / "datos" / "almacen" / self.keys[sha256]

    def put_first(self, number: int) -> None:
        """The next part to be built, whatever its number."""
        with closing(sqlite3.connect(self.folder / "sam.sqlite3", isolation_level=None)) as database:
            assert database.execute("UPDATE sam_zippart SET priority = 1 WHERE number = ?", (number,)).rowcount == 1

    def build(
        self, *, parts: int | None = None, cwd: Path = ROOT, timeout: float = 100, env: Mapping[str, str] | None = None
    ) -> Delivery:
        told = _run(self.folder, "build", *([str(parts)] if parts else []), cwd=cwd, timeout=timeout, env=env)
        store = self.folder / "datos" / "almacen"
        return Delivery(told, tuple(Part(one, store / one["key"], len_of(told)) for one in told["parts"]))


def len_of(told: Mapping[str, Any]) -> int:
    """How many parts the request has, of which perhaps not all were built."""
    return max(int(number) for number, _, _ in told["plan"])


def _run(
    folder: Path, *command: str, cwd: Path = ROOT, timeout: float = 100, env: Mapping[str, str] | None = None
) -> dict[str, Any]:
    ours = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "sam.settings",
        "SECRET_KEY": "only-for-tests-" + "k" * 50,
        "SAM_DATA_DIR": str(folder / "datos"),
        "DATABASE_URL": f"sqlite:///{folder / 'sam.sqlite3'}",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody is there: a lost ring costs nothing
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.paquete.building", *command],
        cwd=cwd,
        env={**ours, **(env or {})},
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@dataclass(frozen=True)
class Part:
    """One part that was built: its row, and its ZIP as it lies in storage."""

    row: Mapping[str, Any]
    path: Path
    of: int

    @property
    def number(self) -> int:
        return int(self.row["number"])

    def name(self, stem: str, extension: str) -> str:
        return sidecar(stem, extension, self.number, self.of)

    @cached_property
    def zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path)

    @cached_property
    def names(self) -> list[str]:
        """The paths from the root folder, in the order of the archive."""
        return [name.partition("/")[2] for name in self.zip.namelist()]

    def read(self, path: str) -> bytes:
        return self.zip.read(f"{self.zip.namelist()[0].partition('/')[0]}/{path}")

    @cached_property
    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self.read(self.name("manifiesto", "json")))
        return manifest


@dataclass(frozen=True)
class Delivery:
    """All the parts that a process built."""

    told: Mapping[str, Any]
    parts: tuple[Part, ...]

    @property
    def root(self) -> str:
        return str(self.told["root"])

    @cached_property
    def folders(self) -> dict[str, str]:
        """The folder of each codigo, in the order of the request."""
        return {codigo: folder for _, codigo, folder in self.told["plan"]}

    @cached_property
    def part_of(self) -> dict[str, int]:
        return {codigo: number for number, codigo, _ in self.told["plan"]}

    def extract(self, folder: Path) -> Path:
        """All the parts into one folder, as an auditor does; the root folder."""
        for part in self.parts:
            part.zip.extractall(folder)
        return folder / self.root

    def missing_paths(self) -> Iterator[str]:
        for part in self.parts:
            yield from (row["ruta"] for row in part.row["faltantes"])

    def close(self) -> None:
        for part in self.parts:
            part.zip.close()
