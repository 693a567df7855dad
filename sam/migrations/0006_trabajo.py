"""What parts from before the turns will cost, should they be built again: as if they had no documentos."""

from typing import Any

from django.db import migrations
from django.db.models import F

EQUIPO_WORK_BYTES = 5_000_000


def estimate(apps: Any, schema_editor: Any) -> None:
    parts = apps.get_model("sam", "ZipPart").objects.filter(work=0)
    parts.update(work=(F("last") - F("first") + 1) * EQUIPO_WORK_BYTES)


class Migration(migrations.Migration):
    dependencies = [
        ("sam", "0005_cuentas"),
    ]

    operations = [
        migrations.RunPython(estimate, migrations.RunPython.noop),
    ]
