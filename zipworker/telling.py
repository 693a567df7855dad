"""A worker's lines in the words that its operators know; each also says the event in fields."""

from __future__ import annotations

import logging

from sam.logs import plain
from sam.services.partes import BuiltArchive, Claim

logger = logging.getLogger("zipworker")

# What ends an attempt without an archive, and what an operator reads; the reason of a failure is in the database.
ENDINGS = {
    "fail": "no se pudo armar",
    "put_off": "espera: el almacén no responde",
    "hand_back": "se devuelve sin terminar; otro worker sigue",
    "lost_part": "se suelta: fue cancelada o ya es de otro worker",
    "left_part": "queda sin devolver: la base de datos no responde; otro worker la toma cuando venza su plazo",
}


def tell_started(worker: str, slots: int) -> None:
    words = f"[INICIO] Worker {plain(worker)} con {slots} {'puesto' if slots == 1 else 'puestos'}"
    logger.info("action=worker_started worker=%s slots=%s", worker, slots, extra={"words": words})


def tell_claim(claim: Claim) -> None:
    words = f"[PROCESANDO] Solicitud #{claim.request_id} de {plain(claim.requester)}"
    logger.info(
        "action=claim_part request=%s part=%s attempt=%s worker=%s",
        claim.request_id,
        claim.part_id,
        claim.attempt,
        claim.owner,
        extra={"words": words},
    )
    logger.info(
        "action=build_part part=%s number=%s of=%s equipos=%s",
        claim.part_id,
        claim.number,
        claim.of,
        claim.equipos,
        extra={"words": f"[GENERANDO] Parte {claim.number} de {claim.of}, {claim.equipos} equipos"},
    )


def tell_workbook(claim: Claim, *, ms: int, built: bool) -> None:
    how = "armado" if built else "traído del almacén"
    logger.info(
        "action=%s request=%s part=%s ms=%s",
        "build_workbook" if built else "fetch_workbook",
        claim.request_id,
        claim.part_id,
        ms,
        extra={"words": f"[EXCEL] Informe consolidado de la solicitud #{claim.request_id} {how}"},
    )


def tell_equipo(claim: Claim, done: int, codigo: str) -> None:
    """At most four a second for each part, as the tabs are told."""
    percent = 100 * done // claim.equipos
    words = f"[EQUIPO] {done}/{claim.equipos} ({percent}%): {plain(codigo)}"
    logger.info("action=equipo part=%s done=%s", claim.part_id, done, extra={"words": words})


def tell_finished(claim: Claim, built: BuiltArchive, *, ms: int) -> None:
    words = f"[EXITOSO] Solicitud #{claim.request_id}, parte {claim.number} de {claim.of} ({built.bytes} bytes)"
    logger.info(
        "action=finish_part request=%s part=%s attempt=%s ms=%s bytes=%s missing=%s",
        claim.request_id,
        claim.part_id,
        claim.attempt,
        ms,
        built.bytes,
        len(built.faltantes),
        extra={"words": words},
    )


def tell_ended(claim: Claim, outcome: str, *, ms: int) -> None:
    """How an attempt ended that finished nothing."""
    failed = outcome == "fail"
    label = "[ERROR]" if failed else "[AVISO]"
    logger.log(
        logging.ERROR if failed else logging.WARNING,
        "action=%s request=%s part=%s attempt=%s ms=%s",
        f"{outcome}_part" if failed else outcome,
        claim.request_id,
        claim.part_id,
        claim.attempt,
        ms,
        extra={"words": f"{label} Solicitud #{claim.request_id}, parte {claim.number}: {ENDINGS[outcome]}"},
    )


def tell_cleaned(removed: int) -> None:
    logger.info("action=clean_up removed=%s", removed, extra={"words": f"[LIMPIEZA] {removed} objetos quitados"})


def tell_deleted(key: str) -> None:
    logger.info("action=delete key=%s", key, extra={"words": "[LIMPIEZA] Objeto quitado"})
