"""Tables of tracking in the admin. What the consumer writes is for reading only."""

from django.contrib import admin

from sites.tables import ReadOnlyAdmin
from tracking.models import ArchiveHour, DropCount, EventRollup, LogOffset, Referral, Session, Visitor


@admin.register(Visitor)
class VisitorAdmin(ReadOnlyAdmin):
    list_display = [
        "__str__",
        "site",
        "first_seen_at",
        "last_seen_at",
        "events",
        "sessions",
        "channel",
        "device",
        "country",
    ]
    list_filter = ["site", "channel", "device"]
    list_select_related = ["site"]
    date_hierarchy = "last_seen_at"


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = [
        "visitor",
        "number",
        "site",
        "started_at",
        "ended_at",
        "events",
        "pages",
        "landing_path",
        "channel",
        "device",
    ]
    list_filter = ["site", "channel", "device"]
    list_select_related = ["site", "visitor"]


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin):
    list_display = ["at", "site", "channel", "source", "medium", "campaign", "landing_path"]
    list_filter = ["site", "channel"]
    list_select_related = ["site"]
    search_fields = ["source", "campaign", "referrer_host"]


@admin.register(DropCount)
class DropCountAdmin(ReadOnlyAdmin):
    list_display = ["hour", "site", "reason", "count"]
    list_filter = ["site", "reason"]
    list_select_related = ["site"]
    ordering = ["-hour"]


@admin.register(EventRollup)
class EventRollupAdmin(ReadOnlyAdmin):
    list_display = ["at", "grain", "site", "name", "events", "sessions"]
    list_filter = ["site", "grain"]
    list_select_related = ["site"]
    search_fields = ["name"]
    ordering = ["-at"]


@admin.register(LogOffset)
class LogOffsetAdmin(ReadOnlyAdmin):
    list_display = ["reader", "partition", "last_id", "updated_at", "epoch"]
    list_filter = ["reader"]
    ordering = ["reader", "partition"]


@admin.register(ArchiveHour)
class ArchiveHourAdmin(ReadOnlyAdmin):
    list_display = ["hour", "dirty", "events", "file", "archived_at"]
    list_filter = ["dirty"]
    ordering = ["-hour"]
