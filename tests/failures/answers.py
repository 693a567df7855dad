"""HTTP calls whose status, headers and time a test looks at, whatever they answer."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any

from tests.running import PASSWORD, Sam, Visitor

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """How a call ended, and after how long."""

    status: int
    headers: Message
    text: str
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


def ask(
    sam: Sam, path: str, *, visitor: Visitor | None = None, post: bytes | None = None, accept: str = "text/html"
) -> Answer:
    """One call, without following redirects; with `post` a form's or a program's body."""
    headers = {"Accept": accept}
    if visitor is not None:
        headers["Cookie"] = visitor.cookie_header
        cookies = {cookie.name: cookie.value or "" for cookie in visitor.cookies}
        headers |= {"X-CSRFToken": cookies["csrftoken"], "Referer": sam.url}
    if post is not None and accept == "application/json":
        headers["Content-Type"] = "application/json"
    return _measured(urllib.request.Request(sam.url + path, post, headers))


def enter(sam: Sam, username: str) -> Answer:
    """Log in by the form, as a browser does; the time of both calls."""
    page = ask(sam, "/entrar/")
    token = page.headers["Set-Cookie"].partition("csrftoken=")[2].partition(";")[0] if page.status == 200 else ""
    form = urllib.parse.urlencode({"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token})
    headers = {"Cookie": f"csrftoken={token}", "Referer": sam.url}
    answer = _measured(urllib.request.Request(f"{sam.url}/entrar/", form.encode(), headers))
    return Answer(answer.status, answer.headers, answer.text, page.seconds + answer.seconds)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_open = urllib.request.build_opener(_NoRedirects).open


def _measured(request: urllib.request.Request) -> Answer:
    asked = time.monotonic()
    try:
        with _open(request, timeout=PATIENCE_SECONDS) as response:
            return Answer(response.status, response.headers, response.read().decode(), time.monotonic() - asked)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read().decode(), time.monotonic() - asked)
