"""What every page is given besides its own: its usuario's notifications, for the count in the head."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from sam.models import Usuario
from sam.selectors.entrega import notifications


def page(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, Usuario) or request.path.startswith("/admin/"):
        return {}
    return {"notifications": notifications(user.pk)}
