"""What a part costs: hoja de vida, workbook, index, and documentos per second against `zip -0` and `cp`."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import resource
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from bench._tables import table
from sam.planning.fichas import EquipoFicha
from sam.planning.plan import PartPlan, PlannedEquipo, StoredDocument
from sam.storage.files import FileStorage
from zipworker.hoja_de_vida import hoja_de_vida
from zipworker.indice import indice_html
from zipworker.package.documents import open_document
from zipworker.package.entries import equipo_entries
from zipworker.package.manifest import Counts, ListedFile
from zipworker.stream import Member, zip_stream
from zipworker.workbook import build_workbook

HOJAS = 1000
RUNS = 5
MEGABYTE = 1_000_000
DOCUMENT_BYTES = 300 * MEGABYTE


def main() -> None:
    """Load the demo into a folder of its own and measure; about two minutes on two cores."""
    if sys.argv[1:2] == ["libro"]:
        return measure_workbook(Path(sys.argv[2]), int(sys.argv[3]))
    logging.disable()  # there is no Redis to ring at
    with tempfile.TemporaryDirectory(prefix="sam-bench-") as name:
        folder = Path(name)
        os.environ.update(
            DJANGO_SETTINGS_MODULE="sam.settings",
            SECRET_KEY=secrets.token_hex(32),
            SAM_DATA_DIR=name,
            DATABASE_URL=f"sqlite:///{folder}/bench.sqlite3",
            REDIS_URL="redis://127.0.0.1:1/0",
        )
        plan = demo_plan()
        (folder / "plan").write_bytes(pickle.dumps(plan))
        print(table("Hoja de vida, cada una de otro equipo", hojas(plan)))
        print(
            table("Informe_Consolidado.xlsx, en un proceso propio", [workbook(folder, n) for n in (69, 1000, 10_000)])
        )
        print(table("INDICE de una parte", [index(plan)]))
        print(table(f"Solo documentos, {DOCUMENT_BYTES // MEGABYTE} MB", throughput(folder)))


def demo_plan() -> PartPlan:
    """The plan of the demo's first part, as a worker would get it."""
    import django

    django.setup()
    from django.core.management import call_command

    from sam.models import Usuario, ZipPart
    from sam.selectors.planes import load_plan
    from sam.services.solicitudes import request_zip

    call_command("migrate", verbosity=0)
    call_command("crear_demo", stdout=open(os.devnull, "w"))  # noqa: SIM115
    request_id, _ = request_zip(actor=Usuario.objects.get(username="certiboy"))
    return load_plan(ZipPart.objects.get(request=request_id, number=1).pk)


def many(plan: PartPlan, count: int) -> Iterator[PlannedEquipo]:
    """So many different equipos, from those of the plan."""
    for number in range(count):
        equipo = plan.equipos[number % len(plan.equipos)]
        codigo = f"EQ-{number + 1:05}"
        ficha = cast("EquipoFicha", {**equipo.ficha, "codigo_interno": codigo, "id": number + 1})
        yield replace(equipo, ordinal=number + 1, part=number // 35 + 1, codigo=codigo, folder=codigo, ficha=ficha)


def hojas(plan: PartPlan) -> list[dict[str, object]]:
    compiler = hoja_de_vida()
    times, memory = [], []
    for number, equipo in enumerate(many(plan, HOJAS)):
        start = time.process_time()
        compiler.render(plan, equipo, logo=None, imagen=None)
        times.append(1000 * (time.process_time() - start))
        if number in {HOJAS // 10, HOJAS - 1}:
            memory.append(resident_megabytes())
    return [
        {
            "hojas": HOJAS,
            "CPU media ms": round(statistics.mean(times), 1),
            "mediana": round(statistics.median(times), 1),
            "p95": round(statistics.quantiles(times, n=20)[-1], 1),
            "MB tras 10 %": memory[0],
            "MB al final": memory[1],
        }
    ]


def workbook(folder: Path, equipos: int) -> dict[str, object]:
    command = [sys.executable, "-m", "bench.paquete", "libro", str(folder / "plan"), str(equipos)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    seconds, megabytes, size = done.stdout.split()[-3:]
    return {"equipos": equipos, "s": seconds, "MB pico": megabytes, "MB archivo": size}


def measure_workbook(pickled: Path, equipos: int) -> None:
    plan: PartPlan = pickle.loads(pickled.read_bytes())  # noqa: S301  # written by this program a moment ago
    target = pickled.with_name("libro.xlsx")
    start = time.monotonic()
    build_workbook(
        empresa=plan.empresa,
        equipos=many(plan, equipos),
        documents=lambda ids: {id: plan.documents[id] for id in ids},
        instant=plan.instant,
        target=target,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{time.monotonic() - start:.2f} {peak // 1024} {target.stat().st_size / MEGABYTE:.2f}")


def index(plan: PartPlan) -> dict[str, object]:
    entries = [entry for equipo in plan.equipos for entry in equipo_entries(equipo, plan.documents)]
    files = [ListedFile(entry.path, 1, "0" * 64, entry.documento_id) for entry in entries]
    counts = Counts(equipos=len(plan.equipos), registered=len(files), missing=0)
    seconds = measured(lambda: indice_html(plan, files=files, missing=[], counts=counts))
    size = len(indice_html(plan, files=files, missing=[], counts=counts))
    return {"equipos": 35, "documentos": len(files), "ms": round(1000 * seconds, 1), "KB": size // 1000}


def throughput(folder: Path) -> list[dict[str, object]]:
    """The same files three ways, in turn; medians and the ratio to `cp`."""
    store = FileStorage(folder / "velocidad")
    documents = [_random_document(store, number) for number in range(DOCUMENT_BYTES // MEGABYTE)]

    def ours() -> None:
        def members() -> Iterator[Member]:
            for document in documents:
                payload = open_document(document, lambda one: store.read(one.key))
                yield Member(document.key, payload.size, payload.crc32, payload.chunks)

        store.write("salida.zip", zip_stream(members(), instant=datetime(2026, 1, 1, tzinfo=UTC), zip64=False))

    def zip_0() -> None:
        (folder / "cero.zip").unlink(missing_ok=True)
        subprocess.run(["zip", "-0", "-q", "-r", folder / "cero.zip", "doc"], cwd=store.root, check=True)
        os.sync()

    def copy() -> None:
        shutil.rmtree(folder / "copia", ignore_errors=True)
        subprocess.run(["cp", "-r", store.root / "doc", folder / "copia"], check=True)
        os.sync()

    ways: dict[str, Callable[[], None]] = {"SAM (lee, verifica SHA-256, ZIP, fsync)": ours}
    if shutil.which("zip"):
        ways["zip -0, y sync"] = zip_0
    ways["cp -r, y sync"] = copy
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(RUNS):
        for name, way in ways.items():
            times[name].append(measured(way, runs=1))
    base = statistics.median(times["cp -r, y sync"])
    return [
        {
            "": name,
            "MB/s": round(DOCUMENT_BYTES / MEGABYTE / statistics.median(taken)),
            "frente a cp": f"{statistics.median(taken) / base:.2f} × el tiempo",
        }
        for name, taken in times.items()
    ]


def _random_document(store: FileStorage, number: int) -> StoredDocument:
    data = os.urandom(MEGABYTE)
    key = f"doc/{number:04}.bin"
    store.write(key, [data])
    return StoredDocument(number, key, key, len(data), zlib.crc32(data), hashlib.sha256(data).hexdigest())


def measured(work: Callable[[], object], *, runs: int = RUNS) -> float:
    """The median of so many runs, in seconds."""
    taken = []
    for _ in range(runs):
        start = time.monotonic()
        work()
        taken.append(time.monotonic() - start)
    return statistics.median(taken)


def resident_megabytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000


if __name__ == "__main__":
    main()
