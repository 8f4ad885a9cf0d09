"""Tables of tracking in the admin. What the consumer writes is for reading only."""

from django.contrib import admin, messages
from django.db import transaction
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from tracking import sites
from tracking.edits import EditForm
from tracking.models import (
    UNVERIFIED,
    ArchiveHour,
    DropCount,
    EventRollup,
    LogOffset,
    Referral,
    Session,
    Site,
    Visitor,
    new_secret_key,
)


class ReadOnlyAdmin(ModelAdmin):
    """For logs and rollups: rows that only the machine writes."""

    show_full_result_count = False

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class EditedAdmin(ModelAdmin):
    """For rows that people edit: whoever saves a form drawn before somebody else's change is told first, with both values, as on our own pages."""

    form = EditForm
    change_form_before_template = "tracking/_seen.html"

    def get_object(self, request, object_id, from_field=None):
        """Locked where the request may change it; the admin's view of a change is a transaction."""
        row = super().get_object(request, object_id, from_field)
        if row is not None and request.method == "POST":
            row.refresh_from_db(from_queryset=self.model._default_manager.select_for_update(no_key=True))
        return row


class SiteSettings(EditForm):
    class Meta:
        model = Site
        fields = [
            "name", "domain", "write_key", "secret_key", "verify_users", "allowed_origins", "internal_hosts", "unwanted_referrers",
            "time_zone", "currency", "consent_mode", "honour_dnt", "drop_data_centres", "personal_traits",
        ]  # fmt: skip
        widgets = {"unwanted_referrers": UnfoldAdminTextareaWidget}  # some eighty hosts
        help_texts = {
            "time_zone": "Such as Europe/Berlin. Days, hours and caps of rules follow it.",
            "currency": "Three capital letters, such as EUR.",
        }
        error_messages = {"currency": {"invalid": "Write three capital letters, such as EUR."}}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "secret_key" in self.fields:  # not among those of people who may only look
            self.fields["secret_key"].required = False
            self.fields[
                "secret_key"
            ].help_text += " Empty it to get a new one; the old one, and all that it signed, then count no more."

    def clean_secret_key(self) -> str:
        return self.cleaned_data["secret_key"] or new_secret_key()


@admin.register(Site)
class SiteAdmin(EditedAdmin):
    form = SiteSettings
    list_display = ["name", "domain", "write_key", "consent_mode", "time_zone", "currency"]
    search_fields = ["name", "domain", "write_key"]
    readonly_fields = ["created_at"]
    fieldsets = [
        (None, {"fields": ["name", "domain", "write_key", "allowed_origins", "internal_hosts"]}),
        ("Servers and users", {"fields": ["secret_key", "verify_users"]}),
        ("Reckoning", {"fields": ["time_zone", "currency", "unwanted_referrers"]}),
        ("Privacy", {"fields": ["consent_mode", "honour_dnt", "drop_data_centres", "personal_traits", "created_at"]}),
    ]

    def get_fieldsets(self, request, obj=None):
        """The secret key is for those who may change the site."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return [
            (title, {"fields": [name for name in options["fields"] if name != "secret_key"]})
            for title, options in self.fieldsets
        ]

    def save_model(self, request, obj, form, change) -> None:
        sites.save_site(obj)
        if not obj.verify_users:
            messages.warning(request, f"Users of {obj} are not verified: {UNVERIFIED}.")

    def get_deleted_objects(self, objs, request):
        """Whatever a site has goes with it, also what nobody may delete alone; told in numbers, for of some there are millions."""
        counts: dict[str, int] = {}
        for relation in Site._meta.related_objects:
            if number := relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": objs}).count():
                counts[str(relation.related_model._meta.verbose_name_plural)] = number
        return [str(site) for site in objs], counts, set(), []

    def delete_model(self, request, obj) -> None:
        sites.delete_site(obj)

    def delete_queryset(self, request, queryset) -> None:
        super().delete_queryset(request, queryset)
        transaction.on_commit(sites.push, robust=True)


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
    list_display = ["epoch", "partition", "last_id", "updated_at"]
    ordering = ["partition"]


@admin.register(ArchiveHour)
class ArchiveHourAdmin(ReadOnlyAdmin):
    list_display = ["hour", "dirty", "events", "file", "archived_at"]
    list_filter = ["dirty"]
    ordering = ["-hour"]
