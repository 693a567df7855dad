"""The order of work: waits against FIFO, how good the forecasts are, and what a claim and the digest cost."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "bin"))  # the tests' servers use what is there

from bench import _cola_aciertos, _cola_base, _cola_esperas, _cola_vivos  # noqa: E402
from bench._cola_dibujo import plot  # noqa: E402
from bench._cola_mundo import EMPRESAS  # noqa: E402
from bench._tables import table  # noqa: E402

PLOTTED_LOAD = 0.8
LEAST_HELD = 0.8
LIVE_WORKERS = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench cola --")
    parser.add_argument("partes", nargs="*", choices=["esperas", "aciertos", "vivos", "base", []], help="todas")
    parser.add_argument("--horas", type=float, default=24, help="de la simulación de esperas (24)")
    parser.add_argument("--minutos", type=float, default=6, help="de solicitudes a workers de verdad (6)")
    parser.add_argument("--dibujo", type=Path, help="dónde se escribe el SVG de las esperas")
    options = parser.parse_args()
    wanted = options.partes or ["esperas", "aciertos", "vivos", "base"]
    if len(wanted) > 1:
        # Each in a process of its own: two of them have an installation, and Django is set up for one.
        figures = [f"--horas={options.horas}", f"--minutos={options.minutos}"]
        figures += [f"--dibujo={options.dibujo}"] if options.dibujo else []
        return max(subprocess.run([sys.executable, "-m", "bench.cola", *figures, one]).returncode for one in wanted)
    met = True
    if "esperas" in wanted:
        _waits(options.horas, options.dibujo)
    if "aciertos" in wanted:
        met &= _accuracy(options.horas / 4)
    if "vivos" in wanted:
        told, held = _cola_vivos.accuracy(minutes=options.minutos, workers=LIVE_WORKERS)
        print(table(f"Pronósticos con {LIVE_WORKERS} workers de verdad, {options.minutos:g} min de solicitudes", told))
        met &= held >= LEAST_HELD
    if "base" in wanted:
        rows, cheap = _cola_base.measure()
        print(table(f"PostgreSQL, {_cola_base.WAITING:,} partes en espera de {_cola_base.EMPRESAS} empresas", rows))
        met &= cheap
    print(f"\nMetas: {'se cumplen' if met else 'NO se cumplen'}.")
    return 0 if met else 1


def _waits(hours: float, drawing: Path | None) -> None:
    played = _cola_esperas.play(hours=hours)
    what = f"{EMPRESAS:,} empresas, {_cola_esperas.WORKERS} puestos, {hours:g} h simuladas"
    print(table(f"Esperas por tamaño de la solicitud: {what}", _cola_esperas.waits(played)))
    if drawing:
        title = f"{what}, carga {PLOTTED_LOAD:.0%}"
        drawing.write_text(plot(_cola_esperas.curves(played, PLOTTED_LOAD), title=title))


def _accuracy(hours: float) -> bool:
    result = _cola_aciertos.accuracy(hours=hours)
    print(table("Pronósticos: el fin verdadero está en el rango dicho", result.ranges))
    print(table("Error (mediana, s) según cuánto de su vida lleva la parte", result.lived))
    print(table("Error (mediana, s) según cuánto de la parte está hecho", result.advanced))
    return result.held >= LEAST_HELD


if __name__ == "__main__":
    sys.exit(main())
