"""On SQLite, which admits one writer, a large import and a part that is being built do not get in each other's way."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.failures.bare_data import USUARIO
from tests.running import ROOT, Sam, Visitor, new_sam, wait_for
from tests.services.children import start
from tests.services.redis_server import RedisServer

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

EQUIPOS = 10_000
IMPORT_SECONDS = 180
# Of the 30 s that a lease on SQLite has, this is left at the least, however busy the writer is.
LEAST_OF_A_LEASE_SECONDS = 5.0


@pytest.fixture
def sam(tmp_path: Path, redis_server: RedisServer) -> Iterator[Sam]:
    """An installation on the database that bin/dev has, with the least that can be zipped."""
    data = tmp_path / "sam" / "datos"
    data.mkdir(parents=True)
    url = f"sqlite:///{data / 'sam.sqlite3'}"
    made = new_sam(folder=data.parent, database_url=url, redis_url=redis_server.url)
    made.manage("shell", "-v", "0", "-c", "from tests.failures.bare_data import load; load()")
    yield made
    made.close()


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """Ten thousand equipos with their histories, and one documento that many of them share."""
    folder = tmp_path / "volcado"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "manual.pdf").write_bytes(b"%PDF manual" * 1000)
    data = {
        "formato": "sam-dump/1",
        "empresa": {"nombre": "Metrología Enorme", "nit": "900.10000"},
        "equipos": [equipo(number) for number in range(1, EQUIPOS + 1)],
    }
    (folder / "data.json").write_text(json.dumps(data))
    return folder


def equipo(number: int) -> dict[str, Any]:
    return {
        "codigo_interno": f"EQ-{number:05}",
        "nombre": f"Balanza {number}",
        "documentos": {"manual": "files/manual.pdf"},
        "calibraciones": [
            {"fecha": f"20{year}-03-15", "numero_certificado": f"C-{number}-{year}"} for year in (24, 25, 26)
        ],
        "mantenimientos": [{"fecha": "2026-02-01", "tipo": "Preventivo", "descripcion": "Limpieza"}],
        "comprobaciones": [{"fecha": "2026-04-01", "resultado": "Conforme"}],
    }


def rows(sam: Sam, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(Path(sam.environment["SAM_DATA_DIR"]) / "sam.sqlite3", timeout=30)) as database:
        return database.execute(sql).fetchall()


def leases(sam: Sam) -> list[float]:
    """The seconds that are left of each lease."""
    found = rows(sam, "SELECT lease_until FROM sam_zippart WHERE state = 'processing'")
    now = datetime.now(UTC)
    return [(datetime.fromisoformat(until).replace(tzinfo=UTC) - now).total_seconds() for (until,) in found]


def test_10_000_equipos_are_imported_while_a_part_is_built_and_no_heartbeat_is_lost(sam: Sam, dump: Path) -> None:
    sam.start_web()
    worker = sam.start_worker(builder="slow:1.5", part=1)
    visitor = Visitor(sam, USUARIO)
    assert visitor.post("/zip/solicitudes/")[0] == 201
    wait_for(lambda: len(leases(sam)) == 2, seconds=20, what="both parts are being built")

    log = sam.folder / "importar.log"
    importing = start(
        [sys.executable, str(ROOT / "manage.py"), "importar_dump", str(dump)], log=log, env=sam.environment
    )
    sam.processes.append(importing)
    left = during(importing, sam)
    assert importing.returncode == 0, log.read_text()
    assert len(leases(sam)) > 0, "part 1 was being built from the import's beginning to its end"
    assert json.loads(log.read_text().splitlines()[-1])["equipos"] == EQUIPOS
    assert min(left) > LEAST_OF_A_LEASE_SECONDS

    wait_for(lambda: rows(sam, "SELECT 1 FROM sam_ziprequest WHERE state = 'completed'"), seconds=90, what="completed")
    moves = rows(
        sam, "SELECT number, move, t.attempt FROM sam_transition t JOIN sam_zippart p ON p.id = part_id ORDER BY t.id"
    )
    assert sorted(moves) == [(1, "claim", 1), (1, "finish", 1), (2, "claim", 1), (2, "finish", 1)]
    assert rows(
        sam, "SELECT count(*) FROM sam_equipo e JOIN sam_empresa m ON m.id = empresa_id WHERE nit = '900.10000'"
    ) == [(EQUIPOS,)]
    assert rows(sam, "SELECT count(*) FROM sam_calibracion") == [(3 * EQUIPOS,)]
    assert worker.poll() is None


def during(importing: subprocess.Popen[bytes], sam: Sam) -> list[float]:
    """What was left of the leases, again and again until the import has ended."""
    left: list[float] = []
    end = time.monotonic() + IMPORT_SECONDS
    while importing.poll() is None:
        assert time.monotonic() < end, "the import does not end"
        left += leases(sam)
        time.sleep(0.1)
    return left
