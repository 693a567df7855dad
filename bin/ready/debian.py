"""Programs that come from Debian's packages: which are missing, and installing them where we may."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that tests need, the package that brings it, and how to tell that it is there."""

    name: str
    package: str
    is_here: Callable[[], bool]
    slow: bool = False  # only what runs with --slow needs it


def on_path(*names: str) -> Callable[[], bool]:
    """A test for any of these names on PATH."""
    return lambda: any(shutil.which(name) for name in names)


def _postgres_is_here() -> bool:
    return bool(shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))


def _prometheus_is_here() -> bool:
    return all(shutil.which(name) for name in ("prometheus", "promtool"))


PROGRAMS = (
    Program(name="PostgreSQL", package="postgresql", is_here=_postgres_is_here),
    Program(name="redis-server", package="redis-server", is_here=on_path("redis-server")),
    Program(name="Chromium", package="chromium", is_here=on_path("chromium", "chromium-browser")),
    Program(name="bsdtar", package="libarchive-tools", is_here=on_path("bsdtar")),
    Program(name="unzip", package="unzip", is_here=on_path("unzip")),
    Program(name="pdftotext", package="poppler-utils", is_here=on_path("pdftotext")),
    Program(name="Prometheus", package="prometheus", is_here=_prometheus_is_here, slow=True),
)


def missing(*, slow: bool) -> list[Program]:
    """The programs that are not on this machine; with `slow` also those that only slow tests need."""
    return [program for program in PROGRAMS if (slow or not program.slow) and not program.is_here()]


def may_install() -> bool:
    """Whether this person can install Debian's packages without a password."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Iterable[str]) -> bool:
    """Install them, quietly unless it fails; whether it worked."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    commands = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    )
    for command in commands:
        done = subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            print(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}", flush=True)
            return False
    return True
