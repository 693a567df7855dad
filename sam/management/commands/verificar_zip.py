"""`manage.py verificar_zip FILE`: an archive against its manifest; exit status 0 only when it is whole."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from sam.selectors.archivos import issued_at
from sam.verifying.manifest import Manifest
from sam.verifying.outcome import CheckedFile, FileState
from sam.verifying.source import FileSource
from sam.verifying.verify import verify
from sam.verifying.words import PROBLEMS, REASONS, STATES, counts, printable, verdict
from sam.words import counted, moment

EVERY_FILE = 2  # the verbosity at which intact files are named too
NOT_WHOLE_STATUS = 1


class Command(BaseCommand):
    help = "Comprueba un ZIP de SAM contra su manifiesto: cada archivo íntegro, alterado, faltante o sobrante."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="el ZIP de una parte, tal como se descargó")

    def handle(self, *args: Any, **options: Any) -> None:
        names_all = options["verbosity"] >= EVERY_FILE
        try:
            with FileSource(options["file"]) as source:
                report = verify(source, on_file=lambda file: self._say_file(file, names_all=names_all))
        except OSError as error:
            raise CommandError(f"No se puede leer {options['file']}: {error.strerror}") from error
        for problem in report.problems:
            self.stdout.write(PROBLEMS[problem])
        issued = False
        if report.manifest:
            self.stdout.write(f"Archivos: {counts(report)}")
            self._say_package(report.manifest)
            issued = self._say_issue(report.manifest)
        self.stdout.write(f"Veredicto: {verdict(report, issued=issued)}")
        if not report.is_whole:
            sys.exit(NOT_WHOLE_STATUS)

    def _say_file(self, file: CheckedFile, *, names_all: bool) -> None:
        if file.state is FileState.INTACT and not names_all:
            return
        why = f": {REASONS[file.reason]}" if file.reason else ""
        self.stdout.write(f"{STATES[file.state].upper():<8}  {printable(file.path)}{why}")

    def _say_package(self, manifest: Manifest) -> None:
        part = f"solicitud {manifest.request}, parte {manifest.number} de {manifest.of}"
        self.stdout.write(printable(f"Paquete: {manifest.empresa}, {part}, datos al {manifest.instant}"))
        if manifest.missing:
            missing = counted(manifest.missing, "documento faltante", "documentos faltantes")
            self.stdout.write(f"Se emitió con {missing}, que el propio paquete declara en FALTANTES.")
        self.stdout.write(f"SHA-256 del manifiesto: {manifest.sha256}")

    def _say_issue(self, manifest: Manifest) -> bool:
        """Whether this installation issued the manifest; a database that is away is no reason to fail."""
        try:
            when = issued_at(manifest.sha256)
            unknown = "esta instalación de SAM no conoce ese manifiesto"
        except DatabaseError:
            when, unknown = None, "la base de datos no responde"
        known = when and f"emitido por SAM el {moment(when.isoformat())} (hora de Colombia)"
        self.stdout.write(f"Emisión: {known or f'no comprobada; {unknown}'}")
        return when is not None
