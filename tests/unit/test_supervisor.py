"""The supervisor of bin/dev: what dies is started again, what is told to stop stops, nothing outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch.children import Child, how_it_ended
from launch.supervisor import Supervisor
from ready.trouble import Trouble

SAYS_AND_WAITS = "import signal; print('hola ñandú', flush=True); signal.pause()"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    one = Supervisor(terminal_colours=False)
    yield one
    one.stop()


def python(code: str, *, name: str = "web") -> Child:
    return Child(name, [sys.executable, "-u", "-c", code], dict(os.environ))


def keep_running_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20

    def stop_when_met() -> bool:
        assert time.monotonic() < deadline, "the condition was never met"
        if condition():
            supervisor._request_stop(signal.SIGTERM, None)
        return False

    supervisor.keep_running(until_ready=stop_when_met, when_ready=lambda: None)


def process_of(child: Child) -> subprocess.Popen[bytes]:
    assert child.process is not None
    return child.process


def test_a_child_killed_by_force_is_started_again(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    child = python(SAYS_AND_WAITS, name="worker")
    supervisor.start(child)
    first = process_of(child)
    first.kill()
    keep_running_until(supervisor, lambda: child.running and child.process is not first)
    assert "worker terminó por SIGKILL; se reinicia en 0.5 s" in capsys.readouterr().out


def test_lines_of_a_child_carry_its_name(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    printed: list[str] = []

    def has_said_it() -> bool:
        printed.append(capsys.readouterr().out)
        return "web      │ hola ñandú\n" in "".join(printed)

    supervisor.start(python(SAYS_AND_WAITS))
    keep_running_until(supervisor, has_said_it)


def test_a_child_that_never_starts_ends_the_run_with_a_sentence(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launch.children.FIRST_PAUSE_SECONDS", 0.01)
    supervisor.start(python("import sys; sys.exit('falta SECRET_KEY')"))
    with pytest.raises(Trouble, match="web no arranca"):
        supervisor.keep_running(until_ready=lambda: False, when_ready=lambda: None)
    assert "falta SECRET_KEY" in capsys.readouterr().out


def test_a_preparation_that_fails_is_said_and_nothing_goes_on(supervisor: Supervisor) -> None:
    with pytest.raises(Trouble, match="preparar terminó con estado 3"):
        supervisor.run_to_its_end(python("raise SystemExit(3)", name="preparar"))


def test_all_children_are_gone_after_a_stop(supervisor: Supervisor) -> None:
    children = [python(SAYS_AND_WAITS, name=name) for name in ("redis", "web", "worker")]
    for child in children:
        supervisor.start(child)
    supervisor.stop()
    assert [process_of(child).returncode for child in children] == [-signal.SIGTERM] * 3


def test_redis_is_told_to_stop_only_when_the_others_have_ended(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "order"
    note = f"import signal, sys, pathlib\nlog = pathlib.Path({str(log)!r}).open('a')\n"
    code = note + (
        "signal.signal(signal.SIGTERM, lambda *_: (print(sys.argv[1], file=log, flush=True), sys.exit()))\n"
        "print('listo', flush=True)\nwhile True: signal.pause()"
    )
    redis = Child("redis", [sys.executable, "-c", code, "redis"], dict(os.environ), stops_last=True)
    web = Child("web", [sys.executable, "-c", code, "web"], dict(os.environ))
    for child in (redis, web):
        supervisor.start(child)
        while not child.read_lines():
            pass
    supervisor.stop()
    assert log.read_text().split() == ["web", "redis"]


def test_a_child_does_not_outlive_a_supervisor_killed_by_force(tmp_path: Path) -> None:
    code = (
        "import os, sys; from launch.children import Child\n"
        f"child = Child('web', [sys.executable, '-c', {SAYS_AND_WAITS!r}], dict(os.environ)); child.start()\n"
        "print(child.process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    paths = os.pathsep.join(sys.path)
    parent = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert parent.returncode == -signal.SIGKILL
    assert _ends_within(int(parent.stdout), seconds=10)


def _ends_within(pid: int, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    status = Path(f"/proc/{pid}/stat")
    while time.monotonic() < deadline:
        try:
            if status.read_text().rpartition(")")[2].split()[0] == "Z":  # dead, its new parent will reap it
                return True
        except FileNotFoundError:
            return True
    return False


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "terminó con estado 0"), (-9, "terminó por SIGKILL"), (-15, "terminó por SIGTERM")],
)
def test_the_end_of_a_child_is_told_in_words(status: int, words: str) -> None:
    assert how_it_ended(status) == words
