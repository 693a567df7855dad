"""Downloading a finished part: a link to the store, or its bytes with ranges; never a whole archive in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils.http import content_disposition_header

from sam.errors import NotReady
from sam.models import Archive, Usuario, ZipPart
from sam.planning.names import download_name
from sam.services.vida import find_download, give_download
from sam.storage import get_storage
from sam.views.requests import signed_in

LINK_SECONDS = 900
ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@signed_in("GET", "HEAD")
def descargar(request: HttpRequest, user: Usuario, part_id: int) -> HttpResponse:
    """302 to a presigned URL, or 200/206 with the bytes; 409 not ready, 410 expired."""
    find = find_download if request.method == "HEAD" else give_download
    part = find(actor=user, part_id=part_id)
    filename = filename_of(part)
    link = get_storage().link(_archive(part).key, filename=filename, seconds=LINK_SECONDS)
    if link is not None:
        return HttpResponseRedirect(link)
    return _bytes_of(request, part, filename)


def filename_of(part: ZipPart) -> str:
    request = part.request
    return download_name(
        empresa=request.empresa.nombre,
        number=part.number,
        of=part.of,
        first=part.first,
        last=part.last,
        instant=request.instant,
        incomplete=_archive(part).missing > 0,
    )


def _bytes_of(request: HttpRequest, part: ZipPart, filename: str) -> HttpResponse:
    archive = _archive(part)
    etag = f'"{archive.sha256}"'
    span = _span(request, etag, archive.bytes)
    if span is None:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{archive.bytes}"
        return response
    start, end = span
    whole = (start, end) == (0, archive.bytes)
    answer: HttpResponse | StreamingHttpResponse
    if request.method == "HEAD":
        answer = HttpResponse(content_type="application/zip")
    else:
        chunks = get_storage().read(archive.key, start=start, end=end)
        answer = StreamingHttpResponse(_OffTheLoop(chunks), content_type="application/zip")
        answer.status_code = 200 if whole else 206
        if not whole:
            answer["Content-Range"] = f"bytes {start}-{end - 1}/{archive.bytes}"
    answer["Content-Length"] = str(end - start)
    answer["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    answer["ETag"] = etag
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, no-transform"
    return answer  # type: ignore[return-value]  # a streaming response is one in all that matters here


def _span(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """The bytes asked for (RFC 9110, 14.2), end excluded; None where the range cannot be satisfied.

    Several ranges, or a form that is none, are answered whole, as the RFC allows.
    """
    wanted = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    known = request.headers.get("If-Range", etag)
    if request.method != "GET" or wanted is None or known != etag or wanted.groups() == ("", ""):
        return 0, size
    first, last = wanted.groups()
    if len(first) > 18 or len(last) > 18:
        return None
    if not first:
        return (max(0, size - int(last)), size) if int(last) else None
    start, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return 0, size
    return (start, end) if start < size else None


class _OffTheLoop:
    """A store's chunks for an asynchronous answer, each fetched in a thread.

    A synchronous iterator would be read to its end into a list before the first byte left. The first chunk is
    fetched at once, so that what is not there is an error page and no broken download; `close` is called by
    Django when the client has it all or has gone.
    """

    def __init__(self, chunks: Generator[bytes]) -> None:
        self._chunks = chunks
        self._first = next(chunks, None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        following = sync_to_async(lambda: next(self._chunks, None), thread_sensitive=False)
        chunk = self._first
        while chunk is not None:
            yield chunk
            chunk = await following()

    def close(self) -> None:
        self._chunks.close()


def _archive(part: ZipPart) -> Archive:
    if part.archive is None:  # never: the constraint part_archive gives a completed part one
        raise NotReady
    return part.archive
