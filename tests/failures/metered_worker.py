"""A real worker whose part 1 holds the interpreter for a while, and which notes how late its event loop is.

`python -m tests.failures.metered_worker FILE` writes the lags (JSON, in seconds) to the file when it ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, Final
from unittest import mock

from django import setup

SPIN_SECONDS: Final = 14.0  # more than a lease
LOOK_SECONDS: Final = 0.01


def main(file: Path) -> int:
    setup()
    from tests.failures.worker import failing
    from zipworker import worker
    from zipworker.workshop import Workshop

    lags: list[float] = []

    class Metered(worker.PartWorker):
        def __init__(self, workshop: Workshop) -> None:
            super().__init__(workshop)
            self.on_startup = self._meter

        async def _meter(self, ctx: dict[Any, Any]) -> None:
            self._metering = asyncio.create_task(measure_lags(lags))

    try:
        with mock.patch.object(worker, "PartWorker", Metered):
            return worker.run_worker(package=failing("spin", figure=SPIN_SECONDS, part=1))
    finally:
        file.write_text(json.dumps(lags))


async def measure_lags(lags: list[float]) -> None:
    """Append for ever by how much this loop woke up later than it should have."""
    loop = asyncio.get_running_loop()
    while True:
        wanted = loop.time() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        lags.append(loop.time() - wanted)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sam.settings")
    sys.exit(main(Path(sys.argv[1])))
