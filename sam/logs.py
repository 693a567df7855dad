"""What is not worth a line in the log."""

from __future__ import annotations

import logging

HEALTH_PATHS = ("/healthz", "/readyz")


class NotHealth(logging.Filter):
    """Drops Django's line for each health check that answers 503: the one who asks knows, and asks every second."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return not path.startswith(HEALTH_PATHS)
