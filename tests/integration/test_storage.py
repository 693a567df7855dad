"""Both stores keep one interface: whole or not at all, ranges, clear errors."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse
from urllib.request import urlopen

import boto3
import pytest

from sam.errors import MissingObject, StorageUnavailable, UnreadableObject
from sam.storage import CHUNK_BYTES, FileStorage, S3Storage, Storage, s3
from sam.storage.files import UNFINISHED
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


HOUR = 3600


def let_time_pass(store: Storage, *, hours: float) -> None:
    """All that is in the store by now becomes so much older."""
    if isinstance(store, FileStorage):
        for path in store.root.rglob("*"):
            os.utime(path, (time.time() - hours * HOUR,) * 2)
    else:
        assert isinstance(store, S3Storage)
        for operation in ("ListObjectsV2", "ListMultipartUploads"):
            store._client.meta.events.register(f"after-call.s3.{operation}", _later_by(hours))


def _later_by(hours: float) -> Any:
    """The server's clock, put on; its dates of uploads, which moto does not keep, taken from its clock before."""

    def put_on(parsed: dict[str, Any], **_: Any) -> None:
        headers = parsed["ResponseMetadata"]["HTTPHeaders"]
        now = parsedate_to_datetime(headers["date"])
        for upload in parsed.get("Uploads", ()):
            upload["Initiated"] = now
        headers["date"] = format_datetime(now + timedelta(hours=hours), usegmt=True)

    return put_on


def begin_a_write(store: Storage, key: str) -> None:
    """What a process leaves that is killed while it writes the object."""
    if isinstance(store, FileStorage):
        path = store.root / f"{key}.0123abcd{UNFINISHED}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"la mitad")
    else:
        assert isinstance(store, S3Storage)
        upload = store._client.create_multipart_upload(Bucket=store.bucket, Key=key)["UploadId"]
        store._client.upload_part(Bucket=store.bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"la mitad")


def unfinished_in(store: Storage) -> list[str]:
    if isinstance(store, FileStorage):
        found = store.root.rglob(f"*{UNFINISHED}")
        return sorted(str(path.relative_to(store.root)).rsplit(".", 2)[0] for path in found)
    assert isinstance(store, S3Storage)
    listed = store._client.list_multipart_uploads(Bucket=store.bucket)
    return sorted(upload["Key"] for upload in listed.get("Uploads", ()))


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


def test_a_listing_names_the_whole_objects_under_its_prefix(store: Storage) -> None:
    inside = [f"documentos/{empresa}/ab/{name}" for empresa in (1, 2) for name in ("a.pdf", "b.pdf", "ñ.pdf")]
    for key in [*inside, "documentos-viejos/a.pdf", "zip_requests/1/x.zip"]:
        store.write(key, [b"x"])
    begin_a_write(store, "documentos/1/ab/c.pdf")
    assert sorted(one.key for one in store.objects("documentos/")) == sorted(inside)
    assert [one.key for one in store.objects("no/hay/")] == []


def test_a_listing_tells_ages_by_the_clock_that_dated_the_objects(store: Storage) -> None:
    store.write("documentos/1/a.pdf", [b"x"])
    ((fresh),) = store.objects("documentos/")
    assert -1 <= fresh.age_seconds < 60  # S3 tells its time in whole seconds
    let_time_pass(store, hours=30)
    ((old),) = store.objects("documentos/")
    assert 30 * HOUR - 1 <= old.age_seconds < 30 * HOUR + 60


def test_what_is_deleted_while_it_is_listed_spoils_nothing(store: Storage) -> None:
    keys = {f"documentos/1/{number}.pdf" for number in range(5)}
    for key in keys:
        store.write(key, [b"x"])
    listed = set()
    for one in store.objects("documentos/"):
        listed.add(one.key)
        for key in keys:
            store.delete(key)
    assert listed <= keys
    assert list(store.objects("documentos/")) == []


def test_s3_is_listed_a_page_at_a_time(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    store = s3_storage(s3_server, monkeypatch)
    monkeypatch.setattr(s3, "LISTED_AT_ONCE", 2)
    for number in range(5):
        store.write(f"documentos/1/{number}.pdf", [b"x"])
    asked: list[str] = []
    store._client.meta.events.register("before-call.s3.ListObjectsV2", lambda **_: asked.append("a page"))
    listing = store.objects("documentos/")
    next(listing)
    assert len(asked) == 1
    assert len(list(listing)) == 4
    assert len(asked) == 3


def test_old_unfinished_writes_are_removed_and_what_is_whole_stays(store: Storage) -> None:
    store.write("zip_requests/1/whole.zip", [b"x"])
    begin_a_write(store, "zip_requests/1/dead.zip")
    begin_a_write(store, "documentos/1/other.pdf")
    let_time_pass(store, hours=21)
    assert store.remove_unfinished("zip_requests/", older_than_seconds=20 * HOUR) == 1
    assert unfinished_in(store) == ["documentos/1/other.pdf"]
    assert [one.key for one in store.objects("zip_requests/")] == ["zip_requests/1/whole.zip"]


def test_a_young_unfinished_write_stays(store: Storage) -> None:
    begin_a_write(store, "zip_requests/1/young.zip")
    let_time_pass(store, hours=19)
    assert store.remove_unfinished("zip_requests/", older_than_seconds=20 * HOUR) == 0
    assert unfinished_in(store) == ["zip_requests/1/young.zip"]


def test_a_writer_whose_unfinished_write_was_removed_fails_and_leaves_nothing(store: Storage) -> None:
    def stopped_for_a_day() -> Iterator[bytes]:
        yield bytes(9 * 1024 * 1024)  # past the first block of an upload
        let_time_pass(store, hours=24)
        assert store.remove_unfinished("zip_requests/", older_than_seconds=20 * HOUR) == 1
        yield bytes(9 * 1024 * 1024)

    with pytest.raises(StorageUnavailable):
        store.write("zip_requests/1/x.zip", stopped_for_a_day())
    with pytest.raises(MissingObject):
        store.size("zip_requests/1/x.zip")
    assert unfinished_in(store) == []


def test_a_store_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "prueba")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "prueba")
    store = S3Storage(bucket="sam", endpoint_url=f"http://127.0.0.1:{closed_port}", region="us-east-1")
    for use in (
        lambda: store.write(KEY, [b"x"]),
        lambda: list(store.read(KEY)),
        lambda: store.size(KEY),
        lambda: store.delete(KEY),
        lambda: list(store.objects("documentos/")),
        lambda: store.remove_unfinished("documentos/", older_than_seconds=0),
    ):
        with pytest.raises(StorageUnavailable):
            use()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
