"""`manage.py crear_demo`: the demo empresas, their usuarios, and demo.json."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from sam.management.demo import ensure_demo


class Command(BaseCommand):
    help = "Carga las empresas de demostración y sus usuarios; lo que ya está no se repite."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="", help="la dirección que se escribe en demo.json")

    def handle(self, *args: Any, **options: Any) -> None:
        sam = settings.SAM
        url = options["url"] or f"http://localhost:{sam.port}/"
        ensure_demo(data_dir=sam.data_dir, url=url, password=sam.demo_password, say=self.stdout.write)
