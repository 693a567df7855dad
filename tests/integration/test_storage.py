"""Both stores keep one interface: whole or not at all, ranges, clear errors."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse
from urllib.request import urlopen

import boto3
import pytest

from sam.errors import MissingObject, StorageUnavailable, UnreadableObject
from sam.storage import CHUNK_BYTES, FileStorage, S3Storage, Storage
from tests.services.s3_server import S3Server

KEY = "documentos/1/ab/abcdef.pdf"
LARGE = bytes(range(256)) * 4096 * 20  # 20 MiB: three blocks of a multipart upload


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "file":
        return FileStorage(tmp_path / "almacen")
    server: S3Server = request.getfixturevalue("s3_server")
    return s3_storage(server, request.getfixturevalue("monkeypatch"))


def s3_storage(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Storage:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "prueba")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "prueba")
    client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1")
    bucket = f"sam-{secrets.token_hex(4)}"
    client.create_bucket(Bucket=bucket)
    return S3Storage(bucket=bucket, endpoint_url=server.url, region="us-east-1")


def pieces(data: bytes, size: int = 100_000) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("data", [b"", b"x", LARGE], ids=["empty", "one byte", "20 MiB"])
def test_what_is_written_is_read(store: Storage, data: bytes) -> None:
    store.write(KEY, pieces(data))
    assert store.size(KEY) == len(data)
    assert b"".join(store.read(KEY)) == data


def test_chunks_are_bounded(store: Storage) -> None:
    store.write(KEY, pieces(LARGE))
    assert max(len(chunk) for chunk in store.read(KEY)) <= CHUNK_BYTES


@pytest.mark.parametrize(("start", "end"), [(0, 10), (5, 6), (1_000_000, 3_000_001), (7, None)])
def test_a_range_is_read_as_a_slice(store: Storage, start: int, end: int | None) -> None:
    store.write(KEY, pieces(LARGE))
    assert b"".join(store.read(KEY, start=start, end=end)) == LARGE[start:end]


class Interrupted(Exception):
    """The builder stops in the middle."""


@pytest.mark.parametrize("before", [1, 12], ids=["in the first block", "in the second"])
def test_an_interrupted_write_leaves_nothing_and_raises_what_interrupted_it(store: Storage, before: int) -> None:
    def broken() -> Iterator[bytes]:
        for _ in range(before):
            yield bytes(1024 * 1024)
        raise Interrupted

    with pytest.raises(Interrupted):
        store.write(KEY, broken())
    with pytest.raises(MissingObject):
        store.size(KEY)


def test_an_error_of_the_bytes_source_is_not_the_stores(store: Storage) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise FileNotFoundError("a font, say")

    with pytest.raises(FileNotFoundError):
        store.write(KEY, broken())


def test_an_interrupted_write_leaves_what_was_there(store: Storage) -> None:
    store.write(KEY, [b"antes"])

    def broken() -> Iterator[bytes]:
        yield b"despu"
        raise Interrupted

    with pytest.raises(Interrupted):
        store.write(KEY, broken())
    assert b"".join(store.read(KEY)) == b"antes"


def test_what_is_not_there_is_missing(store: Storage) -> None:
    with pytest.raises(MissingObject):
        store.size("no/hay")
    with pytest.raises(MissingObject):
        list(store.read("no/hay"))
    store.delete("no/hay")


def test_what_was_deleted_is_missing(store: Storage) -> None:
    store.write(KEY, [b"x"])
    store.delete(KEY)
    with pytest.raises(MissingObject):
        list(store.read(KEY))


def test_a_folder_in_the_place_of_a_file_is_unreadable(tmp_path: Path) -> None:
    store = FileStorage(tmp_path)
    (tmp_path / KEY).mkdir(parents=True)
    with pytest.raises(UnreadableObject):
        list(store.read(KEY))


@pytest.mark.parametrize("key", ["", "/etc/passwd", "a/../b", "..", "a//b", "a/./b", "a\0b"])
def test_a_key_cannot_leave_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        FileStorage(tmp_path).write(key, [b"x"])


def test_an_interrupted_file_leaves_no_unfinished_one(tmp_path: Path) -> None:
    store = FileStorage(tmp_path)

    def broken() -> Iterator[bytes]:
        yield b"x"
        raise Interrupted

    with pytest.raises(Interrupted):
        store.write(KEY, broken())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_presigned_link_downloads_under_its_name_for_its_time(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = s3_storage(s3_server, monkeypatch)
    store.write(KEY, [b"hola"])
    link = store.link(KEY, filename="SAM_Equipos.zip", seconds=900)
    assert link is not None
    query = parse_qs(urlparse(link).query)
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    with urlopen(link) as response:
        assert response.read() == b"hola"
        assert response.headers["Content-Disposition"] == 'attachment; filename="SAM_Equipos.zip"'


def test_a_store_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "prueba")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "prueba")
    store = S3Storage(bucket="sam", endpoint_url=f"http://127.0.0.1:{closed_port}", region="us-east-1")
    for use in (
        lambda: store.write(KEY, [b"x"]),
        lambda: list(store.read(KEY)),
        lambda: store.size(KEY),
        lambda: store.delete(KEY),
    ):
        with pytest.raises(StorageUnavailable):
            use()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
