"""`manage.py web`: one web process, pages and sockets, until SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sam.dispatch import settle

# daphne's and twisted's levels for --verbosity: twisted warns of every client that breaks off.
LEVELS: Final = {
    0: (logging.ERROR, logging.CRITICAL),
    1: (logging.WARNING, logging.ERROR),
    2: (logging.INFO, logging.WARNING),
    3: (logging.DEBUG, logging.DEBUG),
}


class Command(BaseCommand):
    help = "Atiende páginas y conexiones en vivo hasta recibir SIGTERM; entonces termina lo que está en curso."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="0.0.0.0", help="dirección (0.0.0.0)")  # noqa: S104  # a container
        parser.add_argument("--port", type=int, default=settings.SAM.port, help="puerto (PORT, 8000)")

    def handle(self, *, bind: str, port: int, verbosity: int, **_: Any) -> None:
        from realtime.asgi import application, live
        from realtime.server import DrainingServer, drain_seconds

        for name, level in zip(("daphne", "twisted"), LEVELS[verbosity], strict=True):
            logging.getLogger(name).setLevel(level)

        async def end() -> None:
            await live.close()
            await asyncio.to_thread(settle, 1.0)

        server = DrainingServer(
            application,
            bind=bind,
            port=port,
            drain_seconds=drain_seconds(settings.SAM.grace_seconds),
            on_end=end,
        )
        # A full collection stops every socket, for half a second with 5,000 of them: what was loaded is never garbage,
        # and the rest is looked through less often (publish to frame, p95: 377 ms before, 22 ms after).
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 10, 4)
        server.run()
        if server.failure is not None:
            raise CommandError(f"No se puede escuchar en {bind}:{port}: {server.failure}")
        # All that was promised is done. A thread that still waits, for a database that hangs or for the event loop
        # that has ended, would be waited for at the interpreter's end, and never come back.
        logging.shutdown()
        os._exit(0)
