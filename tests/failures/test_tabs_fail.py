"""Tabs whose network goes and comes back: they say so, and end with what a reload shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.running import PASSWORD, Sam, Visitor, wait_for
from tests.services.cable import Cable

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SECONDS = 1000
TABS = 3
BUILD_SECONDS = 120.0
# What a person sees of their requests, live figures aside.
SHOWN = """() => ({
  button: document.querySelector("[data-testid=zip-request]").textContent.trim(),
  unread: document.querySelector("[data-testid=notification-count]").textContent.trim(),
  parts: [...document.querySelectorAll("[data-testid=zip-part]")].filter((part) => !part.closest("template")).map(
    (part) => [
      part.dataset.partId,
      part.dataset.state,
      part.querySelector("[data-testid=part-status]").textContent.trim(),
      part.querySelector("[data-testid=part-download]")?.getAttribute("href"),
    ],
  ),
})"""


class Tabs:
    """Three tabs of one browser, which reaches SAM through a cable."""

    def __init__(self, context: BrowserContext, cable: Cable) -> None:
        self.context = context
        self._url = f"http://127.0.0.1:{cable.port}"
        page = context.new_page()
        page.goto(f"{self._url}/entrar/")
        page.fill("[name=username]", "certiboy")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/informes/")
        page.close()
        self.pages = [self.load() for _ in range(TABS)]
        self.expect("live")

    def load(self) -> Page:
        page = self.context.new_page()
        page.goto(f"{self._url}/informes/")
        return page

    def expect(self, state: str) -> None:
        for page in self.pages:
            expect(page.get_by_test_id("connection")).to_have_attribute("data-state", state, timeout=30 * SECONDS)

    def shown(self) -> list[Any]:
        return [page.evaluate(SHOWN) for page in self.pages]

    def expect_what_a_reload_shows(self) -> None:
        fresh = self.load()
        expect(fresh.get_by_test_id("connection")).to_have_attribute("data-state", "live", timeout=30 * SECONDS)
        page = fresh.evaluate(SHOWN)
        wait_for(lambda: self.shown() == [page] * TABS, seconds=20, what=f"every tab shows {page}")
        fresh.close()


@pytest.fixture
def cable(sam: Sam) -> Iterator[Cable]:
    with Cable(sam.port) as cable:
        yield cable


@pytest.fixture
def tabs(chromium: Browser, sam: Sam, cable: Cable) -> Iterator[Tabs]:
    sam.start_web()
    context = chromium.new_context()
    yield Tabs(context, cable)
    context.close()


def states(sam: Sam) -> set[object]:
    return {state for (state,) in sam.query("SELECT state FROM sam_zippart")}


def build_it_all(sam: Sam) -> None:
    """A request made and finished by somebody at another door: the same usuario, at another machine."""
    assert Visitor(sam, "certiboy").post("/zip/solicitudes/")[0] == 201
    sam.start_worker()
    wait_for(lambda: states(sam) == {"completed"}, seconds=BUILD_SECONDS, what="every part is completed")


@pytest.mark.slow
def test_three_tabs_that_were_offline_while_a_zip_was_made_end_as_after_a_reload(
    tabs: Tabs, cable: Cable, sam: Sam
) -> None:
    # Playwright keeps an open WebSocket alive through `set_offline`; what cuts it is the cable.
    cable.cut()
    tabs.context.set_offline(True)
    tabs.expect("reconnecting")
    build_it_all(sam)
    assert [page["parts"] for page in tabs.shown()] == [[]] * TABS

    cable.heal()
    tabs.context.set_offline(False)
    tabs.expect("live")
    tabs.expect_what_a_reload_shows()
    assert [len(page["parts"]) for page in tabs.shown()] == [2] * TABS


@pytest.mark.slow
def test_a_network_that_falls_silent_makes_the_tabs_stale_then_reconnecting_and_they_end_as_after_a_reload(
    tabs: Tabs, cable: Cable, sam: Sam
) -> None:
    cable.freeze()
    build_it_all(sam)
    tabs.expect("stale")
    tabs.expect("reconnecting")
    cable.cut()
    cable.heal()
    tabs.expect("live")
    tabs.expect_what_a_reload_shows()


@pytest.mark.slow
def test_three_tabs_come_back_by_themselves_when_web_is_killed_and_started_again(tabs: Tabs, sam: Sam) -> None:
    (web,) = sam.processes
    sam.kill(web)
    tabs.expect("reconnecting")
    sam.start_web()
    build_it_all(sam)
    tabs.expect("live")
    tabs.expect_what_a_reload_shows()
    assert [len(page["parts"]) for page in tabs.shown()] == [2] * TABS
