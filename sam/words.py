"""The Spanish words for what people see of requests and parts: pure, and the same as in the browser's `words.js`.

The words of `part-status` are public contract; the details beside it are not. Both sides are compared with
`tests/vectors/words.json`. Dates are shown in Colombian time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Bogota")

MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")

PART_STATUS = {
    "pending": "Calculando...",
    "processing": "Calculando...",
    "completed": "Descargar",
    "failed": "Fallida",
    "cancelled": "Cancelada",
    "expired": "Vencida",
}
WITH_MISSING = "Lista con faltantes"

ICONS = {
    "pending": "wait",
    "processing": "work",
    "completed": "ok",
    "failed": "bad",
    "cancelled": "off",
    "expired": "off",
}

REQUEST_STATUS = {
    "pending": "En la cola",
    "processing": "En curso",
    "completed": "Lista",
    "failed": "Con partes fallidas",
    "cancelled": "Cancelada",
    "expired": "Vencida",
}

ERRORS = {
    "worker_lost": "El proceso que la armaba se cayó varias veces.",
    "storage_unavailable": "El almacenamiento de documentos no respondió.",
    "plan_unreadable": "Los datos guardados para esta solicitud no se pudieron leer.",
    "build_error": "Ocurrió un error al armar el archivo.",
}
UNKNOWN_ERROR = "No se pudo armar esta parte."

REASONS = {
    "queue_ahead": "",  # its position says it
    "no_workers": "espera a que haya un proceso disponible",
    "paused": "la cola está en pausa",
    "retry_later": "se intentará de nuevo en unos segundos",
    "empresa_limit": "espera a otras partes de la empresa",
    "storage_unavailable": "espera a que el almacenamiento responda",
}

# What an operator reads of a part: where it is, not what its requester can do with it.
QUEUE_STATES = {
    "pending": "En espera",
    "processing": "En curso",
    "completed": "Lista",
    "failed": "Fallida",
    "cancelled": "Cancelada",
    "expired": "Vencida",
}

ORDERS_IN_WORDS = {
    "cancel": "Cancelar",
    "retry": "Reintentar",
    "retry_reason": "Reintentar por motivo",
    "priority": "Subir prioridad",
    "pause": "Pausar",
    "resume": "Reanudar",
    "quiet": "Poner en calma",
    "unquiet": "Quitar la calma",
}

# What happens then; the same as the dialog says in the browser.
ORDERS_WILL = {
    "cancel": "Dejan de esperar o de armarse. Su usuario las ve canceladas y puede pedirlas de nuevo.",
    "retry": "Las que fallaron, se cancelaron o vencieron vuelven a la cola; las demás quedan como están.",
    "retry_reason": "Vuelven a la cola las partes que fallaron así:",
    "priority": "Las que esperan pasan delante de las de menor prioridad, de cualquier empresa.",
    "pause": "Ninguna de sus partes empieza hasta que se reanude; las que están en curso terminan.",
    "resume": "Las partes que esperan vuelven a empezar, en su orden.",
    "quiet": "Termina lo que está armando y no toma nada más.",
    "unquiet": "Vuelve a tomar partes de la cola.",
}

SEMAFORO = {
    "vigente": "Vigente",
    "por_vencer": "Por vencer",
    "vencido": "Vencido",
    "sin_programacion": "Sin programación",
}
SEMAFORO_ICONS = {"vigente": "ok", "por_vencer": "warn", "vencido": "bad", "sin_programacion": "off"}

MISSING_REASONS = {
    "no_esta": "no está en el almacenamiento",
    "ilegible": "no se puede leer",
    "alterado": "sus bytes no son los que se registraron",
    "imagen_rota": "la imagen no se puede mostrar en la hoja de vida",
    "pdf_fallo": "la hoja de vida no se pudo generar",
}

# From which twice the unit is said in it.
LAPSES = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))

Json = Mapping[str, Any]


def part_status(part: Json) -> str:
    if part["state"] == "completed" and part["missing"]:
        return WITH_MISSING
    return PART_STATUS[part["state"]]


def part_icon(part: Json) -> str:
    """The name of a symbol of the icon sheet, and of a colour of the stylesheet."""
    if part["state"] == "completed" and part["missing"]:
        return "warn"
    return ICONS[part["state"]]


def part_detail(part: Json) -> str:
    """What stands beside the status: "12/35 · EQ-012", "2.º en la cola", sizes and dates, or why it failed."""
    match part["state"]:
        case "pending":
            return _joined(_position(part["position"]), _eta(part["eta"]), REASONS.get(part["reason"] or "", ""))
        case "processing":
            return _joined(f"{part['done']}/{part['equipos']}", part["current"] or "")
        case "completed":
            return _joined(
                missing_words(part["missing"]),
                byte_size(part["bytes"]),
                _dated("vence el ", part["expires_at"]),
                "ya descargada" if part["downloaded_at"] else "",
            )
        case "failed":
            return ERRORS.get(part["error"] or "", UNKNOWN_ERROR)
        case "expired":
            return _dated("venció el ", part["expires_at"])
        case _:
            return ""


def part_range(parts: Sequence[Json], part: Json) -> str:
    """The ordinals of a part's equipos, "36–69", from the sizes of the parts before it."""
    before = sum(other["equipos"] for other in parts if other["number"] < part["number"])
    first, last = before + 1, before + part["equipos"]
    return f"{thousands(first)}–{thousands(last)}" if last > first else thousands(first)


def request_status(request: Json) -> str:
    if request["state"] == "completed" and any(part["missing"] for part in request["parts"]):
        return WITH_MISSING
    return REQUEST_STATUS[request["state"]]


def request_icon(request: Json) -> str:
    if request["state"] == "completed" and any(part["missing"] for part in request["parts"]):
        return "warn"
    return ICONS[request["state"]]


def request_detail(request: Json) -> str:
    """ "69 equipos en 2 partes · 1 de 2 listas", with the size instead once every part is there."""
    parts = request["parts"]
    ready = [part for part in parts if part["state"] == "completed"]
    some = f"{len(ready)} de {len(parts)} listas" if 0 < len(ready) < len(parts) else ""
    whole = byte_size(sum(part["bytes"] or 0 for part in ready)) if ready and len(ready) == len(parts) else ""
    return _joined(in_parts(sum(part["equipos"] for part in parts), len(parts)), some, whole)


def in_parts(equipos: int, parts: int) -> str:
    return f"{counted(equipos, 'equipo', 'equipos')} en {counted(parts, 'parte', 'partes')}"


def missing_words(missing: int) -> str:
    return counted(missing, "documento faltante", "documentos faltantes") if missing else ""


def byte_size(size: int | None) -> str:
    """Decimal units, one digit below 100: "29,4 MB", "512 KB"; integers only, so that both languages round alike."""
    if size is None:
        return ""
    if size < 1000:
        return f"{size} B"
    unit, name = next((u, n) for u, n in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")) if size >= u)
    if size >= 100 * unit or name == "KB":
        return f"{thousands((size + unit // 2) // unit)} {name}"
    tenths = (10 * size + unit // 2) // unit
    return f"{tenths // 10},{tenths % 10} {name}"


def counted(number: int, one: str, many: str) -> str:
    return f"{thousands(number)} {one if number == 1 else many}"


def thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def moment(iso: str | None) -> str:
    """An ISO instant as "24 nov 2025, 14:05"."""
    if not iso:
        return ""
    local = datetime.fromisoformat(iso).astimezone(ZONE)
    return f"{day(local)}, {local:%H:%M}"


def day(value: date | None) -> str:
    """A date as "24 nov 2025"."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}" if value else ""


def missing_reason(reason: str) -> str:
    """Why a registered documento is not in an archive; an older archive may say it in words of its own."""
    return MISSING_REASONS.get(reason, reason)


def semaforo(light: str) -> str:
    return SEMAFORO[light]


def semaforo_icon(light: str) -> str:
    return SEMAFORO_ICONS[light]


def queue_state(state: str) -> str:
    return QUEUE_STATES.get(state, state)


def queue_reason(row: Json) -> str:
    """Why a part waits or failed; nothing where its place in the queue says it."""
    if row["state"] == "pending":
        return REASONS.get(row["reason"] or "", "")
    return ERRORS.get(row["reason"] or "", UNKNOWN_ERROR) if row["state"] == "failed" else ""


def lapse(seconds: float) -> str:
    """ "40 s", "3 min", "5 h", "2 d": whole, rounded down, and finer near the change of a unit."""
    whole = max(0, math.floor(seconds))
    unit, name = next((u, n) for u, n in LAPSES if whole >= 2 * u or u == 1)
    return f"{thousands(whole // unit)} {name}"


def expected(eta: Sequence[str] | None, at: str) -> str:
    """A range of instants as it is seen at another: "en 12–20 s", "en menos de 3 min"."""
    if not eta:
        return ""
    now = datetime.fromisoformat(at)
    first, last = ((datetime.fromisoformat(iso) - now).total_seconds() for iso in eta)
    if last <= 0:
        return "en cualquier momento"
    unit, name = next((u, n) for u, n in LAPSES if math.ceil(last) >= 2 * u or u == 1)
    least, most = max(0, math.floor(first / unit)), math.ceil(last / unit)
    if least == 0:
        return f"en menos de {most} {name}"
    return f"en {most} {name}" if least == most else f"en {least}–{most} {name}"


def _position(position: int | None) -> str:
    return f"{thousands(position)}.º en la cola" if position else "en la cola"


def _eta(eta: Sequence[str] | None) -> str:
    if not eta:
        return ""
    first, last = (f"{datetime.fromisoformat(iso).astimezone(ZONE):%H:%M}" for iso in eta)
    return f"hacia las {first}" if first == last else f"entre {first} y {last}"


def _dated(words: str, iso: str | None) -> str:
    return f"{words}{moment(iso)}" if iso else ""


def _joined(*details: str) -> str:
    return " · ".join(detail for detail in details if detail)
