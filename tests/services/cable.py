"""A TCP cable between a client and a port of the loopback, to be cut, frozen and healed at will.

What a real network does and no server of ours can be told to do: break every connection at once, or fall silent
with all of them open. The server at its end, and whoever comes another way, notice nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from tests.services.children import free_port

CHUNK_BYTES: Final = 65_536
BACKLOG: Final = 1024
CALL_SECONDS: Final = 10.0
# At once, and told by a reset: the other side must not take it for a polite end.
RESET: Final = struct.pack("ii", 1, 0)

Answer = TypeVar("Answer")


class Cable:
    """From `port`, its own, to the port it was made for. Passes everything from `start` on; threads may share it."""

    def __init__(self, to: int) -> None:
        self.port = free_port()
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="cable", daemon=True)
        self._flowing = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._joints: set[asyncio.Task[None]] = set()  # one for each connection

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def connections(self) -> int:
        """How many connections go through it now."""
        return self._do(self._count())

    def start(self) -> None:
        self._thread.start()
        self._do(self._heal())

    def cut(self) -> None:
        """Break every connection with a reset, and refuse new ones until `heal`."""
        self._do(self._cut())

    def freeze(self) -> None:
        """Keep every connection open and pass not one byte more; new ones are taken and get no answer."""
        self._do(self._freeze())

    def heal(self) -> None:
        """Pass everything again: what a frozen cable held back is not lost."""
        self._do(self._heal())

    def stop(self) -> None:
        """Cut it for good; does nothing when it is stopped."""
        if self._thread.is_alive():
            self._do(self._cut())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CALL_SECONDS)

    # ── in the cable's own thread ──

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    async def _count(self) -> int:
        return len(self._joints)

    async def _heal(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port, backlog=BACKLOG)
        self._flowing.set()

    async def _freeze(self) -> None:
        self._flowing.clear()

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        joints = list(self._joints)
        for joint in joints:
            joint.cancel()
        await asyncio.gather(*joints, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last."""
        task = asyncio.current_task()
        assert task is not None
        self._joints.add(task)
        ends, whole = [writer], False
        try:
            await self._flowing.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
            ends.append(far_writer)
            # Each direction ends by itself: a client may have said all it will and still be listening.
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
            whole = True
        except (OSError, asyncio.CancelledError):
            pass  # one end broke off, or the cable was cut: the other end is told
        finally:
            for end in ends:
                if whole:
                    end.close()
                else:
                    _reset(end)
            self._joints.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            await self._flowing.wait()
            writer.write(chunk)
            await writer.drain()
        await self._flowing.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    end: socket.socket = writer.get_extra_info("socket")
    if end.fileno() >= 0:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
