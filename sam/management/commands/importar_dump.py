"""`manage.py importar_dump DIR`: load an empresa from the dump format `sam-dump/1`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sam.errors import DumpError, StorageError
from sam.management.loading import load_dump


class Command(BaseCommand):
    help = "Carga una empresa desde una carpeta con el formato sam-dump/1. Con el mismo volcado, nada dos veces."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", type=Path, help="carpeta con data.json y files/")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            imported, dump = load_dump(options["dir"])
        except (DumpError, StorageError) as error:
            raise CommandError(error.message) from error
        for warning in dump.warnings:
            self.stderr.write(f"Aviso: {warning}")
        self.stdout.write(json.dumps(asdict(imported)))
