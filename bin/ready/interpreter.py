"""Goes on in Python 3.11 or newer, whichever Python started the script (so: only old syntax here)."""

import os
import shutil
import sys

OLDEST = (3, 11)
# 3.11 first: it is the one that the locks were made and tested with.
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14", "python3")


def require():
    # type: () -> None
    """Return in a good Python, replacing this process when needed; else end with one clear sentence."""
    if sys.version_info[:2] >= OLDEST:
        return
    for name in NAMES:
        path = shutil.which(name)
        if path and not os.environ.get("_SAM_PYTHON_TRIED"):
            if name == "python3":
                os.environ["_SAM_PYTHON_TRIED"] = "1"
            os.execv(path, [path] + sys.argv)  # noqa: RUF005, S606
    found = ".".join(str(number) for number in sys.version_info[:3])
    sys.exit("SAM necesita Python 3.11 o más nuevo; aquí hay %s. Instale python3.11." % found)  # noqa: UP031
