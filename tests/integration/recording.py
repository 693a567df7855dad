"""Plays a scene on the database with the real services, and gives its vector: before, the frames, after.

The frames are those that one open tab gets: what was published goes through `realtime.session`, and the positions of
what waits come from a look of the web process, which looks once a second. Nothing in a vector depends on the run: the
rows' ids start where `FIRST_IDS` says, and times are told by their order and their hours.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast
from uuid import UUID

import pytest
from django.db import connection, models
from django.utils import timezone

from realtime.protocol import ServerFrame, encode
from realtime.questions import Questions
from realtime.registry import LiveSockets
from realtime.session import Session
from realtime.snapshots import snapshot_frame
from sam.events import OutlookFrame, user_group
from sam.models import Empresa, Epoch, Notificacion, Usuario, ZipPart, ZipRequest
from sam.selectors import panorama
from sam.selectors.entrega import snapshot
from sam.selectors.panorama import Outlook, outlooks_by_requester
from sam.services import entrega

VECTORS: Final = Path(__file__).parent.parent / "vectors" / "entrega.json"
# Far from each other, so that no id of one kind is taken for one of another.
FIRST_IDS: Final[Mapping[type[models.Model], int]] = {
    Usuario: 3, Empresa: 20, ZipRequest: 100, Notificacion: 500, ZipPart: 1000,
}  # fmt: skip
EPOCH: Final = UUID("0199b000-0000-7000-8000-000000000001")
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^ ]*")
LINE_LENGTH: Final = 1000  # a part in one line

Json = dict[str, Any]
# Whatever comes before the `yield` was so before; it gives whose tab it is, and what comes after it is recorded.
Scene = Callable[[], Iterator[Usuario]]


@dataclass
class Recording:
    """One tab of one usuario, from now on."""

    user_id: int
    published: list[tuple[str, Any]]
    session: Session = field(default_factory=lambda: Session(is_staff=False, now=0.0))
    frames: list[ServerFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._foresight = Foresight(self.user_id)
        self._foresight.look()
        self.before = snapshot(self.user_id)
        self.session.need_snapshot()
        self.session.on_snapshot(self.before)
        self.published.clear()

    def end(self) -> Json:
        """The vector's frames and snapshots."""
        after = snapshot(self.user_id)
        for group, message in self.published:
            if group != user_group(self.user_id):
                continue
            if message["type"] == "sam.resync":
                self.session.need_snapshot()
                self.frames += self.session.on_snapshot(after).send
            elif message["type"] == "sam.frames":
                step = self.session.on_frames(message["frames"])
                assert not step.snapshot, "a gap in what the services published"
                self.frames += step.send
        self.frames += self.session.on_frames(self._foresight.look()).send
        recorded = {
            "before": snapshot_frame(self.before),
            "frames": self.frames,
            "after": snapshot_frame(after),
        }
        return cast(Json, json.loads(encode(recorded)))  # type: ignore[arg-type]  # frames in a dict


class Foresight:
    """What a web process tells this usuario of their live parts when it looks; in its place of a socket of theirs."""

    wants_outlook = False

    def __init__(self, user_id: int) -> None:
        self._shown: list[OutlookFrame] = []
        self._live = LiveSockets(questions=cast(Questions, self))
        self._live._of_user[user_id].add(self)  # type: ignore[arg-type]  # it only calls `show`

    def look(self) -> list[OutlookFrame]:
        self._shown = []
        try:
            self._live.foresee().send(None)  # it waits for nothing but `outlooks`, so it runs through
        except StopIteration:
            return self._shown
        raise AssertionError("foresee waits for something else")

    async def outlooks(self, user_ids: Collection[int]) -> Mapping[int, Mapping[int, Outlook]]:
        return outlooks_by_requester(user_ids)

    def show(self, frames: list[OutlookFrame]) -> None:
        self._shown += frames


class Stage:
    """An empty database with known ids, what is published from it, and which services announce."""

    def __init__(self, published: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
        self._published = published
        self.announcing: set[str] = set()
        bump = entrega._bump

        def watched(usuario_id: int, *, by: int) -> int:
            self.announcing.update(_callers(sys._getframe(1)))
            return bump(usuario_id, by=by)

        monkeypatch.setattr(entrega, "_bump", watched)
        monkeypatch.setattr(panorama, "PICTURE_SECONDS", 0.0)  # what a page shows is then as new as what a tab is told
        # An estimate comes from how fast this machine was a moment ago: here each is the same pair of hours.
        soon = timezone.now() + timedelta(hours=4)
        monkeypatch.setattr(panorama.Picture, "_eta", lambda _self, _part: (soon, soon + timedelta(hours=1)))

    def play(self, scene: Scene) -> Json:
        """The scene's vector; `announcing` then has the functions that announced meanwhile."""
        self._set()
        acts = scene()
        recording = Recording(next(acts).pk, self._published)
        self.announcing.clear()
        assert next(acts, None) is None, "a scene has one `yield`"
        return _timeless(recording.end())

    def _set(self) -> None:
        Epoch.objects.update(value=EPOCH)
        with connection.cursor() as cursor:
            for model, first in FIRST_IDS.items():
                table = model._meta.db_table
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [table, first])


def _callers(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield f"{frame.f_globals['__name__']}.{frame.f_code.co_name}"
        frame = frame.f_back


def _timeless(recorded: Json) -> Json:
    """The same with each time told by its order: the n-th is n seconds past noon, and hours from now are kept."""
    now = timezone.now()
    text = json.dumps(recorded)
    moments = sorted({datetime.fromisoformat(found) for found in _moments(recorded)})
    told = {
        moment: NOON + timedelta(hours=round((moment - now) / timedelta(hours=1)), seconds=order)
        for order, moment in enumerate(moments, start=1)
    }

    def tell(found: re.Match[str]) -> str:
        return f'"{told[datetime.fromisoformat(found[1])].isoformat()}"'

    return cast(Json, json.loads(re.sub(rf'"({MOMENT.pattern})"', tell, text)))


def _moments(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _moments(one)
    elif isinstance(value, str) and MOMENT.fullmatch(value):
        yield value


def laid_out(value: Any, *, indent: str = "") -> str:
    """JSON that a person can read and a diff can show: what fits in a line is one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= LINE_LENGTH or not isinstance(value, dict | list):
        return line
    inner = indent + " "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {laid_out(one, indent=inner)}" for key, one in value.items()]
        return "{" + f"\n{inner}" + f",\n{inner}".join(items) + "}"
    return "[" + f"\n{inner}" + f",\n{inner}".join(laid_out(one, indent=inner) for one in value) + "]"


def recorded_vectors() -> dict[str, Json]:
    """The vectors of the file, by name."""
    vectors: list[Json] = json.loads(VECTORS.read_text(encoding="utf-8")) if VECTORS.exists() else []
    return {vector["name"]: vector for vector in vectors}


def write_vectors(vectors: Collection[Json]) -> None:
    VECTORS.write_text(laid_out(list(vectors)) + "\n", encoding="utf-8")
