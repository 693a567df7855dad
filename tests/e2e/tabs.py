"""One person's browser with many tabs, at the end of a cable that counts the sockets which go through it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.running import PASSWORD, Sam, Visitor
from tests.services.cable import CHUNK_BYTES, Cable

SECONDS: Final = 1000
ASKED, ANSWERED = b"GET /ws/ ", b"HTTP/1.1 101"  # what the two directions of a socket begin with

WITHOUT_SHARED_WORKER: Final = "delete window.SharedWorker"

# The moments, in milliseconds of the machine's clock, at which the page began to show each word.
WATCH: Final = """() => {
  window.shownAt = {};
  const note = () => {
    const shown = [...document.querySelectorAll("[data-testid=part-status], [data-slot=connection-word]")];
    for (const one of shown.filter((one) => !one.closest("template"))) {
      window.shownAt[one.textContent.trim()] ??= performance.timeOrigin + performance.now();
    }
  };
  new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""

CLICK: Final = """(button) => {
  const at = performance.timeOrigin + performance.now();
  button.click();
  return at;
}"""


class SocketCable(Cable):
    """A cable that knows which of its connections are sockets of pages."""

    def __init__(self, to: int) -> None:
        super().__init__(to)
        self.sockets = 0  # open now
        self.opened = 0  # ever
        self._talking = asyncio.Event()
        self._talking.set()

    def hush(self) -> None:
        """Let the sockets fall silent, all of them open; pages are served as ever."""
        self._do(self._set_talking(False))

    def speak(self) -> None:
        """Pass what the sockets held back, and all that comes."""
        self._do(self._set_talking(True))

    async def _set_talking(self, talking: bool) -> None:
        self._talking.set() if talking else self._talking.clear()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(CHUNK_BYTES)
        writer.write(first)
        if first.startswith(ASKED):
            self.sockets += 1
            self.opened += 1
            try:
                await self._pass_frames(reader, writer)
            finally:
                self.sockets -= 1
        elif first.startswith(ANSWERED):
            await self._pass_frames(reader, writer)
        else:
            await super()._pass(reader, writer)

    async def _pass_frames(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            await self._talking.wait()
            await self._flowing.wait()
            writer.write(chunk)
            await writer.drain()
        writer.close()


class Person:
    """A signed-in browser; every tab of it is live when it is given."""

    def __init__(self, context: BrowserContext, *, url: str) -> None:
        self.context = context
        self.url = url

    def tab(self, path: str = "/informes/", *, state: str = "live") -> Page:
        page = self.context.new_page()
        page.goto(self.url + path)
        expect_state(page, state)
        return page

    def tabs(self, count: int) -> list[Page]:
        return [self.tab() for _ in range(count)]


@contextmanager
def at_work(browser: Browser, visitor: Visitor, *, port: int, script: str = "") -> Iterator[Person]:
    """A browser with the visitor's session, which reaches the web process by `port`."""
    context = browser.new_context()
    if script:
        context.add_init_script(script)
    for cookie in visitor.cookies:
        context.add_cookies([{"name": cookie.name, "value": str(cookie.value), "domain": "127.0.0.1", "path": "/"}])
    try:
        yield Person(context, url=f"http://127.0.0.1:{port}")
    finally:
        context.close()


def enter(page: Page, username: str) -> None:
    """Fill in the form of /entrar/."""
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")


def strip(page: Page) -> Locator:
    return page.get_by_test_id("connection").locator("[data-slot=connection-word]")


def expect_state(page: Page, state: str, *, seconds: float = 15) -> None:
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", state, timeout=seconds * SECONDS)


def expect_words(pages: list[Page], *words: str, seconds: float = 15) -> None:
    """Each page shows parts with these words, and no others."""
    for page in pages:
        expect(page.locator("main").get_by_test_id("part-status")).to_have_text(list(words), timeout=seconds * SECONDS)


def sockets_told(sam: Sam, *, trace: str) -> list[int]:
    """For each `seq` of one click, how many sockets were told: what the web process says of itself."""
    lines = [line for line in sam.logs().splitlines() if "action=tell_change" in line and f"trace={trace}" in line]
    told = [line.split("seq=")[1].split()[0] for line in lines]
    return [told.count(seq) for seq in sorted(set(told))]
