"""Writes the demo's dumps: pictures and papers by several threads, data.json when all of them are there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sam.demo import pictures, procedures, quirks
from sam.demo.blocks import Paper
from sam.demo.catalogue import CATALOGUE, Instrument
from sam.demo.companies import CERTIBOY, OTRA, SUPPLIERS, Company
from sam.demo.lives import Birth
from sam.demo.loans import LOANS
from sam.demo.press import Press, press
from sam.demo.records import Entry, entry

SEED: Final = 2025
MAX_THREADS: Final = 4
LOGO: Final = "files/logo.png"
# What the second empresa has: the rows of the catalogue.
SECOND_SHELF: Final = (4, 9, 13, 1)

Progress = Callable[[int, int], None]
"""Called with the documents that are written and all that there will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One empresa's dump before it is written."""

    company: Company
    data: Mapping[str, Any]
    entries: Sequence[Entry]
    papers: Sequence[Paper]


def write_demo(folder: Path, *, seed: int = SEED, progress: Progress | None = None) -> None:
    """CERTIBOY S.A.S.: 69 equipos, 3 procedimientos; the same bytes for the same seed."""
    _write(folder, _certiboy(seed), seed=seed, progress=progress)


def write_second_demo(folder: Path, *, seed: int = SEED, progress: Progress | None = None) -> None:
    """OTRA METROLOGÍA LTDA.: 4 equipos with a few documents each."""
    _write(folder, _otra(seed), seed=seed, progress=progress)


def _certiboy(seed: int) -> Collection:
    shelf = [instrument for instrument in CATALOGUE for _ in range(instrument.cantidad)]
    codigos = dict(zip(range(1, len(shelf) + 1), _codigos(len(shelf)), strict=True))
    entries = [
        entry(Birth(ordinal=n, codigo=codigos[n], instrument=shelf[n - 1], company=CERTIBOY, seed=seed))
        for n in codigos
    ]
    return _collection(
        CERTIBOY,
        entries,
        procedimientos=procedures.PROCEDURES,
        prestamos=[loan.as_dump(codigos) for loan in LOANS],
    )


def _otra(seed: int) -> Collection:
    shelf: list[Instrument] = [CATALOGUE[index] for index in SECOND_SHELF]
    # Her first code is also one of CERTIBOY's: codes are unique within an empresa only.
    codigos = ["EQ-001", *(f"OM-{n:02d}" for n in range(2, len(shelf) + 1))]
    entries = [
        entry(Birth(ordinal=n, codigo=codigo, instrument=instrument, company=OTRA, seed=seed, brief=True))
        for n, (codigo, instrument) in enumerate(zip(codigos, shelf, strict=True), start=1)
    ]
    return _collection(OTRA, entries, procedimientos=(), prestamos=[])


def _codigos(count: int) -> Iterator[str]:
    """EQ-001, EQ-002 … with the quirks in between."""
    ordinary = 0
    for ordinal in range(1, count + 1):
        if ordinal in quirks.CODIGOS:
            yield quirks.CODIGOS[ordinal]
        else:
            ordinary += 1
            yield f"EQ-{ordinary:03d}"


def _collection(
    company: Company,
    entries: Sequence[Entry],
    *,
    procedimientos: Sequence[procedures.Procedure],
    prestamos: Sequence[Mapping[str, Any]],
) -> Collection:
    data = {
        "formato": "sam-dump/1",
        "empresa": company.as_dump(logo=LOGO),
        "proveedores": [supplier.as_dump() for supplier in SUPPLIERS],
        "procedimientos": [procedure.as_dump() for procedure in procedimientos],
        "equipos": [one.record for one in entries],
        "prestamos": prestamos,
    }
    papers = [procedures.paper(procedure, company) for procedure in procedimientos]
    return Collection(company=company, data=data, entries=entries, papers=papers)


def _write(folder: Path, collection: Collection, *, seed: int, progress: Progress | None) -> None:
    total = sum(1 + len(one.papers) for one in collection.entries) + len(collection.papers) + 1
    _save(folder, LOGO, pictures.logo(collection.company.issuer))
    done = 1
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    with press(folder) as printer, ThreadPoolExecutor(threads, thread_name_prefix="demo") as pool:
        jobs = [pool.submit(_write_entry, folder, one, printer, seed) for one in collection.entries]
        jobs.append(pool.submit(_write_papers, folder, collection.papers, printer))
        try:
            for job in as_completed(jobs):
                done += job.result()
                if progress is not None:
                    progress(done, total)
        finally:
            # After a failure, or Ctrl-C, nobody waits for the rest.
            pool.shutdown(cancel_futures=True)
    text = json.dumps(collection.data, ensure_ascii=False, indent=1)
    _save(folder, "data.json", text.encode())


def _write_entry(folder: Path, one: Entry, printer: Press, seed: int) -> int:
    """The picture first: the papers show it."""
    day = one.record["proxima_calibracion"]
    due = f"Vence {day}" if day else "Sin programación"
    _save(folder, one.subject.imagen, pictures.photograph(one.subject, due=due, seed=seed))
    return 1 + _write_papers(folder, one.papers, printer)


def _write_papers(folder: Path, papers: Sequence[Paper], printer: Press) -> int:
    for paper in papers:
        _save(folder, paper.path, printer.pdf(paper))
    return len(papers)


def _save(folder: Path, relative: str, data: bytes) -> None:
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
