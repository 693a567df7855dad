"""bin/caos: starts the storm of tests/caos with the environment that it needs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from ready import venv
from ready.places import ROOT
from ready.trouble import Trouble


def main(arguments: Sequence[str]) -> int:
    """Run it to its end; a Ctrl-C reaches it too, and it ends in order. Returns the exit status."""
    try:
        python = venv.ensure("dev")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    paths = os.pathsep.join([str(ROOT), str(ROOT / "bin")])
    storm = subprocess.Popen(
        [python, "-m", "tests.caos", *arguments], cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}
    )
    # Both are told by the terminal; the one that cleans up decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _: storm.send_signal(number))
    return storm.wait()
