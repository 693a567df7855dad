"""The one row that names this database's epoch."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import migrations


def create_epoch(apps: Any, schema_editor: Any) -> None:
    apps.get_model("sam", "Epoch").objects.get_or_create(id=1, defaults={"value": uuid.uuid4()})


class Migration(migrations.Migration):
    dependencies: ClassVar = [("sam", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(create_epoch, migrations.RunPython.noop)]
