"""A real worker of another version, as there is one beside the present ones while a release is rolled out.

Its rings are in another queue and of another meaning; the database is the same.
"""

from __future__ import annotations

import os
import sys
from typing import Final
from unittest import mock

from django import setup

OTHER_VERSION: Final = "0.0-otra"
OTHER_QUEUE: Final = "sam:rings:0"
OTHER_JOB: Final = "build_part"


def main() -> int:
    setup()
    import sam
    from sam import dispatch

    with (
        mock.patch.object(sam, "VERSION", OTHER_VERSION),
        mock.patch.object(dispatch, "RING_QUEUE", OTHER_QUEUE),
        mock.patch.object(dispatch, "RING_JOB", OTHER_JOB),
    ):
        from tests.failures.worker import failing
        from zipworker.worker import run_worker

        return run_worker(package=failing("slow", figure=0.1))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sam.settings")
    sys.exit(main())
