"""Requests, parts, archives, notifications, workers: to be seen; the services alone write them."""

from __future__ import annotations

from django.contrib import admin

from sam.admin.empresas import ReadOnlyAdmin
from sam.models import (
    Archive,
    AttemptLog,
    Download,
    Epoch,
    Ficha,
    Notificacion,
    OperatorAction,
    PartEquipo,
    QueueControl,
    Stream,
    Tally,
    Transition,
    WorkerBeat,
    ZipPart,
    ZipRequest,
)


class ZipPartInline(admin.TabularInline[ZipPart, ZipRequest]):
    model = ZipPart
    fields = (
        "number",
        "state",
        "attempt",
        "crashes",
        "done",
        "error",
        "queued_at",
        "started_at",
        "finished_at",
    )
    readonly_fields = fields
    can_delete = False
    max_num = 0
    show_change_link = True


class TransitionInline(admin.TabularInline[Transition, ZipPart]):
    model = Transition
    fields = ("at", "actor", "move", "before", "after", "attempt", "reason", "trace")
    readonly_fields = fields
    can_delete = False
    max_num = 0


@admin.register(ZipRequest)
class ZipRequestAdmin(ReadOnlyAdmin):
    list_display = ("id", "empresa", "requester", "state", "created_at", "ended_at")
    list_filter = ("state", "empresa")
    list_select_related = ("empresa", "requester")
    date_hierarchy = "created_at"
    inlines = (ZipPartInline,)


@admin.register(ZipPart)
class ZipPartAdmin(ReadOnlyAdmin):
    list_display = ("id", "request", "number", "of", "state", "attempt", "owner", "queued_at", "finished_at")
    list_filter = ("state", "error")
    inlines = (TransitionInline,)


@admin.register(Transition)
class TransitionAdmin(ReadOnlyAdmin):
    list_display = ("at", "request", "part", "move", "before", "after", "attempt", "reason", "actor", "trace")
    list_display_links = ("at",)
    list_filter = ("move", "reason")
    list_select_related = ("part__request", "request")
    search_fields = ("trace", "actor", "=part__id", "=request__id")
    date_hierarchy = "at"


@admin.register(Download)
class DownloadAdmin(ReadOnlyAdmin):
    list_display = ("at", "usuario", "part", "sha256", "trace")
    list_display_links = ("at",)
    list_select_related = ("usuario", "part__request")
    search_fields = ("sha256", "trace", "usuario__username")
    date_hierarchy = "at"


@admin.register(PartEquipo)
class PartEquipoAdmin(ReadOnlyAdmin):
    list_display = ("part", "ordinal", "codigo", "folder")
    list_select_related = ("part",)


@admin.register(Archive)
class ArchiveAdmin(ReadOnlyAdmin):
    list_display = ("id", "key", "bytes", "registered", "missing", "created_at", "deleted_at")
    search_fields = ("sha256", "manifest_sha256")


@admin.register(Ficha)
class FichaAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "subject", "revision", "sha256", "created_at")
    list_filter = ("kind",)


@admin.register(Notificacion)
class NotificacionAdmin(ReadOnlyAdmin):
    list_display = ("id", "usuario", "kind", "text", "created_at", "read_at")
    list_filter = ("kind",)


@admin.register(WorkerBeat)
class WorkerBeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "host", "version", "slots", "quiet", "memory_bytes", "started_at", "seen_at")


@admin.register(Tally)
class TallyAdmin(ReadOnlyAdmin):
    list_display = ("name", "labels", "value")


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    list_display = ("usuario", "seq")


@admin.register(Epoch)
class EpochAdmin(ReadOnlyAdmin):
    list_display = ("id", "value")


@admin.register(AttemptLog)
class AttemptLogAdmin(ReadOnlyAdmin):
    list_display = ("at", "part", "attempt", "worker")
    list_display_links = ("at",)
    list_select_related = ("part__request",)
    search_fields = ("=part__id", "worker")


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnlyAdmin):
    list_display = ("at", "usuario", "action", "target", "changed", "why", "trace")
    list_display_links = ("at",)
    list_filter = ("action",)
    list_select_related = ("usuario",)
    search_fields = ("target", "why", "trace", "usuario__username")
    date_hierarchy = "at"


@admin.register(QueueControl)
class QueueControlAdmin(ReadOnlyAdmin):
    list_display = ("id", "paused_at")
