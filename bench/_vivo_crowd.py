"""Thousands of sockets in one process, as cheap as Python can hold them.

When a frame came is what the kernel wrote on its last packet (SO_TIMESTAMPNS): how busy this process is, and when
it is given a core, is in no figure. It shares the machine with the server all the same.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import selectors
import socket
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench._vivo_companion import obey

SO_TIMESTAMPNS: Final = 35  # Linux; Python has no name for it
READ_BYTES: Final = 65_536
HEAD_END: Final = b"\r\n\r\n"
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
NEVER_CLOSED_CODE: Final = 1006
NOTE: Final = re.compile(rb'"notification":\{"id":(\d+)')
DEFERRED: Final = object()


class Member:
    """One usuario's socket."""

    def __init__(self, index: int, head: bytes) -> None:
        self.index = index
        self.head = head
        self.socket: socket.socket | None = None
        self.buffer = bytearray()
        self.is_open = False  # the handshake is over
        self.began = 0.0
        self.greeted = 0.0  # when its snapshot came; 0 while there is none
        self.code = NEVER_CLOSED_CODE

    def say(self, text: bytes | str, opcode: int = TEXT) -> None:
        if self.socket is not None:
            with contextlib.suppress(OSError):  # it has ended, and will be read so
                self.socket.send(masked(text, opcode))

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """The whole frames of what was read; a server masks none."""
        buffer = self.buffer
        while len(buffer) >= 2:
            length, start = buffer[1] & 0x7F, 2
            if length >= 126:
                start = 4 if length == 126 else 10
                length = int.from_bytes(buffer[2:start])
            if len(buffer) < start + length:
                return
            opcode, text = buffer[0] & 0x0F, bytes(buffer[start : start + length])
            del buffer[: start + length]
            yield opcode, text


class Crowd:
    """The first so many of the people are connected, as it is told."""

    def __init__(self, people: Sequence[tuple[int, str]], port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._members = [Member(index, handshake(port, key)) for index, (_, key) in enumerate(people)]
        self._selector = selectors.DefaultSelector()
        self._to_connect: deque[Member] = deque()
        self._in_flight: set[Member] = set()
        self._at_once = 0
        self._wanted: list[Member] = []
        self._until = 0.0
        self._again = 0
        self._notes: list[tuple[int, float]] = []
        self._snapshots: list[tuple[int, float]] = []
        self._codes: Counter[int] = Counter()

    def run(self) -> None:
        """Obey what comes on standard input, until its end."""
        works: Mapping[str, Callable[..., object]] = {
            "connect": self.connect,
            "keep": self.keep,
            "present": self.present,
            "say": self.say,
            "heard": self.heard,
        }
        self._selector.register(sys.stdin.buffer, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select(0.1):
                if key.data is not None:
                    self._hear(key.data)
                    continue
                line = sys.stdin.buffer.readline()
                if not line:
                    return
                answer = obey(line, works)
                if answer is not DEFERRED:
                    _answer(answer)
            self._go_on_connecting()

    # ── what it is told ──

    def connect(self, *, count: int, at_once: int, seconds: float) -> object:
        """Connect the first `count`; answered when all of those that were not have their snapshot."""
        self._wanted = [member for member in self._members[:count] if member.socket is None]
        for member in self._wanted:
            member.began = 0.0
        self._to_connect = deque(self._wanted)
        self._at_once = at_once
        self._again = 0
        self._until = time.time() + seconds
        self._go_on_connecting()
        return DEFERRED

    def keep(self, *, count: int) -> int:
        """Let go of all but the first `count`; how many those are."""
        for member in self._members[count:]:
            self._let_go(member)
        return sum(member.socket is not None for member in self._members)

    def present(self) -> list[int]:
        """The places of those that are connected and have their snapshot."""
        return [member.index for member in self._members if member.socket is not None and member.greeted]

    def say(self, *, who: Sequence[int], text: str) -> float:
        """Have those say a frame; when they had."""
        for index in who:
            self._members[index].say(text)
        return time.time()

    def heard(self) -> dict[str, Any]:
        """What came since the last time it was asked, how each closed socket was closed, and the CPU used so far."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        heard = {
            "notes": self._notes,
            "snapshots": self._snapshots,
            "codes": dict(self._codes),
            "cpu": usage.ru_utime + usage.ru_stime,
        }
        self._notes, self._snapshots, self._codes = [], [], Counter()
        return heard

    # ── connecting ──

    def _go_on_connecting(self) -> None:
        if not self._wanted:
            return
        while self._to_connect and len(self._in_flight) < self._at_once:
            self._begin(self._to_connect.popleft())
        done = not self._to_connect and not self._in_flight
        if done or time.time() > self._until:
            each = [(one.began, one.greeted) for one in self._wanted if one.greeted]
            _answer({"each": each, "expected": len(self._wanted), "again": self._again})
            for member in self._in_flight:  # or they would go on connecting while something else is measured
                self._let_go(member)
            self._wanted, self._to_connect = [], deque()
            self._in_flight.clear()

    def _begin(self, member: Member) -> None:
        member.socket = line = socket.socket()
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        member.buffer.clear()
        member.is_open, member.code, member.greeted = False, NEVER_CLOSED_CODE, 0.0
        member.began = member.began or time.time()
        self._in_flight.add(member)
        line.connect_ex(self._address)
        self._selector.register(line, selectors.EVENT_WRITE, member)

    # ── hearing ──

    def _hear(self, member: Member) -> None:
        line = member.socket
        if line is None:
            return
        try:
            if self._selector.get_key(line).events == selectors.EVENT_WRITE:
                line.send(member.head)
                self._selector.modify(line, selectors.EVENT_READ, member)
                return
            data, ancillary, _, _ = line.recvmsg(READ_BYTES, 64)
        except BlockingIOError:
            return
        except OSError:
            data, ancillary = b"", []
        if not data:
            return self._ended(member)
        member.buffer += data
        self._take(member, _written_on(ancillary))

    def _take(self, member: Member, at: float) -> None:
        if not member.is_open:
            head, end, rest = bytes(member.buffer).partition(HEAD_END)
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                return self._ended(member)
            member.buffer[:] = rest
            member.is_open = True
        for opcode, text in member.frames():
            if opcode == TEXT:
                self._note(member, text, at)
            elif opcode == PING:
                member.say(text, PONG)
            elif opcode == CLOSE:
                member.code = int.from_bytes(text[:2]) or NEVER_CLOSED_CODE
                member.say(text[:2], CLOSE)

    def _note(self, member: Member, text: bytes, at: float) -> None:
        if text.startswith(b'{"type":"change"'):
            if found := NOTE.search(text):
                self._notes.append((int(found[1]), at))
        elif text.startswith(b'{"type":"snapshot"'):
            self._snapshots.append((member.index, at))
            member.greeted = member.greeted or at
            self._in_flight.discard(member)

    def _ended(self, member: Member) -> None:
        self._codes[member.code] += 1
        self._let_go(member)
        if member in self._in_flight:  # as a page does, but at once
            self._again += 1
            self._in_flight.discard(member)
            self._to_connect.append(member)

    def _let_go(self, member: Member) -> None:
        if member.socket is None:
            return
        self._selector.unregister(member.socket)
        member.socket.close()
        member.socket, member.is_open = None, False


def masked(text: bytes | str, opcode: int = TEXT) -> bytes:
    """One short frame of a client (RFC 6455, 5.2); a mask of zeros leaves the text as it is."""
    data = text.encode() if isinstance(text, str) else text
    assert len(data) < 126
    return bytes([0x80 | opcode, 0x80 | len(data), 0, 0, 0, 0]) + data


def handshake(port: int, session_key: str) -> bytes:
    """What a page of ours sends first."""
    host = f"127.0.0.1:{port}"
    return (
        f"GET /ws/ HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: sessionid={session_key}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def _written_on(ancillary: Sequence[tuple[int, int, bytes]]) -> float:
    """The kernel's time of what was read, like time.time(); now where it said none."""
    for _, kind, data in ancillary:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _answer(value: object) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    people = json.loads(Path(sys.argv[1]).read_text())["crowd"]
    Crowd(people, int(sys.argv[2])).run()
