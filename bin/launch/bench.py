"""bin/bench: runs the programs of bench/, each of which prints its own table."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ready import venv
from ready.places import ROOT
from ready.trouble import Trouble

FOLDER = ROOT / "bench"


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, or all; what follows `--` goes to them. Returns the exit status."""
    found = benchmarks()
    names, for_them = _split(arguments)
    if "-h" in names or "--help" in names:
        print(_usage(found))
        return 0
    unknown = [name for name in names if name not in found]
    if unknown:
        print(f"No hay ninguna medición {unknown[0]}.\n{_usage(found)}", file=sys.stderr)
        return 2
    try:
        python = venv.ensure("dev")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    if not found:
        print("Todavía no hay mediciones en bench/.")
    statuses = [_run(python, found[name], for_them) for name in (names or found)]
    return max(statuses, default=0)


def benchmarks() -> dict[str, Path]:
    """The benchmarks by name: the modules of bench/ whose name has no leading underscore."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.py")) if not path.stem.startswith("_")}


def _run(python: Path, program: Path, arguments: Sequence[str]) -> int:
    print(f"\n── {program.stem}: {_first_line(program)} ".ljust(100, "─"), flush=True)
    return subprocess.run([python, "-m", f"bench.{program.stem}", *arguments], cwd=ROOT).returncode


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return list(arguments), []
    at = list(arguments).index("--")
    return list(arguments[:at]), list(arguments[at + 1 :])


def _usage(found: dict[str, Path]) -> str:
    lines = [f"  {name:<16} {_first_line(path)}" for name, path in found.items()]
    return "\n".join(["Uso: bin/bench [NOMBRE…] [-- ARGUMENTOS]; sin nombres corre todas:", *lines])


def _first_line(program: Path) -> str:
    text = program.read_text(encoding="utf-8").lstrip()
    return text[3:].splitlines()[0].rstrip('"') if text.startswith('"""') else ""
