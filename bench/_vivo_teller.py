"""A process that commits news through the product's own `announce`, each stamped at its commit."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle

from django.db import connection, transaction
from django.db.models import F

from bench._vivo_companion import obey
from bench._vivo_people import EQUIPOS
from sam.dispatch import settle
from sam.models import Notificacion, ZipPart
from sam.models.entrega import NotificacionKind
from sam.services.entrega import announce

TEXT = "El ZIP de Metrología del Banco está listo para descargar."

Sent = list[tuple[int, float]]  # what, and time.time() of the commit
Watched = tuple[int, int]  # usuario, part


def serve() -> None:
    """Obey until there is nobody left to say anything; started by `manage.py shell -c`."""
    for line in sys.stdin.buffer:
        print(json.dumps(obey(line, {"tell": tell})), flush=True)


def tell(*, people: list[int], rate: float, seconds: float, part: Watched | None, part_rate: float) -> dict[str, Sent]:
    """So many commits a second, each of another usuario's notification; and of the part's progress, if one is given."""
    notes: Sent = []
    steps: Sent = []
    who = cycle(people)
    due: list[tuple[float, Callable[[], None]]] = []
    if people:
        due += [(number / rate, lambda: _note(next(who), notes)) for number in range(int(rate * seconds))]
    if part is not None:
        due += [
            ((number + 0.5) / part_rate, partial(_step, part, number, steps))
            for number in range(int(part_rate * seconds))
        ]
    began = time.monotonic()
    for at, commit in sorted(due, key=lambda one: one[0]):
        time.sleep(max(0.0, began + at - time.monotonic()))
        commit()
    settle(5)
    connection.close()
    return {"notes": notes, "steps": steps}


def _note(usuario_id: int, sent: Sent) -> None:
    with transaction.atomic(durable=True):
        note = Notificacion.objects.create(usuario_id=usuario_id, kind=NotificacionKind.READY, text=TEXT)
        transaction.on_commit(partial(_stamp, sent, note.pk))  # before the product's own, which publishes
        announce(usuario_id, notificacion=note)


def _step(part: Watched, number: int, sent: Sent) -> None:
    """The next equipo of the part; after its last the next attempt."""
    usuario_id, part_id = part
    done = 1 + number % (EQUIPOS - 1)
    with transaction.atomic(durable=True):
        again = {"attempt": F("attempt") + 1} if done == 1 else {}
        ZipPart.objects.filter(pk=part_id).update(done=done, version=F("version") + 1, **again)
        transaction.on_commit(partial(_stamp, sent, done))
        announce(usuario_id, part_ids=[part_id])


def _stamp(sent: Sent, what: int) -> None:
    sent.append((what, time.time()))
