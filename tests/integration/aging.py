"""A store whose objects are as old as a test says, and what happens beside the test as in another process."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from django.db import connection

from sam.services.cuidado import ORPHAN_SECONDS
from sam.storage import FileStorage, S3Storage, Storage
from tests.services.s3_server import S3Server
from zipworker.cleaning import CleanUp

OLD = ORPHAN_SECONDS + 60
YOUNG = ORPHAN_SECONDS - 60
A_DAY = 86_400


class Aged:
    """A store, and the ages that its listings tell; what is not given one is as old as it is."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._ages: dict[str, float] = {}
        if isinstance(storage, S3Storage):
            storage._client.meta.events.register("after-call.s3.ListObjectsV2", self._date)

    def _date(self, parsed: dict[str, Any], **_: Any) -> None:
        for one in parsed.get("Contents", ()):
            if (age := self._ages.get(one["Key"])) is not None:
                one["LastModified"] = datetime.now(UTC) - timedelta(seconds=age)

    def put(self, key: str, *, age: float) -> str:
        self.storage.write(key, [b"x"])
        self.set_age(key, age)
        return key

    def set_age(self, key: str, age: float) -> None:
        self._ages[key] = age
        if isinstance(self.storage, FileStorage):
            os.utime(self.storage.root / key, (time.time() - age,) * 2)

    def stored(self) -> set[str]:
        prefixes = ("zip_requests/", "documentos/")
        return {one.key for prefix in prefixes for one in self.storage.objects(prefix)}


def clean_up(storage: Storage) -> None:
    CleanUp(storage).run()


def elsewhere(work: Callable[[], object]) -> None:
    """In a thread that is to the database and to its locks another process."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


@contextmanager
def held_elsewhere(lock: Callable[[], AbstractContextManager[Any]]) -> Iterator[None]:
    """The lock is in another process's hands while this lasts."""
    taken, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with lock():
                taken.set()
                release.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(30)
    try:
        yield
    finally:
        release.set()
        thread.join()


def file_and_s3(request: pytest.FixtureRequest, file_storage: FileStorage) -> Aged:
    """The store of a fixture with the params "file" and "s3"."""
    if request.param == "file":
        return Aged(file_storage)
    server: S3Server = request.getfixturevalue("s3_server")
    bucket = f"sam-{secrets.token_hex(4)}"
    boto3.client("s3", endpoint_url=server.url).create_bucket(Bucket=bucket)
    return Aged(S3Storage(bucket=bucket, endpoint_url=server.url, region=None))
