"""Static files under hashed names, ES modules included, so that a browser may keep each for ever."""

from __future__ import annotations

from servestatic.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import … from "./x.js";` to the hashed name; the statement has to end in a semicolon."""

    support_js_module_import_aggregation = True
