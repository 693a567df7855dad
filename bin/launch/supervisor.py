"""Keeps children running in one terminal: lines interleaved, ends noticed, all stopped in order."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

from launch.children import Child, how_it_ended
from ready.trouble import Trouble

TICK_SECONDS = 0.1
# As long as web and worker may take to finish what they hold, and a little more.
STOP_SECONDS = 20.0
# A child that cannot even start once will not start by itself: better to say so than to try for ever.
FAILED_STARTS = 4


class Supervisor:
    """Runs children, restarts those that end, and stops all at the first signal."""

    def __init__(self, *, terminal_colours: bool) -> None:
        self._children: list[Child] = []
        self._colours = terminal_colours
        self._stop_requests = 0
        self._been_ready = False
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_writer, False)

    def listen_to_signals(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal stop everything in order."""
        signal.set_wakeup_fd(self._wake_writer)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    @property
    def stop_requested(self) -> bool:
        return self._stop_requests > 0

    def start(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        self._children.append(child)
        child.start()

    def run_to_its_end(self, child: Child) -> None:
        """Run a child that ends by itself, printing its lines; raises Trouble when it fails."""
        child.start()
        self._children.append(child)
        while child.fileno() is not None or child.running:
            self._print_output(TICK_SECONDS)
            if self.stop_requested:
                return
        self._children.remove(child)
        status = child.process.wait() if child.process else 0
        if status != 0:
            raise Trouble(f"{child.name} {how_it_ended(status)}; el motivo está en las líneas anteriores.")

    def keep_running(self, *, until_ready: Callable[[], bool], when_ready: Callable[[], None]) -> None:
        """Until a signal: print, restart what ends, and call `when_ready` once `until_ready` says so."""
        while not self.stop_requested:
            self._print_output(TICK_SECONDS)
            self._restart_the_dead()
            if not self._been_ready and until_ready():
                self._been_ready = True
                when_ready()

    def stop(self) -> None:
        """Stop all; what does not end in time, or at a second signal, is killed."""
        if any(child.running for child in self._children):
            self.say("Deteniendo SAM…")
        self._stop_together([child for child in self._children if not child.stops_last])
        self._stop_together([child for child in self._children if child.stops_last])
        self._print_output(0)

    def say(self, text: str) -> None:
        """A line of our own, after what the children said so far."""
        print(text, flush=True)

    def _stop_together(self, children: Sequence[Child]) -> None:
        for child in children:
            child.tell(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.running for child in children) and time.monotonic() < deadline:
            if self._stop_requests > 1:
                break
            self._print_output(TICK_SECONDS)
        for child in children:
            child.tell(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()

    def _restart_the_dead(self) -> None:
        for child in self._children:
            if child.running:
                continue
            if child.start_again_at is None:
                self._plan_restart(child)
            elif time.monotonic() >= child.start_again_at:
                child.start()

    def _plan_restart(self, child: Child) -> None:
        while child.fileno() is not None and (lines := child.read_lines()):  # its last words
            self._print_lines(child, lines)
        status = child.process.returncode if child.process else 0
        pause = child.plan_restart()
        if not self._been_ready and child.quick_ends >= FAILED_STARTS:
            raise Trouble(f"{child.name} no arranca ({how_it_ended(status)}); el motivo está arriba.")
        self.say(f"{child.name} {how_it_ended(status)}; se reinicia en {pause:.1f} s")

    def _print_output(self, timeout: float) -> None:
        by_descriptor = {number: child for child in self._children if (number := child.fileno()) is not None}
        readable, _, _ = select.select([*by_descriptor, self._wake_reader], [], [], timeout)
        for number in readable:
            if number == self._wake_reader:
                os.read(self._wake_reader, 64)
            else:
                self._print_lines(by_descriptor[number], by_descriptor[number].read_lines())

    def _print_lines(self, child: Child, lines: Sequence[str]) -> None:
        prefix = f"{child.name:<9}│ "
        if self._colours:
            prefix = f"\x1b[2m{prefix}\x1b[0m"
        for line in lines:
            print(f"{prefix}{line}")
        sys.stdout.flush()

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_requests += 1
