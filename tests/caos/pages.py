"""What open tabs know, kept by the page's own scripts in one process of Node: no second store that could differ."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ready import node
from ready.lifeline import die_with_parent
from tests.caos.shown import Json
from tests.running import ROOT

SCRIPTS = ROOT / "frontend" / "static" / "sam" / "js"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a frame did: its type, what the page wants to do about it, and the `seq` that it has now."""

    type: str
    need: str
    seq: int


class Pages:
    """The stores of all tabs, by number; any thread may ask. Made in the main thread: Node dies with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._node = subprocess.Popen(
            [node.find(), Path(__file__).with_name("page.mjs"), f"{SCRIPTS.as_uri()}/"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # a Ctrl-C at the terminal is ours alone
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    def load(self, tab: int, *, user: int) -> None:
        """The page is loaded: it knows nothing yet."""
        self._ask(tab=tab, user=user)

    def hear(self, tab: int, frame: str) -> Heard:
        """The page hears the text of one frame."""
        return Heard(**self._ask(tab=tab, frame=frame))

    def shown(self, tab: int) -> Json:
        """`seq`, `requests` that are wholly known with their parts, `notifications`."""
        return self._ask(tab=tab)

    def close(self) -> None:
        self._node.kill()
        self._node.communicate()

    def _ask(self, **question: object) -> Json:
        with self._lock:
            if self._node.stdin is None or self._node.stdout is None:  # never: PIPE above
                raise RuntimeError
            self._node.stdin.write(json.dumps(question).encode() + b"\n")
            self._node.stdin.flush()
            answer: dict[str, Any] = json.loads(self._node.stdout.readline())
            return answer
