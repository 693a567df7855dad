"""The people of a storm: each a thread that does at its times what its plan says, to what its tab shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.caos.browser import Browser, Reply
from tests.caos.ledger import Ledger
from tests.caos.plan import Act, ActKind
from tests.caos.shown import Json
from tests.caos.tabs import OpenTabs, Tab

RETRYABLE = frozenset({"failed", "cancelled", "expired"})
LIVE = frozenset({"pending", "processing"})


@dataclass
class Person:
    """One usuario with a browser and its tabs; `empresas` only for staff, who name one."""

    browser: Browser
    tabs: Sequence[Tab]
    acts: Sequence[Act]
    ledger: Ledger
    open_tabs: OpenTabs
    empresas: Sequence[int] = ()
    late_seconds: float = 0.0
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self, *, began: float, stop: threading.Event) -> None:
        self._thread = threading.Thread(target=self._live, args=(began, stop), name=self.browser.username, daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Whether the last act has ended by then."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _live(self, began: float, stop: threading.Event) -> None:
        for act in self.acts:
            if stop.wait(max(0.0, began + act.at - time.monotonic())):
                return
            self.late_seconds = max(self.late_seconds, time.monotonic() - began - act.at)
            try:
                self._do(act)
            except Exception as error:  # noqa: BLE001  # the harness failed, and that has to be seen
                self.ledger.break_promise(f"la persona {self.browser.username} falló: {error!r}")

    def _do(self, act: Act) -> None:
        deeds: dict[ActKind, Callable[[Act], None]] = {
            ActKind.REQUEST: self._request,
            ActKind.DOUBLE: self._double_click,
            ActKind.CANCEL: self._cancel,
            ActKind.RETRY: self._retry,
            ActKind.RETRY_PART: self._retry_part,
            ActKind.EXTEND: self._extend,
            ActKind.DOWNLOAD: self._download,
            ActKind.RELOAD: self._reload,
        }
        deeds[act.kind](act)

    # ── what is clicked ──

    def _request(self, act: Act) -> None:
        self._post(act, "/zip/solicitudes/", self._body(act))

    def _double_click(self, act: Act) -> None:
        other = 1 - act.web if act.pick < 0.5 else act.web
        webs = (act.web, other)
        replies = self.browser.call_twice("/zip/solicitudes/", webs=webs, body=self._body(act))
        made = [int(reply.data["id"]) for reply in replies if reply.status in (200, 201)]
        if len(made) == 2:
            self.ledger.pairs.append((self.browser.username, *sorted(made)))  # type: ignore[arg-type]  # two of them

    def _cancel(self, act: Act) -> None:
        """Cancels one that lives; where none does, asks for one and thinks again."""
        live = [one["id"] for one in self._requests() if one["state"] in LIVE]
        if not live:
            reply = self._post(act, "/zip/solicitudes/", self._body(act))
            live = [reply.data["id"]] if reply.status in (200, 201) else []
        if not live:
            return
        reply = self._post(act, f"/zip/solicitudes/{_picked(live, act)}/cancelar/")
        if reply.status == 200:
            states = [part["state"] for part in reply.data["parts"]]
            self.ledger.cancelled.append((self.browser.username, reply.data["id"], states))

    def _retry(self, act: Act) -> None:
        ended = [one["id"] for one in self._requests() if any(part["state"] in RETRYABLE for part in one["parts"])]
        if ended:
            self._post(act, f"/zip/solicitudes/{_picked(ended, act)}/reintentar/")

    def _retry_part(self, act: Act) -> None:
        if parts := [part["id"] for part in self._parts() if part["state"] in RETRYABLE]:
            self._post(act, f"/zip/partes/{_picked(parts, act)}/reintentar/")

    def _extend(self, act: Act) -> None:
        if parts := [part["id"] for part in self._parts() if part["state"] == "completed" and not part["extended"]]:
            self._post(act, f"/zip/partes/{_picked(parts, act)}/ampliar/")

    def _download(self, act: Act) -> None:
        parts = [part["id"] for part in self._parts() if part["state"] == "completed"]
        if not parts:
            return
        path = f"/zip/partes/{_picked(parts, act)}/descargar/"
        reply = self.browser.call(act.kind, "GET", path, web=act.web)
        taken = self.browser.take(reply.location) if reply.status == 302 else None
        if taken is not None:
            self.ledger.downloads.append(taken)

    def _reload(self, act: Act) -> None:
        self.open_tabs.reload(_picked(self.tabs, act))

    # ── what is seen ──

    def _requests(self) -> list[Json]:
        """What the first tab shows: like a person, it may be behind for a moment."""
        requests: list[Json] = self.tabs[0].shown()["requests"]
        return requests

    def _parts(self) -> list[Json]:
        return [part for request in self._requests() for part in request["parts"]]

    def _body(self, act: Act) -> Json:
        return {"empresa": _picked(self.empresas, act)} if self.empresas else {}

    def _post(self, act: Act, path: str, body: object = None) -> Reply:
        return self.browser.call(act.kind, "POST", path, web=act.web, body=body)


def _picked(things: Sequence[Any], act: Act) -> Any:
    return things[int(act.pick * len(things))]
