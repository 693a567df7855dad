"""`manage.py worker`: one worker process."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from zipworker.worker import run_worker


class Command(BaseCommand):
    help = "Atiende la cola: arma las partes de los ZIP hasta que se le pida parar (SIGTERM)."

    def handle(self, *args: Any, **options: Any) -> None:
        status = run_worker()
        if status:
            sys.exit(status)
