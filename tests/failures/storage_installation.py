"""An installation whose bytes are in an S3 that can be told to misbehave, and what there really is in it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.failures.own_servers import TABLES
from tests.failures.storage_data import USUARIO, write_dump
from tests.running import Sam, Visitor, new_sam, wait_for
from tests.services.postgres import PostgresServer
from tests.services.redis_server import RedisServer
from tests.services.s3_server import ACCESS_KEY, REGION, SECRET_KEY, S3Server
from tests.services.unruly_s3 import UnrulyS3

ARCHIVES = "zip_requests/"
DOCUMENTS = "documentos/"
COMPLETED_SECONDS = 60


@dataclass(frozen=True)
class StoredSam:
    """One SAM with one empresa of one part, and the S3 behind which its documentos are."""

    sam: Sam
    s3: UnrulyS3
    bucket: str
    dump: Path

    def visitor(self) -> Visitor:
        return Visitor(self.sam, USUARIO)

    def part(self) -> dict[str, Any]:
        """The one part there is, as its row is now."""
        names = ("id", "request_id", "state", "attempt", "crashes", "storage_failures", "done", "error", "owner")
        ((*values,),) = self.sam.query(f"SELECT {', '.join(names)} FROM sam_zippart")
        return dict(zip(names, values, strict=True))

    def wait_for_part(self, *, seconds: float = COMPLETED_SECONDS, **wanted: object) -> dict[str, Any]:
        """The part, once its row says this; `done` means at least so many."""

        def found() -> dict[str, Any] | None:
            part = self.part()
            right = all(
                part[name] >= value if name == "done" else part[name] == value for name, value in wanted.items()
            )
            return part if right else None

        answer: dict[str, Any] = wait_for(found, seconds=seconds, what=f"the part is {wanted}")
        return answer

    def archive(self) -> tuple[str, str, int]:
        """(key, SHA-256, bytes) of the one archive that any row names."""
        ((key, sha256, size),) = self.sam.query("SELECT key, sha256, bytes FROM sam_archive")
        return str(key), str(sha256), int(str(size))

    def named(self) -> set[str]:
        """The keys under `zip_requests/` that a row names."""
        keys = self.sam.query(
            "SELECT key FROM sam_archive UNION SELECT workbook_key FROM sam_ziprequest WHERE workbook_key <> ''"
        )
        return {str(key) for (key,) in keys}

    def held(self, prefix: str = ARCHIVES) -> set[str]:
        """The keys that the real S3 has."""
        listed = self.s3.upstream.client().list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return {one["Key"] for one in listed.get("Contents", ())}

    def unfinished(self) -> list[str]:
        listed = self.s3.upstream.client().list_multipart_uploads(Bucket=self.bucket)
        return [one["Key"] for one in listed.get("Uploads", ())]

    def document(self, data: bytes) -> str:
        """The key of the documento with these bytes."""
        sha256 = hashlib.sha256(data).hexdigest()
        ((key,),) = self.sam.query("SELECT key FROM sam_documento WHERE sha256 = %s", sha256)
        return str(key)

    def forget_archives(self) -> None:
        client = self.s3.upstream.client()
        for key in self.held():
            client.delete_object(Bucket=self.bucket, Key=key)
        for one in client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", ()):
            client.abort_multipart_upload(Bucket=self.bucket, Key=one["Key"], UploadId=one["UploadId"])


@pytest.fixture(scope="session")
def stored_installation(
    postgres: PostgresServer,
    redis_server: RedisServer,
    s3_server: S3Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StoredSam]:
    """Loaded once; of its processes only the web one runs, which no fault of storage may end."""
    name = f"almacen{secrets.token_hex(4)}"
    folder = tmp_path_factory.mktemp("stored")
    s3 = UnrulyS3(s3_server)
    s3.start()
    sam = new_sam(
        folder=folder,
        database_url=postgres.create_database(name),
        redis_url=redis_server.url,
        SAM_REQUESTS_PER_HOUR="1000",
        SAM_STORAGE="s3",
        SAM_S3_BUCKET=s3_server.create_bucket(name),
        SAM_S3_ENDPOINT_URL=s3.url,
        SAM_S3_REGION=REGION,
        AWS_ACCESS_KEY_ID=ACCESS_KEY,
        AWS_SECRET_ACCESS_KEY=SECRET_KEY,
        AWS_EC2_METADATA_DISABLED="true",
    )
    dump = write_dump(folder / "dump")
    code = f"from tests.failures.storage_data import load; load({str(dump)!r})"
    sam.manage("shell", "-v", "0", "-c", code)
    web = replace(sam, processes=[])
    try:
        web.start_web()
        yield StoredSam(sam, s3, name, dump)
    finally:
        web.close()
        s3.stop()


@pytest.fixture
def stored(stored_installation: StoredSam) -> Iterator[StoredSam]:
    """The same with no request and no archive in it, and an S3 that behaves; a test starts the workers it wants."""
    stored_installation.s3.behave()
    stored_installation.s3.counts.clear()
    stored_installation.forget_archives()
    stored_installation.sam.query(f"TRUNCATE {TABLES} CASCADE")
    yield stored_installation
    stored_installation.sam.close()
