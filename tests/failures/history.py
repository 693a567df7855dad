"""What became of a request's parts: the log of their moves, by the database's clock, and what lies in storage."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.failures.bare_data import USUARIO
from tests.failures.own_servers import Installation
from tests.running import Sam, Visitor, wait_for

UNFINISHED = ".sin-terminar"


@dataclass(frozen=True)
class Moved:
    """One line of the log of moves; `worker` is the process, 0 where a person moved it."""

    move: str
    attempt: int
    at: datetime
    worker: int
    reason: str


def ask(own: Installation) -> tuple[Visitor, History]:
    """Request the large empresa's ZIP, a part of 35 equipos and one of 5, as its usuario."""
    visitor = Visitor(own.sam, USUARIO)
    status, request = own.request(visitor)
    assert status == 201
    return visitor, History(own.sam, request["id"])


@dataclass(frozen=True)
class History:
    """One request of one installation, its parts known by their numbers."""

    sam: Sam
    request: int

    def part(self, number: int = 1) -> dict[str, Any]:
        """The part's row as it is now."""
        names = ("id", "state", "attempt", "crashes", "error", "owner")
        (row,) = self.sam.query(
            f"SELECT {', '.join(names)} FROM sam_zippart WHERE request_id = %s AND number = %s", self.request, number
        )
        return dict(zip(names, row, strict=True))

    def wait_for(self, number: int = 1, *, seconds: float = 60, **wanted: object) -> dict[str, Any]:
        """The part's row, once it says this."""

        def found() -> dict[str, Any] | None:
            part = self.part(number)
            return part if all(part[name] == value for name, value in wanted.items()) else None

        answer: dict[str, Any] = wait_for(found, seconds=seconds, what=f"part {number} is {wanted}")
        return answer

    def moves(self, number: int = 1) -> list[Moved]:
        """What the log tells of the part, in order."""
        rows = self.sam.query(
            "SELECT move, attempt, at, actor, reason FROM sam_transition WHERE part_id = %s ORDER BY id",
            self.part(number)["id"],
        )
        return [
            Moved(str(move), int(str(attempt)), _time(at), _pid(actor), str(why))
            for move, attempt, at, actor, why in rows
        ]

    def names(self, number: int = 1) -> list[tuple[str, int]]:
        """The same in short: (move, attempt)."""
        return [(one.move, one.attempt) for one in self.moves(number)]

    def one(self, move: str, number: int = 1, *, attempt: int = 1) -> Moved:
        """That move of the part, which was made once."""
        (found,) = [one for one in self.moves(number) if (one.move, one.attempt) == (move, attempt)]
        return found

    def stored(self) -> set[str]:
        """The names of all that lies in storage for the request, what is being written included."""
        folder = Path(self.sam.environment["SAM_DATA_DIR"]) / "almacen" / "zip_requests"
        return {path.name for path in folder.rglob(f"*req_{self.request}_*") if path.is_file()}

    def archives(self) -> set[tuple[int, int]]:
        """(number of the part, attempt) of every whole archive in storage."""
        return {_number_and_attempt(name) for name in self.stored() if name.endswith(".zip")}

    def unfinished(self) -> set[tuple[int, int]]:
        """The same of those that are being written, or were when their worker died."""
        return {_number_and_attempt(name.partition(".zip")[0]) for name in self.stored() if name.endswith(UNFINISHED)}

    def is_whole(self, visitor: Visitor, number: int = 1) -> bool:
        """Whether the part can be downloaded, is an archive from end to end, and has the hash that was promised."""
        part = self.part(number)["id"]
        data = visitor.get(f"/zip/partes/{part}/descargar/")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            intact = archive.testzip() is None
        ((sha256,),) = self.sam.query(
            "SELECT sha256 FROM sam_archive a JOIN sam_zippart p ON p.archive_id = a.id WHERE p.id = %s", part
        )
        return intact and hashlib.sha256(data).hexdigest() == sha256


def clock(sam: Sam) -> datetime:
    """The time by which the moves are told: the database's."""
    ((now,),) = sam.query("SELECT clock_timestamp()")
    return _time(now)


@contextmanager
def held(sam: Sam, table: str) -> Iterator[None]:
    """Hold all rows of a table, as somebody's long transaction would: who wants to change one waits."""
    with psycopg.connect(sam.environment["DATABASE_URL"]) as connection:
        connection.execute(f"SELECT 1 FROM {table} FOR UPDATE".encode())
        yield


def waiting_for_rows(sam: Sam) -> int:
    """How many sessions wait for a lock that another one holds."""
    ((count,),) = sam.query("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return int(str(count))


def _time(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value


def _pid(actor: object) -> int:
    """Of `worker:<host>:<pid>:<random>`."""
    kind, *rest = str(actor).split(":")
    return int(rest[1]) if kind == "worker" and len(rest) == 3 else 0


def _number_and_attempt(name: str) -> tuple[int, int]:
    """Of `<instant>_parte_<n>_req_<id>_a<attempt>.zip`."""
    _, _, number, _, _, attempt = name.removesuffix(".zip").rsplit("_", 5)
    return int(number), int(attempt.removeprefix("a"))
