"""One connection to the unruly S3: reads requests, asks its proxy what becomes of each, and relays or spoils it."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from tests.services.unruly_s3 import UnrulyS3

BLOCK_BYTES = 64 * 1024
UPSTREAM_SECONDS = 60
NOT_PASSED_ON = frozenset({"connection", "expect", "host", "keep-alive", "transfer-encoding"})


class Dropped(Exception):
    """The connection ends here, without an answer or in the middle of one."""


@dataclass(slots=True)
class Spoil:
    """What is done to the answers of the next `times` requests for this operation (None: of all)."""

    operation: str
    times: int | None
    after_bytes: int | None = None  # None: the answer is lost whole
    then: Literal["close", "stall"] = "close"

    @property
    def lost(self) -> bool:
        return self.after_bytes is None


class Exchange(BaseHTTPRequestHandler):
    """The requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    # What is raised in the middle of a request must not leave buffered bytes to be sent.
    wbufsize = 0

    def __init__(self, connection: socket.socket, proxy: UnrulyS3) -> None:
        self._proxy = proxy
        super().__init__(connection, connection.getpeername(), proxy)  # type: ignore[arg-type]  # is only kept

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: `counts` does."""

    def handle_expect_100(self) -> bool:
        return True  # said in _relay, when it is known that the body is wanted

    def _relay(self) -> None:
        operation, key = operation_of(self.command, self.path, copies="x-amz-copy-source" in self.headers)
        self._proxy.note(operation)
        self._proxy.let_through(operation)
        waits = self.headers.get("Expect", "").lower() == "100-continue"
        spoil = self._proxy.spoil_for(operation)
        answer = None if spoil is not None and spoil.lost else self._proxy.own_answer(operation, key)
        if answer is None:
            if waits:
                self.send_response_only(100)
                self.end_headers()
            self._pass_on(operation, spoil)
        else:
            if not waits:
                for _ in self._body(operation):
                    pass
            self.close_connection = self.close_connection or waits
            self._refuse_with(*answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _relay

    def _body(self, operation: str) -> Iterator[bytes]:
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            block = self.rfile.read(min(BLOCK_BYTES, left))
            if not block:
                raise Dropped
            self._proxy.let_through(operation)
            yield block
            left -= len(block)

    def _pass_on(self, operation: str, spoil: Spoil | None) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self._proxy.upstream.port, timeout=UPSTREAM_SECONDS)
        with closing(upstream):
            response = self._ask(upstream, operation)
            if response is None:
                self.close_connection = True
                return self._refuse_with(503, error_xml("ServiceUnavailable"))
            self._proxy.let_through(operation)
            self._answer(operation, response, spoil)

    def _ask(self, upstream: http.client.HTTPConnection, operation: str) -> http.client.HTTPResponse | None:
        # Whole before it is passed on: the real S3 never sees half a body, whatever happens to this one.
        body = b"".join(self._body(operation))
        try:
            upstream.putrequest(self.command, self.path, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in NOT_PASSED_ON:
                    upstream.putheader(name, value)
            upstream.endheaders(body or None)
            return upstream.getresponse()
        except (OSError, http.client.HTTPException):
            return None

    def _answer(self, operation: str, response: http.client.HTTPResponse, spoil: Spoil | None) -> None:
        if spoil is not None and spoil.lost:
            self._proxy.count("lost", operation)
            raise Dropped
        self.send_response_only(response.status, response.reason)
        told = response.headers.get("Content-Length")
        for name, value in response.headers.items():
            if name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)
        if told is None and self.command != "HEAD" and response.status not in (204, 304):
            self.send_header("Connection", "close")  # the end of the body is the end of the connection
            self.close_connection = True
        self.end_headers()
        left = None if spoil is None else spoil.after_bytes
        while block := response.read(BLOCK_BYTES):
            self._proxy.let_through(operation)
            self.wfile.write(block if left is None else block[:left])
            if left is not None:
                left -= len(block)
                if left <= 0:
                    self._proxy.count("cut", operation)
                    if spoil is not None and spoil.then == "stall":
                        self._proxy.hang_here(operation)
                    raise Dropped

    def _refuse_with(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def operation_of(method: str, target: str, *, copies: bool = False) -> tuple[str, str]:
    """(S3's name of the operation, the object's key) of a request in path style."""
    parts = urlsplit(target)
    query = parse_qs(parts.query, keep_blank_values=True)
    _, _, key = unquote(parts.path).lstrip("/").partition("/")
    if not key:
        if "uploads" in query:
            return "ListMultipartUploads", ""
        if "delete" in query:
            return "DeleteObjects", ""
        bucket = {"GET": "ListObjectsV2", "HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
        return bucket.get(method, method), ""
    if "uploadId" in query:
        upload = {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload"}
        return upload.get(method, "ListParts"), key
    if "uploads" in query:
        return "CreateMultipartUpload", key
    plain = {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
    return plain.get(method, "CopyObject" if copies else "PutObject"), key


def error_xml(code: str) -> bytes:
    """S3's way to say an error."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message/></Error>'.encode()
