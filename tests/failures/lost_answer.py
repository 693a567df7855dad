"""A line to PostgreSQL that loses one answer: the COMMIT arrives and is done, and who sent it never hears so."""

from __future__ import annotations

import select
import socket
import threading
from typing import Final

CHUNK_BYTES: Final = 65_536
LOOK_SECONDS: Final = 0.2


class LostAnswer:
    """Passes everything, until a transaction that said `marker` commits: then that connection breaks, and only once."""

    def __init__(self, to: int, *, marker: bytes) -> None:
        self._to, self._marker = to, marker
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(LOOK_SECONDS)
        self.port: int = self._listening.getsockname()[1]
        self.lost = threading.Event()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> LostAnswer:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                near, _ = self._listening.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._carry, args=(near,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._to)) as far:
            marked = False
            while not self._stopped.is_set():
                for ready in select.select([near, far], [], [], LOOK_SECONDS)[0]:
                    chunk = ready.recv(CHUNK_BYTES)
                    if not chunk:
                        return
                    (far if ready is near else near).sendall(chunk)
                    if ready is far:
                        continue
                    marked = marked or self._marker in chunk
                    if marked and b"COMMIT" in chunk and not self.lost.is_set():
                        far.recv(CHUNK_BYTES)  # it says that it has committed
                        self.lost.set()
                        return
