"""A real worker whose packages are a few bytes and ask no database, for tests where the work itself is not the point.

`python -m tests.failures.quick_worker 3` takes three seconds for each.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator

from django import setup

TRIFLE = b"a part\n"


def main(seconds: float) -> int:
    setup()
    from zipworker.package.package import Package
    from zipworker.worker import run_worker

    class Trifle(Package):
        def chunks(self) -> Iterator[bytes]:
            time.sleep(seconds)
            yield TRIFLE
            self.manifest_sha256 = hashlib.sha256(TRIFLE).hexdigest()

    return run_worker(package=Trifle)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sam.settings")
    sys.exit(main(float(sys.argv[1])))
