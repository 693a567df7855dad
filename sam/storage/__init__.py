"""Where bytes live: documentos and archives, behind one small interface with a folder and an S3 behind it."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from sam.storage.files import FileStorage
from sam.storage.interface import CHUNK_BYTES, Storage, StoredObject
from sam.storage.s3 import S3Storage

__all__ = ["CHUNK_BYTES", "FileStorage", "S3Storage", "Storage", "StoredObject", "get_storage"]


@lru_cache(maxsize=1)
def get_storage() -> Storage:
    """The one store of this process, as the environment says (`SAM_STORAGE`)."""
    if settings.SAM.storage == "s3":
        return S3Storage(
            bucket=settings.SAM.s3_bucket,
            endpoint_url=settings.SAM.s3_endpoint_url,
            region=settings.SAM.s3_region,
        )
    return FileStorage(settings.SAM.data_dir / "almacen")
