"""`manage.py limpiar_almacen`: the workers' clean-up, once and now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sam.selectors.cola import live_workers
from sam.services.cuidado import ORPHAN_SECONDS
from sam.storage import get_storage
from zipworker.cleaning import CleanUp

HOUR_SECONDS = 3600


class Command(BaseCommand):
    help = "Quita ya del almacén lo que ninguna fila nombra. Los workers lo hacen solos cada hora."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--horas",
            type=float,
            default=ORPHAN_SECONDS / HOUR_SECONDS,
            help="solo lo que tiene más horas; con menos de 20 no puede haber ningún worker vivo",
        )

    def handle(self, *, horas: float, **_: Any) -> None:
        seconds = horas * HOUR_SECONDS
        # What a live builder has stored and not yet pointed to is as young as this, and looks like an orphan.
        if seconds < ORPHAN_SECONDS and live_workers().exists():
            raise CommandError("Hay workers vivos: párelos antes, o limpie solo lo que tiene 20 horas o más.")
        removed = CleanUp(get_storage(), older_than_seconds=seconds, by_hand=True).run()
        self.stdout.write(f"{removed} objetos quitados")
