"""Server processes that cannot outlive the test run, even when it is killed."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ready.lifeline import die_with_parent

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02


class ServiceUnavailable(Exception):
    """A server that a test needs could not be found or did not start; says which and why."""


def start(
    argv: Sequence[str | Path],
    *,
    log: Path,
    user: int | None = None,
    group: int | None = None,
    env: Mapping[str, str] | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a server that gets `death_signal` when this process dies. Call it from the main thread only:
    the kernel ties that signal to the thread that forked."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=env,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            # Its own group: a Ctrl-C at the terminal reaches pytest, which then stops servers in order.
            process_group=0,
            preexec_fn=die_with_parent(death_signal),
        )


def wait_until_ready(process: subprocess.Popen[bytes], *, name: str, log: Path, ready: Callable[[], bool]) -> None:
    """Return when `ready()` is true; raises ServiceUnavailable with the end of the log otherwise."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServiceUnavailable(f"{name} ended with {process.returncode}:\n{_tail(log)}")
        if ready():
            return
        time.sleep(POLL_SECONDS)
    raise ServiceUnavailable(f"{name} was not ready after {START_SECONDS:.0f} s:\n{_tail(log)}")


def stop(process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM) -> None:
    """Stop a server and wait for its end; kills it when it does not listen."""
    if process.poll() is None:
        process.send_signal(by)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts_connections(port: int) -> bool:
    """Whether something listens on that port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]
