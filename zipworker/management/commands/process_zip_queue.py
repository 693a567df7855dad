"""`manage.py process_zip_queue`: the name that operators know; starts the worker."""

from __future__ import annotations

from django.core.management.base import CommandParser

from zipworker.management.commands.worker import Command as WorkerCommand


class Command(WorkerCommand):
    help = "El nombre de siempre para `worker`. Las opciones se aceptan; ya no hacen falta."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check-interval", type=int, default=1, help="se acepta; la cola ya no se sondea")
        parser.add_argument("--cleanup-old", action="store_true", help="se acepta; la limpieza es permanente")
