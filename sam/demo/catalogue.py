"""The instruments of the demo, as a table: what a metrology company of Latin America has on its shelves.

Brands are invented. A row has (nombre, tipo, marca, modelo, drawing), (rango, resolución, EMP, unidad),
(ubicación, calibration interval in months, price in pesos, how many of it), and its magnitudes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Magnitud:
    """What an instrument measures and where it is calibrated; `escrito`: the EMP as certificates spell it."""

    nombre: str
    unidad: str
    nominales: tuple[float, ...]
    limite: float
    decimales: int
    escrito: str | None = None
    relativo: bool = False

    def limite_en(self, nominal: float) -> float:
        """The EMP at a point, in the magnitude's unit; a relative one is a fraction of what is measured."""
        return round(abs(nominal) * self.limite, 9) if self.relativo else self.limite


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One model, and how many of it the company has; `drawing` names how `pictures` draws it."""

    nombre: str
    tipo: str
    marca: str
    modelo: str
    drawing: str
    rango: str
    resolucion: str
    emp: str
    unidad: str
    ubicacion: str
    meses: int
    precio: int
    cantidad: int
    magnitudes: tuple[Magnitud, ...]


def _instrument(
    model: tuple[str, str, str, str, str],
    measures: tuple[str, str, str, str],
    shelf: tuple[str, int, int, int],
    *magnitudes: Magnitud,
) -> Instrument:
    nombre, tipo, marca, modelo, drawing = model
    rango, resolucion, emp, unidad = measures
    ubicacion, meses, precio, cantidad = shelf
    return Instrument(
        nombre=nombre,
        tipo=tipo,
        marca=marca,
        modelo=modelo,
        drawing=drawing,
        rango=rango,
        resolucion=resolucion,
        emp=emp,
        unidad=unidad,
        ubicacion=ubicacion,
        meses=meses,
        precio=precio,
        cantidad=cantidad,
        magnitudes=magnitudes,
    )


CATALOGUE: Final[tuple[Instrument, ...]] = (
    _instrument(
        ("Balanza analítica", "Balanza", "Andinox", "AX-220", "analytical_balance"),
        ("0 g a 220 g", "0,0001", "±0,0010 g", "g"),
        ("Laboratorio de Masas", 12, 14_800_000, 4),
        Magnitud("Masa", "g", (0.1, 1, 10, 50, 100, 200), 0.001, 4),
    ),
    _instrument(
        ("Balanza de precisión", "Balanza", "Andinox", "PX-6200", "precision_balance"),
        ("0 g a 6 200 g", "0,01", "0,05", "g"),
        ("Laboratorio de Masas", 12, 6_350_000, 3),
        Magnitud("Masa", "g", (10, 500, 1000, 2000, 5000), 0.05, 2, "0,05"),
    ),
    _instrument(
        ("Báscula de plataforma", "Báscula", "Pesamerica", "BP-150", "platform_scale"),
        ("1 kg a 150 kg", "0,02", "±0,06 kg", "kg"),
        ("Recepción de Muestras", 12, 2_190_000, 2),
        Magnitud("Masa", "kg", (10, 50, 100, 150), 0.06, 2, "±0,06 kg"),
    ),
    _instrument(
        ("Juego de pesas clase F1", "Masas patrón", "Kilómetro Cero", "F1-JP23", "weights"),
        ("1 mg a 500 g", "", "OIML R 111-1, clase F1", "g"),
        ("Laboratorio de Masas", 24, 9_480_000, 3),
        Magnitud("Masa convencional", "g", (1, 5, 10, 50, 100, 200, 500), 0.0005, 5),
    ),
    _instrument(
        ("Termómetro digital con sonda Pt100", "Termómetro", "Termosur", "TD-100", "digital_thermometer"),
        ("-40 °C a 250 °C", "0,1", "±0,5 °C", "°C"),
        ("Laboratorio de Temperatura", 12, 1_240_000, 6),
        Magnitud("Temperatura", "°C", (-20, 0, 25, 50, 100, 200), 0.5, 1, "±0,5 °C"),
    ),
    _instrument(
        ("Termómetro de líquido en vidrio", "Termómetro", "Vidriolab", "LV-110", "glass_thermometer"),
        ("-10 °C a 110 °C", "0,5", "1 °C", "°C"),
        ("Laboratorio de Temperatura", 24, 185_000, 3),
        Magnitud("Temperatura", "°C", (0, 20, 40, 60, 100), 1.0, 1, "1 °C"),
    ),
    _instrument(
        ("Termohigrómetro", "Termohigrómetro", "Climara", "TH-30", "thermohygrometer"),
        ("0 °C a 50 °C; 10 %HR a 95 %HR", "0,1 °C; 1 %HR", "±1 °C; ±5 %HR", "°C; %HR"),
        ("Almacén de Patrones", 12, 420_000, 6),
        Magnitud("Temperatura", "°C", (15, 20, 25, 30), 1.0, 1, "±1 °C"),
        Magnitud("Humedad relativa", "%HR", (30, 50, 70, 85), 5, 0, "±5 %HR"),
    ),
    _instrument(
        ("Bloque seco calibrador", "Fuente de temperatura", "Termosur", "BS-400", "dry_block"),
        ("35 °C a 400 °C", "0,1", "±0,8 °C", "°C"),
        ("Laboratorio de Temperatura", 12, 21_900_000, 1),
        Magnitud("Temperatura", "°C", (50, 100, 200, 300, 400), 0.8, 1),
    ),
    _instrument(
        ("Incubadora microbiológica", "Medio isotermo", "Climara", "IN-80", "incubator"),
        ("5 °C a 70 °C", "0,1", "±0,5 °C", "°C"),
        ("Área de Caracterización", 12, 11_650_000, 1),
        Magnitud("Temperatura", "°C", (35, 37, 44.5), 0.5, 1, "0,5"),
    ),
    _instrument(
        ("Pie de rey digital", "Calibrador", "Precisa Norte", "PR-150D", "caliper"),
        ("0 mm a 150 mm", "0,01", "±0,03 mm", "mm"),
        ("Laboratorio Dimensional", 12, 690_000, 6),
        Magnitud("Longitud", "mm", (0, 25, 50, 75, 100, 150), 0.03, 2),
    ),
    _instrument(
        ("Micrómetro de exteriores", "Micrómetro", "Precisa Norte", "ME-25", "micrometer"),
        ("0 mm a 25 mm", "0,001", "±4 µm", "mm"),
        ("Laboratorio Dimensional", 12, 980_000, 4),
        Magnitud("Longitud", "mm", (2.5, 5.1, 10.3, 15, 20.2, 25), 0.004, 3, "±0,004 mm"),
    ),
    _instrument(
        ("Comparador de carátula", "Comparador", "Precisa Norte", "CC-10", "dial_indicator"),
        ("0 mm a 10 mm", "0,01", "0,02", "mm"),
        ("Laboratorio Dimensional", 12, 540_000, 3),
        Magnitud("Desplazamiento", "mm", (1, 2, 4, 6, 8, 10), 0.02, 3, "0,02"),
    ),
    _instrument(
        ("Juego de bloques patrón grado 1", "Bloques patrón", "Kilómetro Cero", "BP-87/1", "gauge_blocks"),
        ("0,5 mm a 100 mm", "", "ISO 3650, grado 1", "mm"),
        ("Laboratorio Dimensional", 36, 12_300_000, 2),
        Magnitud("Longitud central", "mm", (1, 5, 10, 25, 50, 100), 0.0003, 5),
    ),
    _instrument(
        ("Manómetro de Bourdon", "Manómetro", "Presurex", "MB-10", "manometer"),
        ("0 bar a 10 bar", "0,1", "2 % FS", "bar"),
        ("Laboratorio de Presión", 12, 310_000, 6),
        Magnitud("Presión", "bar", (0, 2, 4, 6, 8, 10), 0.2, 2, "2 % FS"),
    ),
    _instrument(
        ("Manómetro digital de referencia", "Manómetro", "Presurex", "MD-70R", "digital_gauge"),
        ("0 bar a 70 bar", "0,001", "0,05 % FS", "bar"),
        ("Laboratorio de Presión", 12, 5_750_000, 3),
        Magnitud("Presión", "bar", (0, 14, 28, 42, 56, 70), 0.035, 3),
    ),
    _instrument(
        ("Vacuómetro", "Manómetro", "Presurex", "VB-1", "vacuum_gauge"),
        ("-1 bar a 0 bar", "0,02", "1,6 % FS", "bar"),
        ("Laboratorio de Presión", 12, 295_000, 1),
        Magnitud("Presión negativa", "bar", (-0.8, -0.6, -0.4, -0.2, 0), 0.016, 3, "1,6 % FS"),
    ),
    _instrument(
        ("Multímetro digital", "Multímetro", "Electrón del Sur", "ES-6000", "multimeter"),
        ("0 V a 1 000 V; 0 A a 10 A; 0 Ω a 50 MΩ", "0,01 V; 0,001 A; 0,1 Ω", "±0,5 % de lectura", "V; A; Ω"),
        ("Laboratorio Eléctrico", 12, 1_480_000, 4),
        Magnitud("Tensión continua", "V", (1, 10, 50, 100, 500), 0.005, 3, relativo=True),
        Magnitud("Corriente continua", "A", (0.1, 1, 5), 0.005, 4, relativo=True),
        Magnitud("Resistencia", "Ω", (100, 1000, 10000), 0.005, 2, relativo=True),
    ),
    _instrument(
        ("Micropipeta monocanal", "Micropipeta", "Volumetría Ñandú", "MP-1000", "pipette"),
        ("100 µL a 1 000 µL", "1", "ISO 8655-2: ±8 µL", "µL"),
        ("Laboratorio de Volumen", 6, 870_000, 4),
        Magnitud("Volumen", "µL", (100, 500, 1000), 8, 1, "±8 µL"),
    ),
    _instrument(
        ("Medidor de pH de mesa", "pH-metro", "Químetra", "PH-20", "ph_meter"),
        ("0 pH a 14 pH", "0,01", "±0,05", "pH"),
        ("Laboratorio Fisicoquímico", 6, 3_120_000, 2),
        Magnitud("pH", "pH", (4.01, 7, 10.01), 0.05, 2, "±0,05"),
    ),
    _instrument(
        ("Torquímetro de trinquete", "Torquímetro", "Ferrovía", "TQ-200", "torque_wrench"),
        ("40 N·m a 200 N·m", "1", "4 % de lectura", "N·m"),
        ("Laboratorio de Fuerza y Par", 12, 1_150_000, 2),
        Magnitud("Par torsional", "N·m", (40, 80, 120, 160, 200), 0.04, 1, relativo=True),
    ),
    _instrument(
        ("Cronómetro digital", "Cronómetro", "Segundo Exacto", "CR-5", "stopwatch"),
        ("0 s a 36 000 s", "0,01", "±0,2 s", "s"),
        ("Área de Caracterización", 24, 165_000, 2),
        Magnitud("Tiempo", "s", (60, 600, 3600, 7200), 0.2, 2, "±0,2 s"),
    ),
    _instrument(
        ("Tacómetro láser", "Tacómetro", "Electrón del Sur", "TL-99", "tachometer"),
        ("10 rpm a 30 000 rpm", "0,1", "±0,1 % de lectura", "rpm"),
        ("Laboratorio Eléctrico", 12, 760_000, 1),
        Magnitud("Frecuencia de giro", "rpm", (100, 500, 1000, 5000, 10000), 0.001, 1, relativo=True),
    ),
)
