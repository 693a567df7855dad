"""A web process may stop, or die at any moment: nothing that was promised goes with it, and clients come back right."""

from __future__ import annotations

import asyncio
import hashlib
import random
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import pytest
from websockets.asyncio.client import ClientConnection

from tests.failures.open_tab import open_tab
from tests.failures.watching import Person, end_of, many_people, next_frame, open_socket
from tests.running import Sam, Visitor, wait_for
from tests.services.cable import Cable

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

PEOPLE = 10
SOCKETS_OF_EACH = 20
# More than the kernel holds for a connection whose client reads no further: the rest is still in the process.
ARCHIVE_BYTES = 32 * 1024 * 1024
FIRST_BYTES = 1024 * 1024
BUILD_SECONDS = 120.0
STOP_SECONDS = 20.0  # the drain takes 7 at most, and what it cancels 1


def states(sam: Sam) -> set[object]:
    return {state for (state,) in sam.query("SELECT state FROM sam_zippart")}


@dataclass(frozen=True)
class Archive:
    """A finished part, and what its bytes must be."""

    part: int
    bytes: int
    sha256: str


def finish_a_large_part(sam: Sam, visitor: Visitor) -> Archive:
    """A part that a worker completed, its file then exchanged for a large one with its own hash."""
    worker = sam.start_worker()
    _, made = visitor.post("/zip/solicitudes/")
    wait_for(lambda: states(sam) == {"completed"}, seconds=BUILD_SECONDS, what="every part is completed")
    sam.kill(worker)
    parts: Any = made["parts"]
    part = int(parts[0]["id"])
    ((archive, key),) = sam.query(
        "SELECT a.id, a.key FROM sam_archive a JOIN sam_zippart p ON p.archive_id = a.id WHERE p.id = %s", part
    )
    data = random.Random(1).randbytes(ARCHIVE_BYTES)
    (sam.folder / "datos" / "almacen" / str(key)).write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    sam.query("UPDATE sam_archive SET bytes = %s, sha256 = %s WHERE id = %s", len(data), sha256, archive)
    return Archive(part, len(data), sha256)


class Download:
    """One download by hand, read no faster than the test asks: what is not asked for stays where it is."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.status = 0
        self.data = bytearray()

    @classmethod
    async def begin(cls, sam: Sam, visitor: Visitor, archive: Archive, *, headers: str = "") -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", sam.port)
        path = f"/zip/partes/{archive.part}/descargar/"
        said = f"Host: 127.0.0.1:{sam.port}\r\nCookie: {visitor.cookie_header}\r\n{headers}"
        writer.write(f"GET {path} HTTP/1.1\r\n{said}\r\n".encode())
        download = cls(reader, writer)
        download.status = int((await reader.readuntil(b"\r\n\r\n")).split()[1])
        return download

    async def read(self, size: int) -> None:
        self.data += await self._reader.readexactly(size)

    async def read_to_the_end(self) -> None:
        """All that comes until the other side has no more, however it ends."""
        try:
            while chunk := await self._reader.read(1 << 20):
                self.data += chunk
        except ConnectionError:
            pass

    def close(self) -> None:
        self._writer.close()


# ── SIGTERM ──


async def open_all(sam: Sam, people: Sequence[Person]) -> list[ClientConnection]:
    """Twenty sockets of each, with their snapshots read."""
    found = []
    for _ in range(SOCKETS_OF_EACH):
        some = await asyncio.gather(*(open_socket(sam, person) for person in people))
        await asyncio.gather(*(next_frame(socket, "snapshot") for socket in some))
        found += some
    return found


async def test_sigterm_closes_200_sockets_with_1012_over_a_second_while_a_download_arrives_whole(sam: Sam) -> None:
    web = sam.start_web()
    visitor = Visitor(sam, "certiboy")
    archive = finish_a_large_part(sam, visitor)
    with many_people(sam, PEOPLE) as people:
        sockets = await open_all(sam, people)
        download = await Download.begin(sam, visitor, archive)
        await download.read(FIRST_BYTES)

        ends = asyncio.gather(*map(end_of, sockets))
        web.terminate()
        moments, codes = zip(*sorted(await ends), strict=True)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", sam.port)
        assert len(download.data) == FIRST_BYTES < ARCHIVE_BYTES
        await download.read(ARCHIVE_BYTES - FIRST_BYTES)
        download.close()
    assert set(codes) == {1012}
    assert len(codes) == PEOPLE * SOCKETS_OF_EACH
    # Spread, so that they do not all come back at once: the middle half alone takes half of the second.
    first, _, third = statistics.quantiles(moments)
    assert 0.3 < third - first < 5
    assert max(later - earlier for earlier, later in pairwise(moments)) < 3
    assert hashlib.sha256(download.data).hexdigest() == archive.sha256
    assert await asyncio.to_thread(web.wait, 15) == 0
    assert "action=web_stopped cut=0" in sam.logs()


@pytest.mark.slow
async def test_sigterm_while_postgresql_hangs_under_a_request_still_ends_in_time(sam: Sam) -> None:
    database = int(sam.environment["DATABASE_URL"].rpartition(":")[2].partition("/")[0])
    with Cable(database) as cable:
        url = sam.environment["DATABASE_URL"].replace(f":{database}/", f":{cable.port}/")
        cabled = replace(sam, environment={**sam.environment, "DATABASE_URL": url})
        web = cabled.start_web()
        visitor = Visitor(sam, "certiboy")
        socket = await open_socket(sam, Person.of(sam, visitor, "certiboy"))
        await next_frame(socket, "snapshot")
        cable.freeze()
        reader, writer = await asyncio.open_connection("127.0.0.1", sam.port)
        head = f"GET /informes/ HTTP/1.1\r\nHost: 127.0.0.1:{sam.port}\r\nCookie: {visitor.cookie_header}\r\n\r\n"
        writer.write(head.encode())
        await socket.send('{"type": "resync"}')
        await socket.send('{"type": "ping"}')
        await next_frame(socket, "beat")  # by now the server has read both questions

        web.terminate()
        assert (await end_of(socket))[1] == 1012
        assert await asyncio.to_thread(web.wait, STOP_SECONDS) == 0
        assert not (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()


# ── SIGKILL ──


def parts_of(sam: Sam, username: str) -> set[tuple[object, ...]]:
    """What the database says of the usuario's parts: which, in which state, and as of which version."""
    return set(
        sam.query(
            "SELECT p.id, p.state, p.attempt, p.version FROM sam_zippart p "
            "JOIN sam_ziprequest r ON r.id = p.request_id JOIN sam_usuario u ON u.id = r.requester_id "
            "WHERE u.username = %s",
            username,
        )
    )


def shown_parts(page: dict[str, Any]) -> set[tuple[object, ...]]:
    parts = [part for request in page["requests"].values() for part in request["parts"]]
    return {(part["id"], part["state"], part["attempt"], part["version"]) for part in parts}


def building(sam: Sam) -> list[tuple[object, ...]]:
    return sam.query("SELECT id, owner, attempt FROM sam_zippart WHERE state = 'processing'")


@pytest.mark.slow
def test_a_killed_web_takes_nothing_with_it_and_a_new_one_serves_the_same_sessions(sam: Sam) -> None:
    names = ("certiboy", "certiboy2")
    web = sam.start_web()
    sam.start_worker(builder="slow:0.12", part=1, SAM_WORKER_SLOTS="1")
    visitors = {name: Visitor(sam, name) for name in names}
    with ExitStack() as stack:
        tabs = [stack.enter_context(open_tab(sam, visitors[name])) for name in names for _ in range(3)]
        assert visitors["certiboy"].post("/zip/solicitudes/")[0] == 201
        begun = wait_for(lambda: building(sam), seconds=20, what="a part is being built")
        status, promised = visitors["certiboy2"].post("/zip/solicitudes/")
        sam.kill(web)
        assert status == 201
        wait_for(lambda: all(tab.closed for tab in tabs), seconds=10, what="every socket is gone")
        assert {tab.closed for tab in tabs} == {1006}

    assert sam.query("SELECT id FROM sam_ziprequest WHERE id = %s", promised["id"]) == [(promised["id"],)]
    assert building(sam) == begun, "the worker noticed nothing"
    sam.start_web()
    with ExitStack() as stack:
        again = {name: stack.enter_context(open_tab(sam, visitor)) for name, visitor in visitors.items()}
        for name, tab in again.items():
            wait_for(
                lambda: shown_parts(tab.shows()) == parts_of(sam, name),  # noqa: B023  # called in this very turn
                seconds=15,
                what="a tab that came back shows what the database holds",
            )
        wait_for(lambda: states(sam) == {"completed"}, seconds=BUILD_SECONDS, what="every part is completed")
        for name, tab in again.items():
            wait_for(tab.is_right, seconds=15, what="a tab shows what a reload would")
            assert shown_parts(tab.shows()) == parts_of(sam, name)
            assert tab.gaps == 0
    assert sam.query("SELECT DISTINCT attempt, crashes FROM sam_zippart") == [(1, 0)]
    assert len(sam.query("SELECT id FROM sam_zippart")) == 4


@pytest.mark.slow
async def test_a_download_that_a_killed_web_broke_off_goes_on_where_it_stopped(sam: Sam) -> None:
    web = sam.start_web()
    visitor = Visitor(sam, "certiboy")
    archive = finish_a_large_part(sam, visitor)
    download = await Download.begin(sam, visitor, archive)
    await download.read(FIRST_BYTES)
    sam.kill(web)
    await download.read_to_the_end()
    download.close()
    assert FIRST_BYTES <= len(download.data) < ARCHIVE_BYTES

    sam.start_web()
    have = len(download.data)
    headers = f'Range: bytes={have}-\r\nIf-Range: "{archive.sha256}"\r\n'
    rest = await Download.begin(sam, visitor, archive, headers=headers)
    assert rest.status == 206
    await rest.read(ARCHIVE_BYTES - have)
    rest.close()
    assert hashlib.sha256(download.data + rest.data).hexdigest() == archive.sha256
