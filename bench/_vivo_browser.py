"""Chromium with real pages, and when each thing was first to be seen in them.

A page notes with `performance.now()` each fact that a MutationObserver finds new: before the frame is painted, after
the DOM has it. Where its clock stands against this machine's is asked forty times; the quickest answer counts, and
half of what that one took is the error. A click's time is its event's: when the browser got it from the machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import CHROMIUM_FLAGS, find_chromium
from tests.running import Sam

PATIENCE_MS: Final = 30_000
CLOCK_TRIES: Final = 40
LIVE: Final = "[data-testid=connection][data-state=live]"

WATCH: Final = """() => {
  const seen = [], waiting = new Set();
  let before = new Set();
  const text = (root, name) => root.querySelector(`[data-slot="${name}"]`)?.textContent ?? "";
  const facts = () => {
    const now = new Set();
    for (const request of document.querySelectorAll("[data-request-id]"))
      now.add(`request ${request.dataset.requestId} ${request.dataset.state}`);
    for (const part of document.querySelectorAll("[data-testid=zip-part]")) {
      const id = part.dataset.partId;
      now.add(`part ${id} ${text(part, "part-status")}`);
      now.add(`progress ${id} ${part.querySelector("progress")?.value}`);
      if (text(part, "part-detail").includes("ya descargada")) now.add(`downloaded ${id}`);
    }
    const button = document.querySelector("[data-testid=zip-request]");
    if (button) now.add(`button ${button.textContent}`);
    const count = document.querySelector("[data-testid=notification-count]");
    if (count) now.add(`unread ${count.hidden ? 0 : count.textContent}`);
    return now;
  };
  const note = (fact, at) => {
    seen.push([fact, at]);
    for (const one of waiting) if (one.fact === fact) { waiting.delete(one); one.resolve(at); }
  };
  const look = () => {
    const at = performance.now();
    const now = facts();
    for (const fact of now) if (!before.has(fact)) note(fact, at);
    before = now;
  };
  const until = (fact, ms) => new Promise((resolve) => {
    if (before.has(fact)) return resolve(performance.now());
    const one = {fact, resolve};
    waiting.add(one);
    setTimeout(() => { waiting.delete(one); resolve(null); }, ms);
  });
  look();
  const everything = {subtree: true, childList: true, attributes: true, characterData: true};
  new MutationObserver(look).observe(document.documentElement, everything);
  addEventListener("click", (event) => seen.push(["click", event.timeStamp]), true);
  window.bench = {seen, until};
}"""


class Tab:
    """A live page of one usuario; its times are those of time.time()."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.page.goto(url)
        self.watch()

    def watch(self) -> None:
        """Wait until it is live, and note from now on what is new."""
        self.page.wait_for_selector(LIVE, timeout=PATIENCE_MS)
        self.page.evaluate(WATCH)
        self._zero, self.clock_error = self._clock()

    def seen(self) -> list[tuple[str, float]]:
        """Every fact with the moment at which it was first there, again each time that it came anew."""
        return [(fact, self._zero + at / 1000) for fact, at in self.page.evaluate("() => bench.seen")]

    def when(self, fact: str, *, since: float) -> float | None:
        """When the fact came, the first time since then."""
        return next((at for one, at in self.seen() if one == fact and at >= since), None)

    def until(self, fact: str) -> None:
        """Return when it is so; raises TimeoutError."""
        if self.page.evaluate("([fact, ms]) => bench.until(fact, ms)", [fact, PATIENCE_MS]) is None:
            raise TimeoutError(f"{fact} was not seen")

    def click(self, selector: str) -> float:
        """Click as a person does; when the page had the click."""
        self.page.click(selector, timeout=PATIENCE_MS)
        return max(at for fact, at in self.seen() if fact == "click")

    def _clock(self) -> tuple[float, float]:
        tries = []
        for _ in range(CLOCK_TRIES):
            asked = time.time()
            now = self.page.evaluate("() => performance.now()")
            answered = time.time()
            tries.append((answered - asked, (asked + answered) / 2 - now / 1000))
        took, zero = min(tries)
        return zero, took / 2


class Browsers:
    """One Chromium, and in it a browser of its own for each context."""

    def __init__(self, browser: Browser, sam: Sam) -> None:
        self._browser = browser
        self._sam = sam

    def context(self, session_key: str) -> BrowserContext:
        """Somebody's browser, logged in."""
        context = self._browser.new_context(locale="es-CO", accept_downloads=True)
        cookie: Any = {"name": "sessionid", "value": session_key, "url": self._sam.url}
        context.add_cookies([cookie])
        return context

    def tab(self, context: BrowserContext, path: str = "/informes/") -> Tab:
        return Tab(context.new_page(), self._sam.url + path)


@contextmanager
def chromium(sam: Sam) -> Iterator[Browsers]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        try:
            yield Browsers(browser, sam)
        finally:
            browser.close()
