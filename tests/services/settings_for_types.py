"""The settings as mypy's Django plugin reads them, without an environment having to be set."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-types-" + "k" * 50)
os.environ.setdefault("DEBUG", "1")

from sam.settings import *  # noqa: F403
