"""How Django finds the worker's commands."""

from __future__ import annotations

from django.apps import AppConfig


class ZipworkerConfig(AppConfig):
    name = "zipworker"
