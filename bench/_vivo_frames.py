"""What the sockets of one web process are told and how fast, what they cost it, and how fast they come back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from bench._vivo_companion import Command
from bench._vivo_figures import Row, Verdicts, thousands
from bench._vivo_installation import Installation, Memory

RATE = 40.0  # commits a second, each of another usuario
LATEST_SECONDS = 5.0  # what has not come by then, after the last commit, was lost: the sweep would repair it
IDLE_SECONDS = 2.0
SETTLE_SECONDS = 1.0
STORM = 1000
PROTOTYPE_STORM = 240
FRAME_P95_MS = 50.0
MEMORY_MB = 300.0
MEMORY_AT = 5000


@dataclass
class Heard:
    """What the crowd heard, put together from many answers."""

    notes: dict[int, float] = field(default_factory=dict)
    snapshots: list[tuple[int, float]] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    cpu: float = 0.0

    def add(self, answer: Any) -> None:
        self.notes |= dict(answer["notes"])
        self.snapshots += answer["snapshots"]
        for code, count in answer["codes"].items():
            self.codes[code] = self.codes.get(code, 0) + count
        self.cpu = answer["cpu"]


class Listening:
    """The crowd heard while the teller tells, and what it cost the web process and the crowd."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self.heard = Heard()
        self._begin()

    def tell(self, do: str, **details: Any) -> Any:
        """Have the teller do it, to its end."""
        self._installation.teller.begin(do, **details)
        return self.told()

    def told(self) -> Any:
        """Wait for the end of what the teller was given to do."""
        answer = self._installation.teller.answer()
        self._end()
        return answer

    def until(self, missing: Any) -> None:
        """Hear on until nothing is missing, or what is was lost."""
        deadline = time.monotonic() + LATEST_SECONDS
        while missing(self.heard) and time.monotonic() < deadline:
            time.sleep(0.2)
            self.heard.add(self._installation.crowd.ask("heard"))

    def cpu(self) -> Row:
        return {
            "CPU web": f"{100 * self.web_cpu / self.seconds:.0f} %",
            "CPU clientes": f"{100 * self.crowd_cpu / self.seconds:.0f} %",
        }

    def _begin(self) -> None:
        before = Heard()
        before.add(self._installation.crowd.ask("heard"))
        self._crowd_before, self._web_before = before.cpu, self._installation.cpu()
        self._began = time.monotonic()

    def _end(self) -> None:
        self.heard.add(self._installation.crowd.ask("heard"))
        self.seconds = time.monotonic() - self._began
        self.web_cpu = self._installation.cpu() - self._web_before
        self.crowd_cpu = self.heard.cpu - self._crowd_before


def own_groups(installation: Installation, verdicts: Verdicts, *, seconds: float) -> Row:
    """Commits of notifications, each to a usuario's own group, in turn."""
    order = to_all(installation, seconds)
    sockets = len(order["people"])
    listening = Listening(installation)
    sent = dict(listening.tell("tell", **order)["notes"])
    listening.until(lambda heard: not sent.keys() <= heard.notes.keys())
    name = f"commit → trama, {thousands(sockets)} sockets"
    taken = [listening.heard.notes[note] - at for note, at in sent.items() if note in listening.heard.notes]
    return {
        "sockets": thousands(sockets),
        **verdicts.times(name, taken, most_ms=FRAME_P95_MS if sockets <= STORM else None),
        "perdidas": verdicts.all_came(name, len(taken), len(sent)),
        **listening.cpu(),
    }


def to_all(installation: Installation, seconds: float) -> Command:
    """The teller's order: commits for the usuarios of all sockets, in turn."""
    people = list(installation.present().values())
    return {"people": people, "rate": RATE, "seconds": seconds, "part": None, "part_rate": 0}


def memory_row(installation: Installation, verdicts: Verdicts, *, base: Memory | None) -> Row:
    """What the web process holds while its sockets do nothing, against what it held without one."""
    sockets = len(installation.present())
    time.sleep(SETTLE_SECONDS)
    cpu, began = installation.cpu(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    share = (installation.cpu() - cpu) / (time.monotonic() - began)
    now = installation.memory()
    grown = now.pss - base.pss if base else 0.0
    name = f"memoria con {thousands(sockets)} sockets"
    return {
        "sockets quietos": thousands(sockets),
        "PSS MB": f"{now.pss:.0f}",
        "RSS MB": f"{now.rss:.0f}",
        "por los sockets MB": f"{grown:.0f}" if base else "-",
        "KB por socket": f"{1000 * grown / sockets:.0f}" if base else "-",
        "CPU web": f"{100 * share:.0f} %",
        "meta del PSS": verdicts.of(name, now.pss, MEMORY_MB if sockets == MEMORY_AT else None, "MB"),
    }


def storm_row(installation: Installation, verdicts: Verdicts, *, sockets: int) -> Row:
    """All at once after a restart of the web process: worse than any page, which waits 0.1 to 3 s by chance."""
    installation.crowd.ask("heard")
    stopping = installation.restart_web()
    codes = installation.crowd.ask("heard")["codes"]
    cpu = installation.cpu()
    made = installation.connect(sockets, at_once=sockets)
    name = f"tormenta de {thousands(sockets)}"
    cells = verdicts.times(name, made.each)
    verdicts.all_came(name, *made.came)
    return {
        "cerrados por el reinicio": ", ".join(f"{thousands(count)} con {code}" for code, count in codes.items()),
        "en s": f"{stopping:.1f}",
        "vuelven a la vez": thousands(sockets),
        "todos con su instantánea en s": f"{made.seconds:.1f}",
        "conexiones/s": f"{len(made.each) / max(made.seconds, 0.001):.0f}",
        "p50 ms": cells["p50 ms"],
        "p95 ms": cells["p95 ms"],
        "reintentos": made.again,
        "CPU web ms/conexión": f"{1000 * (installation.cpu() - cpu) / max(1, len(made.each)):.1f}",
        "meta": f"sin meta; el prototipo hacía {PROTOTYPE_STORM}/s",
    }
