"""`manage.py preparar_dev`: everything that `bin/dev` needs before it starts processes, in one of them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sam.management.demo import ensure_demo


class Command(BaseCommand):
    help = "Migra la base de datos, recoge los archivos estáticos y carga la demostración, si hace falta."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="", help="la dirección que se escribe en demo.json")

    def handle(self, *args: Any, **options: Any) -> None:
        sam = settings.SAM
        sam.data_dir.mkdir(parents=True, exist_ok=True)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0)
        self._collect_static()
        url = options["url"] or f"http://localhost:{sam.port}/"
        ensure_demo(data_dir=sam.data_dir, url=url, password=sam.demo_password, say=self.stdout.write)

    def _collect_static(self) -> None:
        """Collect only when a source changed: hashing 200 files takes longer than all the rest."""
        stamp = Path(settings.STATIC_ROOT) / "sources.sha256"
        now = _sources()
        if stamp.is_file() and stamp.read_text() == now:
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(now)


def _sources() -> str:
    digest = hashlib.sha256(django.__version__.encode())
    for folder in settings.STATICFILES_DIRS:
        for file in sorted(Path(folder).rglob("*")):
            if file.is_file():
                digest.update(f"{file}{file.stat().st_mtime_ns}".encode())
    return digest.hexdigest()
