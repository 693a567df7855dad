"""Downloading a finished part: a link to the store, or its bytes with ranges; never a whole archive in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils.http import content_disposition_header

from sam.errors import NotReady
from sam.models import Archive, Usuario, ZipPart
from sam.planning.names import download_name
from sam.services.vida import find_download, give_download
from sam.storage import get_storage
from sam.views.requests import signed_in

LINK_SECONDS = 900
ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@signed_in("GET", "HEAD")
def descargar(request: HttpRequest, user: Usuario, part_id: int) -> HttpResponse:
    """302 to a presigned URL, or 200/206 with the bytes; 409 not ready, 410 expired. HEAD tells and gives nothing."""
    part = find_download(actor=user, part_id=part_id)
    if request.method == "HEAD":
        return _head(part)
    filename = filename_of(part)
    link = get_storage().link(archive_of(part).key, filename=filename, seconds=LINK_SECONDS)
    answer = HttpResponseRedirect(link) if link is not None else _bytes_of(request, part)
    # Remembered only when there is something to give; the first chunk has been read by now.
    give_download(actor=user, part_id=part_id)
    # The answer may take hours to leave, and this thread's connection would be held until then.
    connection.close()
    return answer


def filename_of(part: ZipPart) -> str:
    request = part.request
    return download_name(
        empresa=request.empresa.nombre,
        number=part.number,
        of=part.of,
        first=part.first,
        last=part.last,
        instant=request.instant,
        incomplete=archive_of(part).missing > 0,
    )


def archive_of(part: ZipPart) -> Archive:
    if part.archive is None:  # never: the constraint part_archive gives a completed part one
        raise NotReady
    return part.archive


def _head(part: ZipPart) -> HttpResponse:
    return _described(HttpResponse(), part, size=archive_of(part).bytes)


def _bytes_of(request: HttpRequest, part: ZipPart) -> HttpResponse:
    archive = archive_of(part)
    wanted = _wanted(request, _etag(archive), archive.bytes)
    if wanted is not None and not 0 <= wanted[0] < wanted[1]:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{archive.bytes}"
        return response
    start, end = wanted or (0, archive.bytes)
    chunks = _OffTheLoop(get_storage().read(archive.key, start=start, end=end))
    answer = StreamingHttpResponse(chunks, status=200 if wanted is None else 206)
    if wanted is not None:
        answer["Content-Range"] = f"bytes {start}-{end - 1}/{archive.bytes}"
    return _described(answer, part, size=end - start)


def _described(answer: HttpResponse | StreamingHttpResponse, part: ZipPart, *, size: int) -> HttpResponse:
    """The headers that a client needs to save the bytes, and to go on where it stopped."""
    answer["Content-Type"] = "application/zip"
    answer["Content-Length"] = str(size)
    answer["Content-Disposition"] = content_disposition_header(True, filename_of(part)) or "attachment"
    answer["ETag"] = _etag(archive_of(part))
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, no-transform"
    return answer  # type: ignore[return-value]  # a streaming response is one in all that matters here


def _etag(archive: Archive) -> str:
    return f'"{archive.sha256}"'


def _wanted(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """The one range asked for (RFC 9110, 14.2), its end excluded and within the archive; an empty one is unsatisfiable.

    None asks for the whole: no range, several, a form that is none, or a range of another archive (If-Range).
    """
    wanted = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if wanted is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = wanted.groups()
    if not first:
        return (max(0, size - int(last)), size) if last else None
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < int(first):
        return None
    return int(first), end


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
