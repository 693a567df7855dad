"""`manage.py salud [web|worker]`: the health check of a container; exit status 0 or 1 and one line that says why."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from sam.selectors.metricas import beat_ages
from sam.views.checks import Check

PATIENCE_SECONDS: Final = 4.0
# Twelve beats: a worker that is held up for a while, by a machine or a database that is busy, is no dead one.
FRESH_SECONDS: Final = 30
NAMES: Final = {"database": "la base de datos", "redis": "Redis", "storage": "el almacén"}


class Command(BaseCommand):
    help = "Dice si el proceso web o el worker de esta máquina está bien: estado de salida 0 o 1, y por qué."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("process", nargs="?", choices=("web", "worker"), default="web", help="cuál (web)")
        parser.add_argument("--port", type=int, default=settings.SAM.port, help="puerto del web (PORT, 8000)")

    def handle(self, *, process: str, port: int, **_: Any) -> None:
        well, words = check_web(port) if process == "web" else check_worker()
        self.stdout.write(words)
        self.stdout.flush()
        if not well:
            sys.exit(1)


def check_web(port: int) -> tuple[bool, str]:
    """What the web process of this machine says of itself at /readyz, asked directly."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        status, body = response.status, response.read()
    except TimeoutError:
        return False, f"mal: el web no contesta en {PATIENCE_SECONDS:g} s"
    except (OSError, http.client.HTTPException):
        return False, f"mal: nadie atiende el puerto {port}"
    finally:
        connection.close()
    return status == http.HTTPStatus.OK, _words(status, body)


def _words(status: int, body: bytes) -> str:
    try:
        said = json.loads(body)
        away = [*said.get("unavailable", ()), *said.get("degraded", ())]
    except (ValueError, AttributeError):
        return f"mal: el web contesta {status}"
    if not away:
        return "bien" if status == http.HTTPStatus.OK else f"mal: el web contesta {status}"
    verdict = "bien, sin" if status == http.HTTPStatus.OK else "mal: no responde"
    return f"{verdict} {' y '.join(NAMES.get(name, name) for name in away)}"


def check_worker() -> tuple[bool, str]:
    """The heartbeat of a worker of this machine; a database that is away condemns none: restarting would not help."""
    ages = Check(lambda: beat_ages(socket.gethostname()), remember=0, patience=PATIENCE_SECONDS).answer()
    if ages is None:
        return True, "no se sabe: la base de datos no responde"
    if not ages:
        return False, "mal: ningún worker de esta máquina ha dado señales"
    if ages[0] > FRESH_SECONDS:
        return False, f"mal: el último latido de esta máquina fue hace {ages[0]:.0f} s"
    return True, "bien"
