"""What a killed worker wrote aside is removed by the next one, and what a living one writes stays."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from zipworker.scratch import PREFIX, Scratch

ANOTHER = """
import sys, tempfile, time
from pathlib import Path
from zipworker.scratch import Scratch
Scratch(Path(sys.argv[1])).open()
tempfile.NamedTemporaryFile(delete=False)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _tempdir() -> Iterator[None]:
    before = tempfile.tempdir
    yield
    tempfile.tempdir = before


def folders(within: Path) -> set[Path]:
    return set(within.glob(f"{PREFIX}*"))


def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    others = [
        subprocess.Popen([sys.executable, "-c", ANOTHER, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(2)
    ]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
    assert len(folders(tmp_path)) == 2
    others[0].send_signal(signal.SIGKILL)
    others[0].wait()
    mine = Scratch(tmp_path)
    mine.open()
    assert len(folders(tmp_path)) == 2
    assert mine.path in folders(tmp_path)
    with tempfile.TemporaryDirectory() as folder:
        assert Path(folder).parent == mine.path
    mine.remove()
    assert len(folders(tmp_path)) == 1
    others[1].kill()
    others[1].wait()
    for other in others:
        assert other.stdout is not None
        other.stdout.close()


def test_it_is_gone_at_the_end_with_all_that_is_in_it(tmp_path: Path) -> None:
    mine = Scratch(tmp_path)
    mine.open()
    Path(tempfile.mkdtemp(), "hoja.pdf").write_bytes(b"x")
    mine.remove()
    assert folders(tmp_path) == set()
