"""Static files under hashed names, ES modules included, so that a browser may keep each for ever."""

from __future__ import annotations

from django.contrib.staticfiles.storage import staticfiles_storage
from servestatic.storage import CompressedManifestStaticFilesStorage

from sam import VERSION


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import … from "./x.js";` to the hashed name; the statement has to end in a semicolon."""

    support_js_module_import_aggregation = True


def static_build() -> str:
    """Names the static files that this process serves: the hash of their manifest; without one SAM's version.

    A page and a socket that name different ones come from before and after a deploy.
    """
    return getattr(staticfiles_storage, "manifest_hash", "") or VERSION
