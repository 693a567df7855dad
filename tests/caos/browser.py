"""A signed-in usuario's HTTP, of the standard library: no redirects followed, every answer written down.

It knows both web processes and goes on to the other where one refuses, as a proxy in front of them does.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from tests.caos.ledger import NO_ANSWER, Answer, Downloaded, Ledger
from tests.caos.plan import ActKind
from tests.running import PASSWORD

# Longer than any process is frozen, and than the longest time limit of the product.
PATIENCE_SECONDS = 40.0
REFUSED_SECONDS = 6.0
AGAIN_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it came; `data` is its JSON, empty where it had none."""

    status: int
    data: dict[str, Any]
    location: str = ""


@dataclass
class Browser:
    """One usuario; may be used by two threads at once, as by two tabs."""

    username: str
    ports: Sequence[int]
    ledger: Ledger
    cookies: dict[str, str] = field(default_factory=dict)
    user_id: int = 0

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def enter(self) -> None:
        """Log in; before the storm, so it has to work."""
        self._exchange(0, "GET", "/entrar/", b"", {})
        form = {"username": self.username, "password": PASSWORD, "csrfmiddlewaretoken": self.cookies["csrftoken"]}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._exchange(0, "POST", "/entrar/", urlencode(form).encode(), headers)
        if "sessionid" not in self.cookies:
            raise RuntimeError(f"{self.username} could not enter")

    def call(self, act: ActKind, method: str, path: str, *, web: int, body: object = None) -> Reply:
        """One call of the storm, with its answer in the ledger."""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "X-CSRFToken": self.cookies["csrftoken"],
        }
        payload = json.dumps(body or {}).encode() if method == "POST" else b""
        asked = began = time.time()
        reply = Reply(NO_ANSWER, {})
        refused_until = time.monotonic() + REFUSED_SECONDS
        while True:
            try:
                reply = self._exchange(web, method, path, payload, headers)
            except ConnectionRefusedError:
                if time.monotonic() < refused_until:
                    web = 1 - web
                    time.sleep(AGAIN_SECONDS)
                    began = time.time()
                    continue
                began = asked  # nobody listened, all the time
            except (OSError, http.client.HTTPException):
                pass  # killed while it answered, or frozen for long: nothing was promised
            break
        request_id = reply.data.get("id") if path.startswith("/zip/solicitudes/") else None
        self.ledger.answers.append(
            Answer(
                username=self.username,
                act=act,
                method=method,
                path=path,
                status=reply.status,
                began=began,
                ended=time.time(),
                web=web,
                request_id=request_id if reply.status in (200, 201) else None,
            )
        )
        return reply

    def call_twice(self, path: str, *, webs: tuple[int, int], body: object = None) -> list[Reply]:
        """A double click: the same POST from two threads at the same moment."""
        replies: list[Reply] = []
        together = threading.Barrier(2)

        def click(web: int) -> None:
            together.wait()
            replies.append(self.call(ActKind.DOUBLE, "POST", path, web=web, body=body))

        threads = [threading.Thread(target=click, args=(web,), daemon=True) for web in webs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return replies

    def take(self, link: str) -> Downloaded | None:
        """Follow a presigned link to its last byte; None where it broke off or storage failed."""
        parts = urlsplit(link)
        connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
        digest, size = hashlib.sha256(), 0
        with contextlib.closing(connection):
            try:
                connection.request("GET", f"{parts.path}?{parts.query}")
                response = connection.getresponse()
                if response.status != 200:
                    return None
                while block := response.read(256 * 1024):
                    digest.update(block)
                    size += len(block)
                if response.length:  # closed before its end
                    return None
            except (OSError, http.client.HTTPException):
                return None
        key = unquote(parts.path).split("/", 2)[2]  # /bucket/key
        return Downloaded(key=key, sha256=digest.hexdigest(), bytes=size)

    def _exchange(self, web: int, method: str, path: str, payload: bytes, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[web], timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path, payload, {**headers, "Cookie": self.cookie_header})
            response = connection.getresponse()
            text = response.read()
            for line in response.headers.get_all("Set-Cookie") or ():
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
            location = response.headers.get("Location", "")
            return Reply(response.status, _json(text), location)


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
