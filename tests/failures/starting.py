"""Starts a worker that is a program of this folder, as tests/failures/quick_worker.py is."""

from __future__ import annotations

import subprocess
import sys

from tests.running import ROOT, Sam
from tests.services.children import start, wait_until_ready


def start_program(sam: Sam, name: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """The worker of `tests/failures/<name>.py`, once it says that it has started."""
    log = sam.folder / f"{name}.log"
    log.unlink(missing_ok=True)
    argv = [sys.executable, "-m", f"tests.failures.{name}", *arguments]
    process = start(argv, log=log, env={**sam.environment, **environment, "PYTHONPATH": str(ROOT)})
    sam.processes.append(process)
    wait_until_ready(process, name=name, log=log, ready=lambda: b"action=worker_started" in log.read_bytes())
    return process
