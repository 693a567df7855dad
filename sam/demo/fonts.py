"""Where the demo's typeface lies: the files of the package font-source-sans-pro."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

FONT_FILES: Final = Path(str(resources.files("font_source_sans_pro"))) / "files"


def font_file(style: str) -> Path:
    return FONT_FILES / f"SourceSansPro-{style}.ttf"
