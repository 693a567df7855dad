"""One storm from its start to its verdict: servers, processes, people, faults, peace, and the comparison."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random

from tests.caos.archives import (
    broken_archives,
    broken_downloads,
    broken_store,
    look_into,
    named_keys,
)
from tests.caos.browser import Browser
from tests.caos.crew import Crew
from tests.caos.faults import Faults
from tests.caos.installation import Installation, use_settings_of, wait_for
from tests.caos.ledger import Ledger
from tests.caos.pages import Pages
from tests.caos.people import Person
from tests.caos.plan import ROLES, Plan, make_plan
from tests.caos.promises import Found, broken_in_answers, broken_in_database, read_all
from tests.caos.report import Cleaned, report, result
from tests.caos.shown import comparable, difference
from tests.caos.tabs import OpenTabs, Tab
from tests.caos.watch import Watch

READY_SECONDS = 60.0
PEACE_SECONDS = 240.0  # a bound for our waiting, no promise: what waits for storage may wait a minute
LAST_ACT_SECONDS = 60.0
SAME_SECONDS = 45.0  # a tab that has just begun to wait for its next try waits up to 30
CLEAN_UP_SECONDS = 90.0
TICK_SECONDS = 0.05
TABS_EACH = 2
LIVE_PARTS = "SELECT count(*) FROM sam_zippart WHERE state IN ('pending', 'processing')"
USER_ID = "SELECT id FROM sam_usuario WHERE username = %s"


def run_storm(*, minutes: float, seed: int, keep_logs: bool = False) -> bool:
    """Whether every promise was kept; prints the table."""
    ledger, plan = Ledger(), make_plan(minutes=minutes, seed=seed)
    say(f"caos: semilla {seed}, {minutes:g} min; preparando servidores y demostración…")
    with Installation() as installation:
        crew = Crew(installation, ledger, plan)
        try:
            table = _Storm(installation, crew, ledger, plan).run(minutes=minutes, seed=seed)
        except Exception:
            say(f"registros: {installation.keep_logs()}")
            raise
        finally:
            crew.close()
        say(table)
        say(result(ledger.broken))
        if ledger.broken or keep_logs:
            say(f"registros: {installation.keep_logs()}")
    return not ledger.broken


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass
class _Storm:
    installation: Installation
    crew: Crew
    ledger: Ledger
    plan: Plan

    def run(self, *, minutes: float, seed: int) -> str:
        self._start()
        browsers = self._enter()
        rng = Random(f"{seed}/sockets")
        pages = Pages()
        owners = [browser for browser in browsers.values() for _ in range(TABS_EACH)]
        tabs = [Tab(number, browser, pages, self.ledger, rng) for number, browser in enumerate(owners)]
        open_tabs = OpenTabs(tabs)
        watch = Watch(self.installation.postgres.url(), tabs, self.ledger)
        watch.start()
        try:
            people = self._people(browsers, tabs, open_tabs)
            say(f"tormenta: {len(self.plan.faults)} fallas, {len(people)} personas, {len(tabs)} pestañas")
            self._rage(people)
            settled = self._calm(people)
            self._compare_downloads(browsers)
            self._compare_tabs(tabs)
        finally:
            watch.stop()
            open_tabs.close()
            pages.close()
        found, cleaned = self._judge()
        return report(
            found,
            self.ledger,
            cleaned,
            minutes=minutes,
            seed=seed,
            tabs=len(tabs),
            behind_seconds=watch.longest,
            settled_seconds=settled,
        )

    # ── before ──

    def _start(self) -> None:
        otra = self.installation.empresa_ids()[1]
        self.installation.add_usuarios({role.username: otra for role in ROLES if role.username.startswith("caos")})
        self.crew.start_all()
        if not wait_for(self._ready, seconds=READY_SECONDS):
            raise RuntimeError("SAM did not start: see its logs")

    def _ready(self) -> bool:
        self.crew.tick()
        return all(post.has_started for post in self.crew.posts)

    def _enter(self) -> dict[str, Browser]:
        browsers = {}
        for role in ROLES:
            browser = Browser(role.username, self.installation.web_ports, self.ledger)
            browser.enter()
            ((user_id,),) = self.installation.sam.query(USER_ID, role.username)
            browser.user_id = int(str(user_id))
            browsers[role.username] = browser
        return browsers

    def _people(self, browsers: Mapping[str, Browser], tabs: list[Tab], open_tabs: OpenTabs) -> list[Person]:
        empresas = self.installation.empresa_ids()
        return [
            Person(
                browser=browsers[role.username],
                tabs=[tab for tab in tabs if tab.browser.username == role.username],
                acts=self.plan.acts[role.username],
                ledger=self.ledger,
                open_tabs=open_tabs,
                empresas=empresas if role.empresa is None else (),
            )
            for role in ROLES
        ]

    # ── the storm ──

    def _rage(self, people: list[Person]) -> None:
        """Do what the plan says, each at its time; what a fault has to undo is put into the same agenda."""
        faults = Faults(self.installation, self.crew, self.ledger)
        order = itertools.count()
        agenda: list[tuple[float, int, Callable[[], None]]] = []
        began = time.monotonic()

        def put(at: float, action: Callable[[], None]) -> None:
            heapq.heappush(agenda, (at, next(order), action))

        def hit(fault_number: int) -> None:
            fault = self.plan.faults[fault_number]
            undo = faults.begin(fault)
            if undo is not None:
                put(time.monotonic() - began + fault.seconds, undo)

        for number, fault in enumerate(self.plan.faults):
            put(fault.at, lambda number=number: hit(number))  # type: ignore[misc]  # a default that binds
        stop = threading.Event()
        for person in people:
            person.start(began=began, stop=stop)
        try:
            while (now := time.monotonic() - began) < self.plan.seconds:
                while agenda and agenda[0][0] <= now:
                    heapq.heappop(agenda)[2]()
                self.crew.tick()
                time.sleep(TICK_SECONDS)
        finally:
            stop.set()
        for _, _, action in sorted(agenda):  # what still lasts ends now
            action()

    def _calm(self, people: list[Person]) -> float:
        """Heal what is left, and wait for the last act and for the last part; seconds that it took."""
        began = time.monotonic()
        self.crew.start_all()

        def over() -> bool:
            self.crew.tick()
            return all(person.join(0) for person in people)

        if not wait_for(over, seconds=LAST_ACT_SECONDS):
            self.ledger.break_promise(f"una persona sigue esperando una respuesta {LAST_ACT_SECONDS:.0f} s después")

        def final() -> bool:
            self.crew.tick()
            ((left,),) = self.installation.sam.query(LIVE_PARTS)
            return left == 0

        if not wait_for(final, seconds=PEACE_SECONDS):
            self.ledger.break_promise(f"no todo es final {PEACE_SECONDS:.0f} s después de la última falla")
        return time.monotonic() - began

    # ── the comparison ──

    def _compare_downloads(self, browsers: Mapping[str, Browser]) -> None:
        say("comparando lo prometido con lo que hay…")
        self._break(broken_downloads(read_all(self.installation.sam), browsers))

    def _compare_tabs(self, tabs: list[Tab]) -> None:
        """Each tab against what a reload would show; a part may expire between the two looks, so look again."""
        use_settings_of(self.installation)
        from sam.selectors.entrega import snapshot

        different: dict[int, str] = {}

        def same() -> bool:
            different.clear()
            for number, tab in enumerate(tabs):
                fresh = comparable(snapshot(tab.browser.user_id))
                if wrong := difference(comparable(tab.shown()), fresh):
                    different[number] = wrong
            return not different

        if not wait_for(same, seconds=SAME_SECONDS, between=1.0):
            for number, wrong in different.items():
                self.ledger.break_promise(f"pestaña {number} de {tabs[number].browser.username}: {wrong}")

    def _judge(self) -> tuple[Found, Cleaned]:
        self.crew.stop_workers()
        before, named = look_into(self.installation), named_keys(self.installation)
        self._clean_up()
        found = read_all(self.installation.sam)
        self._break(broken_store(look_into(self.installation), named, self.installation))
        self._break(broken_in_database(found, self.ledger))
        self._break(broken_in_answers(self.ledger))
        self._break(broken_archives(self.ledger, self.installation))
        return found, Cleaned(orphans=len(before.keys - named), unfinished=before.unfinished)

    def _clean_up(self) -> None:
        """By hand; it refuses while a worker may live, and the killed ones are believed to for some seconds."""
        deadline = time.monotonic() + CLEAN_UP_SECONDS
        while True:
            try:
                self.installation.sam.manage("limpiar_almacen", "--horas", "0")
            except AssertionError as error:
                if time.monotonic() > deadline:
                    self.ledger.break_promise(f"limpiar_almacen no pudo: {str(error).strip().splitlines()[-1]}")
                    return
                time.sleep(2)
            else:
                return

    def _break(self, found: Iterable[str]) -> None:
        for one in found:
            self.ledger.break_promise(one)
