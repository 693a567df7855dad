"""What a storm looks at while it lasts: a tab that stays behind is seen, and one that has an excuse is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from tests.caos.browser import Browser
from tests.caos.ledger import Ledger, Outage
from tests.caos.tabs import Tab
from tests.caos.watch import Watch

USER = 7


@dataclass
class StillTab:
    """A tab without a socket, whose state a test sets."""

    browser: Browser = field(default_factory=lambda: Browser("ana", [1, 2], Ledger(), user_id=USER))
    seq: int = 0
    web: int = 0
    connection: int = 1


def a_watch(tab: StillTab, *outages: Outage) -> Watch:
    return Watch("", [cast("Tab", cast("Any", tab))], Ledger(outages=list(outages)))


def look(watch: Watch, tab: StillTab, *, seq: int, shown: int, at: float) -> None:
    tab.seq = shown
    watch.compare({USER: seq}, now=at)


def test_a_tab_that_stays_behind_is_seen_however_far_it_follows() -> None:
    tab = StillTab()
    watch = a_watch(tab)
    for second in range(20):
        look(watch, tab, seq=10 + second, shown=9, at=1000 + second)
    assert watch.ledger.broken == ["una pestaña de ana abierta y 19 s atrasada"]


def test_a_tab_that_catches_up_in_time_is_well_and_its_delay_is_told() -> None:
    tab = StillTab()
    watch = a_watch(tab)
    for second in range(40):
        look(watch, tab, seq=10 + second, shown=max(9, second), at=1000 + second)
    assert watch.ledger.broken == []
    assert watch.longest == 10


def test_a_new_connection_begins_anew() -> None:
    tab = StillTab()
    watch = a_watch(tab)
    for second in range(40):
        tab.connection = second // 10
        look(watch, tab, seq=10, shown=9, at=1000 + second)
    assert watch.ledger.broken == []


def test_a_frozen_web_process_is_an_excuse_and_the_other_is_none() -> None:
    for web, is_broken in ((0, False), (1, True)):
        tab = StillTab(web=web)
        watch = a_watch(tab, Outage("web 0", began=900))
        for second in range(40):
            look(watch, tab, seq=10, shown=9, at=1000 + second)
        assert bool(watch.ledger.broken) is is_broken
