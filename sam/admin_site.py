"""The site itself: its name and its words."""

from __future__ import annotations

from django.contrib.admin import AdminSite


class SamAdminSite(AdminSite):
    site_title = "SAM"
    site_header = "SAM · Administración"
    index_title = "Registros"
    site_url = "/informes/"
