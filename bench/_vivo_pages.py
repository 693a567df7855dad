"""What people see in their pages, and how soon: news in the DOM, a click and its answer, and the other tabs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench._vivo_browser import Browsers, Tab
from bench._vivo_figures import Row, Verdicts, quantile, thousands
from bench._vivo_frames import Listening, to_all
from bench._vivo_installation import Installation

STEPS_A_SECOND: Final = 8.0
MOST_SKIPPED: Final = 30  # after 34 steps the same number comes again
LATER_MS: Final = 1500
DOM_P95_MS: Final = 50.0
CLICK_P95_MS: Final = 100.0
TABS_P95_MS: Final = 100.0
BUTTON: Final = "[data-testid=zip-request]"
NEWEST: Final = "[data-request-id] >> nth=0"
FINISHED: Final = (
    "SELECT part_id, extract(epoch FROM at) FROM sam_transition WHERE move = 'finish' AND part_id = ANY(%s)"
)
# When each thing that was clicked was written, by the database's clock, in the order of the clicks.
DOWNLOADED: Final = (
    "SELECT extract(epoch FROM downloaded_at) FROM sam_zippart JOIN sam_ziprequest r ON r.id = request_id "
    "WHERE requester_id = %s AND downloaded_at IS NOT NULL ORDER BY 1"
)
CANCELLED: Final = (
    "SELECT extract(epoch FROM at) FROM sam_transition JOIN sam_ziprequest r ON r.id = request_id "
    "WHERE requester_id = %s AND move = 'cancel' ORDER BY 1"
)
ASKED: Final = "SELECT extract(epoch FROM created_at) FROM sam_ziprequest WHERE requester_id = %s ORDER BY 1"
READ: Final = (
    "SELECT extract(epoch FROM read_at) FROM sam_notificacion WHERE usuario_id = %s AND read_at IS NOT NULL ORDER BY 1"
)
UNREAD: Final = "SELECT count(*) FROM sam_notificacion WHERE usuario_id = %s AND read_at IS NULL"

Done = tuple[float, str]  # when it was clicked, and the fact that others are to see


def dom_row(installation: Installation, browsers: Browsers, verdicts: Verdicts, *, seconds: float) -> Row:
    """Commits of a part's progress, seen in the page of its requester, while the others are told of theirs."""
    watcher = installation.people["watcher"]
    context = browsers.context(watcher["key"])
    tab = browsers.tab(context)
    part = (watcher["id"], watcher["part"])
    tab.page.wait_for_timeout(LATER_MS)  # what a page does at first is over
    order = {**to_all(installation, seconds), "part": part, "part_rate": STEPS_A_SECOND}
    sockets = len(order["people"])
    listening = Listening(installation)
    sent = listening.tell("tell", **order)["steps"]
    tab.page.wait_for_timeout(LATER_MS)
    seen = tab.seen()
    context.close()
    taken = until_seen(sent, progress_in(seen, part[1]), error=tab.clock_error)
    name = f"commit → DOM, {thousands(sockets)} sockets"
    return {
        "otros sockets": thousands(sockets),
        **verdicts.times(name, taken, most_ms=DOM_P95_MS),
        "perdidas": verdicts.all_came(name, len(taken), len(sent)),
        **listening.cpu(),
        "error del reloj": f"± {1000 * tab.clock_error:.1f} ms",
    }


def progress_in(seen: Sequence[tuple[str, float]], part: int) -> list[tuple[int, float]]:
    """What the part's progress was, and since when."""
    mine = f"progress {part} "
    return [(int(fact.removeprefix(mine)), at) for fact, at in seen if fact.startswith(mine)]


def until_seen(sent: Sequence[tuple[int, float]], shown: Sequence[tuple[int, float]], *, error: float) -> list[float]:
    """For each commit how long it was until the page showed it, or one that came later: a slow reader skips some.

    The page's clock is known to its error: what was seen just before may have been seen after.
    """
    taken: list[float] = []
    for done, at in shown:
        since = len(taken)
        ahead = [done for done, committed in sent[since : since + MOST_SKIPPED] if committed <= at + 2 * error]
        if done in ahead:
            reached = sent[since : since + ahead.index(done) + 1]
            taken += [max(0.0, at - committed) for _, committed in reached]
    return taken


class Clicker:
    """A usuario of a small empresa, with two tabs in one browser and a third in another."""

    def __init__(self, installation: Installation, browsers: Browsers, verdicts: Verdicts) -> None:
        self._sam = installation.sam
        self._verdicts = verdicts
        self._person = installation.people["clicker"]
        self._contexts = [browsers.context(self._person["key"]) for _ in range(2)]
        self._browsers = browsers
        self.tab = browsers.tab(self._contexts[0])
        self._others: dict[str, Tab] = {}

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def clicks(self, times: int) -> list[Row]:
        """Click, wait for the end, and again: with a worker of its own."""
        worker = self._sam.start_worker()
        button, row, ready = [], [], {}
        finished_by = {}
        for _ in range(times):
            self.tab.until("button Solicitar ZIP")
            clicked = self.tab.click(BUTTON)
            part = self._newest_part(clicked)
            self.tab.until(f"part {part} Descargar")
            shown = self.tab.when("button Calculando...", since=clicked)
            listed = self.tab.when(f"part {part} Calculando...", since=clicked)
            button += [shown - clicked] if shown else []
            row += [listed - clicked] if listed else []
            ready[part] = self.tab.when(f"part {part} Descargar", since=clicked)
        finished_by = {part: float(str(at)) for part, at in self._sam.query(FINISHED, list(ready))}
        self._sam.stop(worker)
        done = [at - finished_by[part] for part, at in ready.items() if at is not None]
        return [
            self._row("clic → «Calculando...» en el botón", button, CLICK_P95_MS),
            self._row("clic → la parte en la lista, «Calculando...» (con la respuesta 201)", row, CLICK_P95_MS),
            self._row("el worker anota el final → «Descargar»", done, TABS_P95_MS),
        ]

    def in_step(self, times: int) -> list[Row]:
        """What is done in one tab, in the others: after `clicks`, which left parts to download and news to read."""
        self._others = {
            "otra pestaña": self._browsers.tab(self._contexts[0]),
            "otro navegador": self._browsers.tab(self._contexts[1]),
        }
        self.tab.page.bring_to_front()  # one behind is given a frame a second, and a click waits for frames
        rows = self._downloads(times) + self._cancels(times)
        # Reading is on a page of its own, and the last: this tab leaves the other.
        return rows + self._reads(times)

    def _downloads(self, times: int) -> list[Row]:
        parts = self.tab.page.eval_on_selector_all(
            "[data-testid=zip-part][data-downloadable]", "(all) => all.map((one) => one.dataset.partId)"
        )[:times]
        done: list[Done] = []
        for part in parts:
            with self.tab.page.expect_download() as started:
                clicked = self.tab.click(f"[data-part-id='{part}'] [data-testid=part-download]")
            started.value.path()
            done.append((clicked, f"downloaded {part}"))
            self._wait_for_all(f"downloaded {part}")
        return self._rows("Descargar → «ya descargada»", done, DOWNLOADED)

    def _reads(self, times: int) -> list[Row]:
        self.tab.page.goto(f"{self._sam.url}/notificaciones/")
        self.tab.watch()
        done: list[Done] = []
        ((unread,),) = self._sam.query(UNREAD, self._person["id"])
        for left in range(int(str(unread)) - 1, max(-1, int(str(unread)) - 1 - times), -1):
            clicked = self.tab.click("[data-unread] button >> nth=0")
            done.append((clicked, f"unread {left}"))
            self._wait_for_all(f"unread {left}")
        return self._rows("Marcar como leída → el contador", done, READ)

    def _cancels(self, times: int) -> list[Row]:
        asked: list[Done] = []
        cancelled: list[Done] = []
        for _ in range(times):
            self.tab.until("button Solicitar ZIP")
            clicked = self.tab.click(BUTTON)
            request = self._newest_request(clicked)
            asked.append((clicked, f"request {request} pending"))
            self._wait_for_all(f"request {request} pending")
            clicked = self.tab.click(f"[data-request-id='{request}'] [data-control=request-cancel] button")
            cancelled.append((clicked, f"request {request} cancelled"))
            self._wait_for_all(f"request {request} cancelled")
        return [
            *self._rows("Solicitar ZIP → la solicitud", asked, ASKED),
            *self._rows("Cancelar → «Cancelada»", cancelled, CANCELLED),
        ]

    def _newest_part(self, since: float) -> int:
        return self._newest("part", "Calculando...", since)

    def _newest_request(self, since: float) -> int:
        return self._newest("request", "pending", since)

    def _newest(self, kind: str, state: str, since: float) -> int:
        """The id in the first such fact since then; the page is asked until there is one."""
        while True:
            for fact, at in self.tab.seen():
                if at >= since and fact.startswith(kind) and fact.endswith(state):
                    return int(fact.split()[1])
            self.tab.page.wait_for_timeout(10)

    def _wait_for_all(self, fact: str) -> None:
        for tab in self._others.values():
            tab.until(fact)

    def _rows(self, name: str, done: Sequence[Done], written: str) -> list[Row]:
        """A row for each other tab, with how long the click took to be in the database."""
        moments = [float(str(at)) for (at,) in self._sam.query(written, self._person["id"])][-len(done) :]
        until_written = [at - clicked for (clicked, _), at in zip(done, moments, strict=True)]
        rows = []
        for where, tab in self._others.items():
            times = [at - clicked for clicked, fact in done if (at := tab.when(fact, since=clicked)) is not None]
            row = self._row(f"{name}, en {where}", times, TABS_P95_MS)
            rows.append({**row, "clic → base de datos, p50 ms": f"{1000 * quantile(until_written, 0.5):.1f}"})
        return rows

    def _row(self, name: str, seconds: Sequence[float], most_ms: float) -> Row:
        return {"": name, **self._verdicts.times(name, seconds, most_ms=most_ms)}
