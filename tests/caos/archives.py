"""The archives of a storm, taken as people take them and checked against their manifests; storage against the rows."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sam.verifying.source import FileSource
from sam.verifying.verify import verify
from tests.caos.browser import Browser
from tests.caos.installation import BUCKET, Installation
from tests.caos.ledger import Ledger
from tests.caos.plan import ActKind
from tests.caos.promises import Found

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ARCHIVES = "zip_requests/"
DOCUMENTS = "documentos/"
NAMED = (
    "SELECT key FROM sam_archive WHERE deleted_at IS NULL "
    "UNION SELECT workbook_key FROM sam_ziprequest WHERE workbook_key <> ''"
)


@dataclass(frozen=True, slots=True)
class Store:
    """What is in storage: keys under `zip_requests/`, and uploads that never ended."""

    keys: frozenset[str]
    unfinished: int


def broken_downloads(found: Found, browsers: Mapping[str, Browser]) -> Iterator[str]:
    """Completed parts that their requester cannot take, or gets other bytes of."""
    requesters = {one.id: one.requester for one in found.requests}
    for part in found.parts:
        if part.state != "completed":
            continue
        # What is asked now is no act of the storm: it goes into a ledger of its own.
        browser = replace(browsers[requesters[part.request_id]], ledger=Ledger())
        reply = browser.call(ActKind.DOWNLOAD, "GET", f"/zip/partes/{part.id}/descargar/", web=0)
        if reply.status == 410:  # its life ended since the row was read
            continue
        taken = browser.take(reply.location) if reply.status == 302 else None
        if taken is None:
            yield f"parte {part.id}: lista y no se puede descargar ({reply.status})"
        elif (taken.key, taken.sha256) != (part.key, part.sha256):
            yield f"parte {part.id}: se descargó {taken.key} con otro SHA-256 que el de su fila"


def broken_archives(ledger: Ledger, installation: Installation) -> Iterator[str]:
    """Archives whose bytes are not what their row or their manifest says; and so what was downloaded on the way."""
    rows = installation.sam.query("SELECT key, sha256, bytes, deleted_at IS NULL FROM sam_archive ORDER BY id")
    sums = {str(key): (sha256, size) for key, sha256, size, _ in rows}
    for one in ledger.downloads:
        if sums.get(one.key) != (one.sha256, one.bytes):
            yield f"se descargó {one.key} con {one.bytes} bytes que no son los de su fila"
    client = installation.s3.client()
    with tempfile.TemporaryDirectory(prefix="sam-caos-") as folder:
        for key, sha256, _, kept in rows:
            if kept and (wrong := _wrong(client, str(key), str(sha256), Path(folder) / "parte.zip")):
                yield f"{key}: {wrong}"


def _wrong(client: S3Client, key: str, sha256: str, file: Path) -> str:
    digest = hashlib.sha256()
    try:
        body = client.get_object(Bucket=BUCKET, Key=key)["Body"]
    except client.exceptions.NoSuchKey:
        return "no está en el almacén"
    with file.open("wb") as output:
        for block in body.iter_chunks(1024 * 1024):
            digest.update(block)
            output.write(block)
    if digest.hexdigest() != sha256:
        return "el SHA-256 no es el de su fila"
    with FileSource(file) as source:
        report = verify(source)
    if report.is_whole:
        return ""
    states = sorted({f"{one.state} {one.path}" for one in report.files if one.state != "intact"})
    return f"no coincide con su manifiesto: {[*report.problems, *states][:3]}"


def look_into(installation: Installation) -> Store:
    client = installation.s3.client()
    uploads = client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return Store(keys=frozenset(_keys(client, ARCHIVES)), unfinished=len(uploads))


def named_keys(installation: Installation) -> frozenset[str]:
    """The objects that rows point to."""
    return frozenset(str(key) for (key,) in installation.sam.query(NAMED))


def broken_store(store: Store, named: frozenset[str], installation: Installation) -> Iterator[str]:
    """What the clean-up left that nobody points to, and what is pointed to and gone."""
    for key in sorted(store.keys - named):
        yield f"{key}: huérfano después de limpiar el almacén"
    for key in sorted(named - store.keys):
        yield f"{key}: una fila lo nombra y no está en el almacén"
    if store.unfinished:
        yield f"{store.unfinished} subidas sin terminar después de limpiar el almacén"
    documents = {str(key) for (key,) in installation.sam.query("SELECT key FROM sam_documento")}
    lost = documents - set(_keys(installation.s3.client(), DOCUMENTS))
    if lost:
        yield f"{len(lost)} documentos ya no están en el almacén"


def _keys(client: S3Client, prefix: str) -> Iterator[str]:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield found["Key"]
