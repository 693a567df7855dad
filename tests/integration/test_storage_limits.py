"""No call to S3 waits for ever or fails at the first fault, and what failed is told as it was, with nothing left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sam.errors import MissingObject, StorageUnavailable, UnreadableObject
from sam.storage import CHUNK_BYTES, S3Storage, s3
from sam.storage.s3 import BRIEF, MULTIPART_BYTES, PATIENT, RESUME_SECONDS, Patience
from tests.services.broken_tls import BrokenTLS
from tests.services.s3_server import S3Server
from tests.services.unruly_s3 import UnrulyS3

KEY = "zip_requests/1/parte.zip"
SMALL = bytes(range(256)) * 4096  # 1 MiB: one answer, in several chunks
LARGE = SMALL * 9  # two blocks of an upload
# The second that botocore waits for "100 Continue" before it sends a body anyway.
CONTINUE_SECONDS = 1
# A loaded machine takes longer for the same waits.
SLACK_SECONDS = 15
QUICK = Patience(connect_seconds=1, read_seconds=1, attempts=2)
USES: dict[str, Callable[[S3Storage], object]] = {
    "write": lambda store: store.write(KEY, [SMALL]),
    "write blocks": lambda store: store.write(KEY, [LARGE]),
    "read": lambda store: list(store.read(KEY)),
    "size": lambda store: store.size(KEY),
    "delete": lambda store: store.delete(KEY),
    "list": lambda store: list(store.objects("zip_requests/")),
    "clean up": lambda store: store.remove_unfinished("zip_requests/", older_than_seconds=0),
}
BUCKETS = count(1)


@pytest.fixture
def unruly(s3_server: S3Server) -> Iterator[UnrulyS3]:
    proxy = UnrulyS3(s3_server)
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.fixture
def store(unruly: UnrulyS3) -> S3Storage:
    bucket = unruly.upstream.create_bucket(f"limites-{next(BUCKETS)}")
    return S3Storage(bucket=bucket, endpoint_url=unruly.url, region="us-east-1")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, shorter."""
    monkeypatch.setattr(s3, "PATIENT", QUICK)
    monkeypatch.setattr(s3, "BRIEF", Patience(connect_seconds=1, read_seconds=1, attempts=1))


def held(unruly: UnrulyS3, store: S3Storage) -> dict[str, int]:
    """What the server really has: {key: bytes}."""
    listed = unruly.upstream.client().list_objects_v2(Bucket=store.bucket)
    return {one["Key"]: one["Size"] for one in listed.get("Contents", ())}


def unfinished(unruly: UnrulyS3, store: S3Storage) -> list[str]:
    listed = unruly.upstream.client().list_multipart_uploads(Bucket=store.bucket)
    return [one["Key"] for one in listed.get("Uploads", ())]


def longest(patience: Patience, *, with_body: bool = False) -> int:
    once = patience.connect_seconds + with_body * CONTINUE_SECONDS + patience.read_seconds
    return patience.attempts * once


def test_the_waits_are_those_that_the_module_adds_up() -> None:
    assert longest(PATIENT, with_body=True) == 39
    assert longest(BRIEF) == 10
    writer = longest(PATIENT) + 2 * longest(BRIEF)
    reader = longest(PATIENT) + 2 * PATIENT.read_seconds + RESUME_SECONDS
    assert (writer, round(reader)) == (56, 54)
    for told in ("39 s", "10 s", "56 s", "54 s"):
        assert told in (s3.__doc__ or "")


def test_a_client_has_these_limits_and_repeats_with_jitter(store: S3Storage) -> None:
    for client, patience in ((store._client, PATIENT), (store._brief, BRIEF)):
        config: Any = client.meta.config
        assert (config.connect_timeout, config.read_timeout) == patience[:2]
        # botocore.retries.standard: random() * min(base * 2**attempt, 20); the legacy mode is another module.
        assert config.retries == {"mode": "standard", "total_max_attempts": patience.attempts}


def test_a_server_that_hangs_is_given_up_by_every_use(unruly: UnrulyS3, store: S3Storage, quick: None) -> None:
    store.write(KEY, [SMALL])
    unruly.hang()
    started = time.monotonic()
    with ThreadPoolExecutor(len(USES)) as pool:
        asked = [pool.submit(use, store) for use in USES.values()]
    assert {type(use.exception()) for use in asked} == {StorageUnavailable}
    assert time.monotonic() - started < longest(QUICK, with_body=True) + SLACK_SECONDS
    assert unruly.counts["hung PutObject"] == unruly.counts["hung GetObject"] == QUICK.attempts


def failure_of(use: Callable[[S3Storage], object], store: S3Storage) -> BaseException | None:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(use, store).exception()


@pytest.mark.parametrize("use", USES)
def test_a_server_that_fails_is_asked_as_often_as_was_said_and_no_more(
    unruly: UnrulyS3, store: S3Storage, use: str
) -> None:
    unruly.fail()
    with pytest.raises(StorageUnavailable):
        USES[use](store)
    assert unruly.counts["failed"] == PATIENT.attempts


@pytest.mark.parametrize("use", USES)
def test_one_lost_answer_of_each_kind_is_nothing(unruly: UnrulyS3, store: S3Storage, use: str) -> None:
    store.write(KEY, [LARGE])
    for kind in ("Put", "Get", "Head", "Delete"):
        unruly.lose_answer(f"{kind}Object")
    for kind in ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "ListObjectsV2"):
        unruly.lose_answer(kind)
    unruly.lose_answer("ListMultipartUploads")
    USES[use](store)
    assert unruly.counts["lost"] >= 1


PAGES = {"html": b"<html>mantenimiento<br></html>", "xhtml": b"<html>mantenimiento</html>", "nothing": b""}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("status", [200, 403, 404, 503])
def test_a_gateways_page_is_no_answer_about_an_object(
    unruly: UnrulyS3, store: S3Storage, page: str, status: int
) -> None:
    store.write(KEY, [SMALL])
    unruly.fail(status=status, body=PAGES[page])
    for use in ("write", "write blocks", "read"):
        assert isinstance(failure_of(USES[use], store), StorageUnavailable), use


def test_what_s3_says_of_an_object_is_believed(unruly: UnrulyS3, store: S3Storage) -> None:
    for status, code, told in ((404, "NoSuchKey", MissingObject), (403, "AccessDenied", UnreadableObject)):
        unruly.fail(status=status, code=code)
        for use in ("read", "size"):  # in words, and by its status alone
            assert type(failure_of(USES[use], store)) is told


def test_an_upload_that_a_gateway_said_to_have_ended_is_not_believed(unruly: UnrulyS3, store: S3Storage) -> None:
    unruly.fail(status=200, body=b"", only="CompleteMultipartUpload")
    with pytest.raises(StorageUnavailable):
        store.write(KEY, [LARGE])
    assert held(unruly, store) == {}
    assert unfinished(unruly, store) == []


# ── The end of an upload ──────────────────────────────────────────────────────────────────


def test_the_lost_answer_to_the_end_of_an_upload_is_found_again(unruly: UnrulyS3, store: S3Storage) -> None:
    unruly.lose_answer("CompleteMultipartUpload")
    unruly.fail(status=404, code="NoSuchUpload", only="CompleteMultipartUpload")
    store.write(KEY, [LARGE])
    assert (unruly.counts["lost"], unruly.counts["failed"]) == (1, 1)
    assert b"".join(store.read(KEY)) == LARGE
    assert unfinished(unruly, store) == []
    assert unruly.counts["AbortMultipartUpload"] == 0


def test_an_upload_that_did_not_end_is_not_taken_for_what_was_there(unruly: UnrulyS3, store: S3Storage) -> None:
    before = LARGE[::-1]  # as large, and written the same way
    store.write(KEY, [before])
    unruly.fail(only="CompleteMultipartUpload")
    with pytest.raises(StorageUnavailable):
        store.write(KEY, [LARGE])
    assert b"".join(store.read(KEY)) == before
    assert unfinished(unruly, store) == []


def test_an_upload_whose_end_cannot_be_known_fails_and_leaves_nothing_unfinished(
    unruly: UnrulyS3, store: S3Storage
) -> None:
    unruly.lose_answer("CompleteMultipartUpload")
    unruly.fail(only=("CompleteMultipartUpload", "HeadObject"))
    with pytest.raises(StorageUnavailable):
        store.write(KEY, [LARGE])
    # The object is there, and whoever wrote it will never point to it: it is clean-up's.
    assert held(unruly, store) == {KEY: len(LARGE)}
    assert unfinished(unruly, store) == []


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
def test_a_failed_upload_is_no_object_and_is_aborted(unruly: UnrulyS3, store: S3Storage, operation: str) -> None:
    unruly.fail(only=operation)
    with pytest.raises(StorageUnavailable):
        store.write(KEY, [LARGE])
    assert held(unruly, store) == {}
    assert unfinished(unruly, store) == []


class Interrupted(Exception):
    """The builder stops in the middle."""


@pytest.mark.parametrize("fault", ["fail", "hang", "refuse"])
def test_an_abort_that_fails_hides_nothing_and_takes_no_longer_than_it_may(
    unruly: UnrulyS3, store: S3Storage, quick: None, fault: str
) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(MULTIPART_BYTES + 1)
        yield bytes(MULTIPART_BYTES)
        getattr(unruly, fault)()
        raise Interrupted

    started = time.monotonic()
    with pytest.raises(Interrupted):
        store.write(KEY, broken())
    assert time.monotonic() - started < SLACK_SECONDS
    told = {"fail": "failed AbortMultipartUpload", "hang": "hung AbortMultipartUpload", "refuse": "refused"}[fault]
    assert unruly.counts[told] == 1  # a brief attempt, and no more
    unruly.behave()
    assert unfinished(unruly, store) == [KEY]  # clean-up's
    with pytest.raises(MissingObject):
        store.size(KEY)


# ── A body that ends too early ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("after_bytes", [1, CHUNK_BYTES + 1, len(SMALL) - 1])
def test_a_body_that_was_cut_goes_on_where_it_stopped(unruly: UnrulyS3, store: S3Storage, after_bytes: int) -> None:
    store.write(KEY, [SMALL])
    unruly.cut(after_bytes=after_bytes)
    assert b"".join(store.read(KEY)) == SMALL
    assert unruly.counts["cut"] == 1
    unruly.cut(after_bytes=after_bytes // 2)
    assert b"".join(store.read(KEY, start=1000, end=len(SMALL) - 1000)) == SMALL[1000:-1000]
    assert unruly.counts["cut"] == 2


def test_a_body_that_stalls_is_asked_for_again(unruly: UnrulyS3, store: S3Storage, quick: None) -> None:
    store.write(KEY, [SMALL])
    unruly.cut(after_bytes=CHUNK_BYTES + 1, stall=True)
    assert b"".join(store.read(KEY)) == SMALL
    assert unruly.counts["hung GetObject"] == 1


def test_a_body_that_is_always_cut_is_given_up(unruly: UnrulyS3, store: S3Storage) -> None:
    store.write(KEY, [LARGE])
    unruly.cut(after_bytes=CHUNK_BYTES, times=None)
    with pytest.raises(StorageUnavailable):
        list(store.read(KEY))
    assert unruly.counts["cut"] == PATIENT.attempts
    unruly.behave()
    unruly.cut(after_bytes=0, times=None)
    with pytest.raises(StorageUnavailable):
        list(store.read(KEY))
    assert unruly.counts["cut"] == PATIENT.attempts + 2  # the second brought nothing either: no third


def test_a_body_that_tls_breaks_off_says_that_storage_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = BrokenTLS(tmp_path)
    server.start()
    try:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(server.certificate))
        store = S3Storage(bucket="limites", endpoint_url=server.url, region="us-east-1")
        with pytest.raises(StorageUnavailable):
            list(store.read(KEY))
        assert server.answers == 2
    finally:
        server.stop()


def test_a_body_whose_object_was_replaced_meanwhile_is_never_mixed(unruly: UnrulyS3, store: S3Storage) -> None:
    store.write(KEY, [SMALL])
    unruly.cut(after_bytes=CHUNK_BYTES + 1)
    body = store.read(KEY)
    next(body)
    store.write(KEY, [SMALL[::-1]])
    with pytest.raises(StorageUnavailable):
        list(body)


def test_a_body_whose_object_was_deleted_meanwhile_is_missing(unruly: UnrulyS3, store: S3Storage) -> None:
    store.write(KEY, [SMALL])
    unruly.cut(after_bytes=CHUNK_BYTES + 1)
    body = store.read(KEY)
    next(body)
    store.delete(KEY)
    with pytest.raises(MissingObject):
        list(body)
