"""What every page is given besides its own: which state of which build it shows, and its usuario's notifications."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from sam.models import Usuario
from sam.selectors.entrega import notifications, seqs
from sam.static import static_build


def page(request: HttpRequest) -> dict[str, Any]:
    """`seq`: a tab that shares its connection must not take from it what is older than the page itself."""
    user = getattr(request, "user", None)
    if not isinstance(user, Usuario) or request.path.startswith("/admin/"):
        return {}
    return {
        "build": static_build(),
        "seq": seqs([user.pk]).get(user.pk, 0),
        "notifications": notifications(user.pk),
    }
