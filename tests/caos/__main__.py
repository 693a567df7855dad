"""`python -m tests.caos --minutes N --seed S`: what bin/caos starts."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys

from tests.caos.storm import run_storm


def main() -> int:
    """Run one storm; 0 when every promise was kept, 1 when one was broken, 130 when somebody stopped it."""
    parser = argparse.ArgumentParser(
        prog="bin/caos",
        description="Una tormenta contra SAM en marcha: mata, congela, reinicia, y al final compara lo prometido.",
    )
    parser.add_argument("--minutes", type=float, default=15.0, help="cuánto dura la tormenta (15)")
    parser.add_argument("--seed", type=int, help="la semilla de lo que pasa y cuándo (si falta, al azar)")
    parser.add_argument("--keep-logs", action="store_true", help="conserva los registros aunque todo salga bien")
    chosen = parser.parse_args()
    if not 0 < chosen.minutes <= 120:
        parser.error("--minutes va de más de 0 a 120")
    # SIGTERM too ends in order, servers and folders included.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = secrets.randbelow(10**6) if chosen.seed is None else chosen.seed
    try:
        return 0 if run_storm(minutes=chosen.minutes, seed=seed, keep_logs=chosen.keep_logs) else 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
