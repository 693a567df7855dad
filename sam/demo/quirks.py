"""What is out of the ordinary in CERTIBOY's data, by ordinal: what real companies have, and what breaks programs."""

from __future__ import annotations

from datetime import date
from typing import Final

# Codes that are no file names: a separator, the parent, a device of Windows, a trailing dot,
# two that differ by case alone, and one of a hundred characters.
CODIGOS: Final = {
    7: "BAL/ñ-07",
    11: "MASAS-PATRÓN-CLASE-F1-JUEGO-DE-VEINTITRÉS-PESAS-ESTUCHE-DE-MADERA-LABORATORIO-DE-MASAS-TUNJA-2021Nº1",
    14: "TER-A1",
    15: "ter-a1",
    21: "..",
    30: "con",
    40: "EQ-010.",
}

ESTADOS: Final = {
    9: "En Mantenimiento",
    16: "En Calibración",
    22: "En Préstamo",
    28: "En Comprobación",
    33: "De Baja",
    41: "En Préstamo",
    47: "Inactivo",
    52: "En Calibración",
    58: "De Baja",
    63: "En Mantenimiento",
}

BAJAS: Final = {
    33: (
        date(2026, 2, 27),
        "Desgaste de los palpadores: el error en cero supera el máximo permisible y el ajuste ya no lo corrige.",
    ),
    58: (
        date(2025, 12, 19),
        "Falla de la tarjeta de medición; el fabricante dejó de suministrar el repuesto y la reparación "
        "supera el 70 % del valor de un equipo nuevo.",
    ),
}

# The calibración (0 = the oldest) that had a point outside its EMP.
FALLAS: Final = {12: 1, 36: 2, 63: 1}

# Certificates that declare no uncertainty: only the oldest one, or none at all.
SIN_INCERTIDUMBRE_AL_PRINCIPIO: Final = frozenset({4, 13, 22, 31, 49, 67})
SIN_INCERTIDUMBRE: Final = frozenset({19, 43})

OBSERVACIONES: Final = {
    2: "+ Verificar el nivel de burbuja antes de cada pesada.",
    6: "=SUMA(A1:A3) aparece así en el formato anterior; se conserva como estaba.",
    10: "-10 °C es el límite inferior verificado; por debajo, usar el equipo de respaldo.",
    13: "@laboratorio de temperatura: avisar antes de mover la sonda.",
    18: "Etiqueta original del fabricante: 温度計. Se conserva bajo la etiqueta de identificación.",
    25: "Cambio de batería en marzo.\nCambio de carcasa en junio.\n\nVer el informe de mantenimiento.",
    31: "Regla de oro: limpiar las caras de medición con alcohol isopropílico antes y después de usar. " * 14,
    46: "El estuche original se perdió; se usa uno genérico con espuma «a la medida».",
}
