"""A store in a bucket of S3 or of a server that speaks its protocol, through boto3."""

from __future__ import annotations

import io
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, TYPE_CHECKING, Any, cast

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.http import content_disposition_header

from sam.errors import MissingObject, StorageUnavailable, UnreadableObject
from sam.storage.interface import CHUNK_BYTES, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MULTIPART_BYTES = 8 * 1024 * 1024
CONNECT_SECONDS = 5
READ_SECONDS = 20
ATTEMPTS = 3
LISTED_AT_ONCE = 1000
ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
UNREADABLE = frozenset({"InvalidObjectState", "AccessDenied", "403"})


class S3Storage:
    """Objects in one bucket; uploads are multipart, so that an object appears whole or not at all.

    At most two blocks of MULTIPART_BYTES are in memory for an upload.
    """

    def __init__(self, *, bucket: str, endpoint_url: str | None, region: str | None) -> None:
        self.bucket = bucket
        self._endpoint_url = endpoint_url
        self._region = region
        self._lock = threading.Lock()
        self._made: S3Client | None = None

    @property
    def _client(self) -> S3Client:
        # Made once and late: it costs 100 ms, and a boto3 client may be shared by threads while its making may not.
        with self._lock:
            if self._made is None:
                self._made = boto3.client(
                    "s3",
                    endpoint_url=self._endpoint_url,
                    region_name=self._region,
                    config=Config(
                        signature_version="s3v4",
                        connect_timeout=CONNECT_SECONDS,
                        read_timeout=READ_SECONDS,
                        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                    ),
                )
            return self._made

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        config = TransferConfig(
            multipart_threshold=MULTIPART_BYTES,
            multipart_chunksize=MULTIPART_BYTES,
            max_concurrency=1,
            use_threads=False,
        )
        try:
            self._client.upload_fileobj(cast("IO[bytes]", _Pipe(chunks)), self.bucket, key, Config=config)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable() from error

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Generator[bytes]:
        span = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            if not start and end is None:
                body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"]
            else:
                body = self._client.get_object(Bucket=self.bucket, Key=key, Range=span)["Body"]
        except (BotoCoreError, ClientError) as error:
            raise _reading_failed(error) from error
        try:
            yield from body.iter_chunks(CHUNK_BYTES)
        except (BotoCoreError, OSError) as error:
            raise StorageUnavailable from error
        finally:
            body.close()

    def size(self, key: str) -> int:
        try:
            return self._client.head_object(Bucket=self.bucket, Key=key)["ContentLength"]
        except (BotoCoreError, ClientError) as error:
            raise _reading_failed(error) from error

    def delete(self, key: str) -> None:
        try:
            self._client.delete_object(Bucket=self.bucket, Key=key)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable() from error

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
        with _answering():
            for page in pages:
                now = _now_of(page)
                for found in page.get("Contents", ()):
                    yield StoredObject(found["Key"], (now - found["LastModified"]).total_seconds())

    def remove_unfinished(self, prefix: str, *, older_than_seconds: float) -> int:
        removed = 0
        # The prefix is compared here: MinIO takes one that is asked for as the whole key, and finds nothing.
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": LISTED_AT_ONCE}
        )
        with _answering():
            for page in pages:
                now = _now_of(page)
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


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StorageUnavailable() from error


def _now_of(page: Mapping[str, Any]) -> datetime:
    """The store's clock when it answered; ours may differ from it."""
    told = page["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(told) if told else datetime.now(UTC)


class _Pipe(io.RawIOBase):
    """The reading end of an iterator of chunks, as the uploader wants it; it holds at most one chunk more."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = size if size is not None and size >= 0 else None
        pieces, length = [self._rest], len(self._rest)
        while wanted is None or length < wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            pieces.append(chunk)
            length += len(chunk)
        whole = b"".join(pieces)
        wanted = len(whole) if wanted is None else wanted
        self._rest = whole[wanted:]
        return whole[:wanted]


def _reading_failed(error: BotoCoreError | ClientError) -> Exception:
    code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
    if code in ABSENT:
        return MissingObject()
    if code in UNREADABLE:
        return UnreadableObject()
    return StorageUnavailable()
