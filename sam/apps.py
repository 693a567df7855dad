"""How Django finds the product and its administration."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class SamConfig(AppConfig):
    name = "sam"
    verbose_name = "SAM"

    def ready(self) -> None:
        from sam.models import revisions
        from sam.services import usuarios

        revisions.connect()
        usuarios.connect()


class SamAdminConfig(AdminConfig):
    default_site = "sam.admin_site.SamAdminSite"
