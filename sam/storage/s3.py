"""A store in a bucket of S3 or of a server that speaks its protocol, through boto3.

No call waits for ever. An attempt waits for a connection (to each address of the server in turn), one second for
"100 Continue" where it has a body, and for each answer. botocore's standard mode repeats it with full jitter: up to
0.05 and 0.1 s later, or 1 and 2 s where the server says that it is asked too much. So a server that hangs is given up
by PATIENT after 3 x (3 + 1 + 9) = 39 s. Tidying up after a failure is not worth as much: BRIEF, 2 x (2 + 3) = 10 s.
The longest wait of a writer is for the end of an upload, 3 x (3 + 9) = 36 s, then 10 s to look whether it took effect
and 10 s to abort it: 56 s; that of a reader for a body that stalls, is asked for again and stalls again,
9 + 36 + 9 = 54 s. The look-up of the server's name comes on top. A server that drips a byte now and then is not seen
here: the worker's heart (zipworker/heart.py) waits for whole chunks.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from django.utils.http import content_disposition_header

from sam.errors import StorageUnavailable
from sam.storage.interface import CHUNK_BYTES, StoredObject
from sam.storage.s3_answers import (
    BODY_FAILURES,
    FAILURES,
    answering,
    etag_of,
    now_of,
    reading_failed,
    said,
)

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MULTIPART_BYTES = 8 * 1024 * 1024
RESUME_SECONDS = 0.1
LISTED_AT_ONCE = 1000
# Names a write in its object's metadata: whether *this* one took effect can be asked when its answer was lost.
WRITE_NAME = "escritura"

_chance = random.SystemRandom()


class Patience(NamedTuple):
    """How long a client waits for a connection and for an answer, and how often it tries."""

    # Also for each 16 KiB that is sent on a new connection: urllib3 sets the other limit when it begins to read.
    connect_seconds: int
    read_seconds: int
    attempts: int


PATIENT = Patience(connect_seconds=3, read_seconds=9, attempts=3)
BRIEF = Patience(connect_seconds=2, read_seconds=3, attempts=2)


class _Opened(NamedTuple):
    body: StreamingBody
    etag: str


class S3Storage:
    """Objects in one bucket; large uploads are multipart, so that an object appears whole or not at all.

    At most two blocks of MULTIPART_BYTES are in memory for an upload.
    """

    def __init__(self, *, bucket: str, endpoint_url: str | None, region: str | None) -> None:
        self.bucket = bucket
        self._endpoint_url = endpoint_url
        self._region = region
        self._lock = threading.Lock()
        self._made: dict[Patience, S3Client] = {}

    @property
    def _client(self) -> S3Client:
        return self._client_with(PATIENT)

    @property
    def _brief(self) -> S3Client:
        """For what somebody who has failed already does before saying so."""
        return self._client_with(BRIEF)

    def _client_with(self, patience: Patience) -> S3Client:
        # Made once and late: it costs 100 ms, and a boto3 client may be shared by threads while its making may not.
        with self._lock:
            if patience not in self._made:
                self._made[patience] = boto3.client(
                    "s3",
                    endpoint_url=self._endpoint_url,
                    region_name=self._region,
                    config=Config(
                        signature_version="s3v4",
                        connect_timeout=patience.connect_seconds,
                        read_timeout=patience.read_seconds,
                        retries={"total_max_attempts": patience.attempts, "mode": "standard"},
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                    ),
                )
            return self._made[patience]

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        blocks = _blocks(chunks)
        first = next(blocks, b"")
        with answering():
            if len(first) < MULTIPART_BYTES:
                etag_of(self._client.put_object(Bucket=self.bucket, Key=key, Body=first))
            else:
                self._write_blocks(key, chain((first,), blocks))

    def _write_blocks(self, key: str, blocks: Iterable[bytes]) -> None:
        name = secrets.token_hex(16)
        made = self._client.create_multipart_upload(Bucket=self.bucket, Key=key, Metadata={WRITE_NAME: name})
        upload_id = said(made, "UploadId")
        try:
            parts = [self._write_block(key, upload_id, *numbered) for numbered in enumerate(blocks, 1)]
            self._complete(key, upload_id, parts, name)
        except BaseException:
            with suppress(*FAILURES):  # then it is clean-up's; what was raised first is what to tell
                self._brief.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)
            raise

    def _write_block(self, key: str, upload_id: str, number: int, block: bytes) -> CompletedPartTypeDef:
        written = self._client.upload_part(
            Bucket=self.bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=block
        )
        return {"ETag": etag_of(written), "PartNumber": number}

    def _complete(self, key: str, upload_id: str, parts: list[CompletedPartTypeDef], name: str) -> None:
        """Make the upload an object. Its answer may be lost after it took effect, and the next attempt be told that
        there is no such upload: the object itself says whether it is this write's."""
        try:
            completed = self._client.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )
            etag_of(completed)
        except FAILURES:
            if not self._was_written(key, name):
                raise

    def _was_written(self, key: str, name: str) -> bool:
        with suppress(*FAILURES):
            return self._brief.head_object(Bucket=self.bucket, Key=key)["Metadata"].get(WRITE_NAME) == name
        return False

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Generator[bytes]:
        position, stopped_at, etag = start, -1, ""
        failure: Exception | None = None
        for _ in range(PATIENT.attempts):
            body, etag = self._open(key, position, end, etag)
            try:
                for chunk in body.iter_chunks(CHUNK_BYTES):
                    position += len(chunk)
                    yield chunk
                return
            except BODY_FAILURES as error:
                failure = error
            finally:
                body.close()
            if position == stopped_at:
                break
            stopped_at = position
            time.sleep(_chance.uniform(0, RESUME_SECONDS))
        raise StorageUnavailable from failure

    def _open(self, key: str, start: int, end: int | None, etag: str) -> _Opened:
        """The object's bytes from `start` on, if it is still the one with this `etag`."""
        wanted: dict[str, Any] = {"IfMatch": etag} if etag else {}
        if start or end is not None:  # of an empty object there is no range
            wanted["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=key, **wanted)
            return _Opened(answer["Body"], etag_of(answer))
        except FAILURES as error:
            raise reading_failed(error) from error

    def size(self, key: str) -> int:
        try:
            return self._client.head_object(Bucket=self.bucket, Key=key)["ContentLength"]
        except FAILURES as error:
            raise reading_failed(error, bare=True) from error

    def delete(self, key: str) -> None:
        with answering():
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def link(self, key: str, *, filename: str, seconds: int) -> str | None:
        try:
            return self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self.bucket,
                    "Key": key,
                    "ResponseContentDisposition": content_disposition_header(True, filename) or "attachment",
                    "ResponseContentType": "application/zip",
                },
                ExpiresIn=seconds,
            )
        except BotoCoreError as error:
            raise StorageUnavailable from error

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, PaginationConfig={"PageSize": LISTED_AT_ONCE}
        )
        with answering():
            for page in pages:
                now = now_of(page)
                for found in page.get("Contents", ()):
                    yield StoredObject(found["Key"], (now - found["LastModified"]).total_seconds())

    def remove_unfinished(self, prefix: str, *, older_than_seconds: float) -> int:
        removed = 0
        # The prefix is compared here: MinIO takes one that is asked for as the whole key, and finds nothing.
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": LISTED_AT_ONCE}
        )
        with answering():
            for page in pages:
                now = now_of(page)
                for upload in page.get("Uploads", ()):
                    # Some servers leave the date out: those uploads are their own clean-up's.
                    begun = upload.get("Initiated", now)
                    if upload["Key"].startswith(prefix) and (now - begun).total_seconds() > older_than_seconds:
                        self._abort(upload["Key"], upload["UploadId"])
                        removed += 1
        return removed

    def _abort(self, key: str, upload_id: str) -> None:
        with suppress(self._client.exceptions.NoSuchUpload):  # it ended since it was listed
            self._client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of MULTIPART_BYTES, the last one shorter."""
    pieces: list[bytes] = []
    length = 0
    for chunk in chunks:
        pieces.append(chunk)
        length += len(chunk)
        while length >= MULTIPART_BYTES:
            whole = b"".join(pieces)
            yield whole[:MULTIPART_BYTES]
            pieces = [whole[MULTIPART_BYTES:]]
            length -= MULTIPART_BYTES
    if length:
        yield b"".join(pieces)
