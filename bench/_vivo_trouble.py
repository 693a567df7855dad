"""One socket's trouble, and what the others notice: before, while it lasts, and after."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Final

import psycopg

from bench._vivo_crowd import handshake, masked
from bench._vivo_figures import Row, Verdicts, quantile
from bench._vivo_frames import FRAME_P95_MS, Listening, to_all
from bench._vivo_installation import Installation

RESYNC: Final = '{"type":"resync"}'
ASK_SECONDS: Final = 0.2
ASKING: Final = 50  # of the crowd; the others are told
READS: Final = 12  # three times as many as there are threads that ask the database
MUTE_WINDOW_BYTES: Final = 4096
HOLD: Final = (
    "SELECT 1 FROM sam_notificacion WHERE usuario_id = %s FOR UPDATE",
    "SELECT 1 FROM sam_stream WHERE usuario_id = %s FOR UPDATE",
)


def trouble_rows(installation: Installation, verdicts: Verdicts, *, seconds: float) -> tuple[list[Row], str]:
    """A row for each time, side by side, and what became of the client that did not read."""
    watch = _Others(installation, verdicts)
    rows = [watch.row("no pasa nada (antes)", seconds, lambda: None)]
    with _locked(installation) as ask:
        rows.append(watch.row(f"una consulta ajena espera un candado {seconds:g} s", seconds, ask))
    with _Mute(installation) as mute:
        rows.append(watch.row("un cliente ajeno no lee", 2 * seconds, mute.ask))
        told = mute.told()
    rows.append(watch.row("no pasa nada (después)", seconds, lambda: None))
    return rows, told


class _Others:
    """Everybody else: told of their notifications, and asking for a fresh snapshot now and then."""

    def __init__(self, installation: Installation, verdicts: Verdicts) -> None:
        self._installation = installation
        self._verdicts = verdicts
        present = list(installation.present().items())
        # Whoever reads a fresh snapshot may find the news in it, and then no frame brings them.
        self._turns = cycle([place for place, _ in present[:ASKING]])
        self._told = [usuario for _, usuario in present[ASKING:]]

    def row(self, name: str, seconds: float, meanwhile: Callable[[], None]) -> Row:
        listening = Listening(self._installation)
        order = {**to_all(self._installation, seconds), "people": self._told}
        self._installation.teller.begin("tell", **order)
        asked = self._ask(seconds, meanwhile)
        sent = dict(listening.told()["notes"])
        listening.until(lambda heard: not sent.keys() <= heard.notes.keys() or len(heard.snapshots) < len(asked))
        heard = listening.heard
        taken = [heard.notes[note] - at for note, at in sent.items() if note in heard.notes]
        snapshots = [at - asked[who] for who, at in heard.snapshots if who in asked]
        return {
            "mientras": name,
            **self._verdicts.times(f"los demás, mientras {name}", taken, most_ms=FRAME_P95_MS),
            "perdidas": self._verdicts.all_came(f"los demás, mientras {name}", len(taken), len(sent)),
            "instantánea p50 ms": f"{1000 * quantile(snapshots, 0.5):.0f}" if snapshots else "-",
            "instantánea p95 ms": f"{1000 * quantile(snapshots, 0.95):.0f}" if snapshots else "-",
            **listening.cpu(),
        }

    def _ask(self, seconds: float, meanwhile: Callable[[], None]) -> dict[int, float]:
        """One after the other asks anew, five a second; each of them once, and when."""
        asked = {}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            who = next(self._turns)
            asked[who] = self._installation.crowd.ask("say", who=[who], text=RESYNC)
            meanwhile()
            time.sleep(ASK_SECONDS)
        return asked


@contextmanager
def _locked(installation: Installation) -> Iterator[Callable[[], None]]:
    """Hold a usuario's rows, whose socket says that it has read a notification, again and again."""
    person = installation.people["slow"]
    line = _connected(installation, person["key"])
    reads = [masked(json.dumps({"type": "read", "notification": person["note"]}))] * READS

    def ask() -> None:
        line.sendall(reads.pop() if reads else masked(RESYNC))

    with psycopg.connect(installation.sam.environment["DATABASE_URL"]) as connection:
        for statement in HOLD:
            connection.execute(statement.encode(), [person["id"]])
        for _ in range(READS // 2):
            ask()
        yield ask
        connection.rollback()
    line.close()


class _Mute:
    """A client that asks for its snapshot of a hundred kilobytes, again and again, and reads no byte of it."""

    def __init__(self, installation: Installation) -> None:
        self._began = time.monotonic()
        self._cut: float | None = None
        self._most_waiting = 0
        self._line = _connected(installation, installation.people["mute"]["key"], window=MUTE_WINDOW_BYTES)
        self._server_end = f":{installation.sam.port:04X}"
        self._my_end = f":{self._line.getsockname()[1]:04X}"

    def __enter__(self) -> _Mute:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def ask(self) -> None:
        if self._cut is not None:
            return
        ended = select.poll()
        ended.register(self._line, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        if ended.poll(0):
            self._cut = time.monotonic() - self._began
            return
        self._line.sendall(masked(RESYNC) * 2)
        self._most_waiting = max(self._most_waiting, self._waiting_bytes())

    def told(self) -> str:
        """What became of it."""
        end = f"el servidor lo cortó a los {self._cut:.0f} s" if self._cut else "seguía conectado al final"
        return f"El que no lee llegó a tener {self._most_waiting / 1e6:.1f} MB suyos esperando en el núcleo; {end}."

    def _waiting_bytes(self) -> int:
        """In the kernel, on the server's side of its connection: /proc/net/tcp says so in hexadecimal."""
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            words = line.split()
            if words[1].endswith(self._server_end) and words[2].endswith(self._my_end):
                return int(words[4].partition(":")[0], 16)
        return 0


def _connected(installation: Installation, session_key: str, *, window: int = 0) -> socket.socket:
    """A socket of `/ws/`, spoken by hand; `window` bytes are all that it will take unread."""
    line = socket.socket()
    if window:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    line.settimeout(10)
    line.connect(("127.0.0.1", installation.sam.port))
    line.sendall(handshake(installation.sam.port, session_key))
    line.recv(12)  # "HTTP/1.1 101"; the rest stays unread
    return line
