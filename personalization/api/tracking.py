"""Sites, and what visitors did on them."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from personalization.api.base import Checked, Editable, Newest, Readable
from sites import editing
from sites.models import Site
from tracking.models import ArchiveHour, DropCount, Event, EventRollup, LogOffset, Referral, Session, Visitor


class SiteSerializer(Checked):
    class Meta:
        model = Site
        fields = (
            "id", "name", "domain", "write_key", "verify_users", "allowed_origins", "internal_hosts",
            "unwanted_referrers", "time_zone", "currency", "attribution", "view_through",
            "consent_in_europe", "consent_mode", "honour_dnt", "drop_data_centres", "personal_traits", "created_at",
        )  # fmt: skip
        read_only_fields = ("write_key", "created_at")


class VisitorSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Visitor
        fields = (
            "id",
            "site",
            "user",
            "merged_into",
            "first_seen_at",
            "last_seen_at",
            "events",
            "sessions",
            "channel",
            "device",
            "country",
        )


class SessionSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Session
        fields = (
            "id",
            "site",
            "visitor",
            "number",
            "started_at",
            "ended_at",
            "events",
            "pages",
            "landing_path",
            "channel",
            "device",
        )


class ReferralSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Referral
        fields = (
            "id", "site", "visitor", "session", "at", "channel", "source", "medium", "campaign", "term", "content",
            "click_id", "referrer_host", "landing_path"
        )  # fmt: skip


class EventSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Event
        fields = (
            "message_id", "site", "at", "received_at", "visitor_id", "seq", "session", "type", "name", "user", "path",
            "host", "title", "referral", "device",
            "browser", "os", "language", "country", "properties", "traits", "context",
        )  # fmt: skip


class DropCountSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = DropCount
        fields = ("id", "site", "hour", "reason", "count")


class EventRollupSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = EventRollup
        fields = ("id", "site", "grain", "at", "name", "events", "sessions")


class ArchiveHourSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = ArchiveHour
        fields = ("hour", "dirty", "events", "file", "digest", "archived_at")


class LogOffsetSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = LogOffset
        fields = ("id", "reader", "epoch", "partition", "last_id", "updated_at")


class Sites(Editable):
    """Web properties. The write key is public; it is made with the site."""

    model, queryset, serializer_class, site_path, verbs = Site, Site.objects.all(), SiteSerializer, "id", editing
    search_fields = ("name", "domain")
    ordering_fields = ("name", "created_at")

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        if getattr(self.request.auth, "site_id", None):
            raise PermissionDenied("A token of one site cannot make another.")
        super().perform_create(serializer)


class Visitors(Readable):
    """Pseudonymous visitors, latest first."""

    model, queryset, serializer_class = Visitor, Visitor.objects.all(), VisitorSerializer
    pagination_class, ordering = Newest, ("-last_seen_at", "id")
    lookup_value_regex = "[0-9a-f-]{32,36}"
    filterset_fields = {
        "site": ["exact"],
        "user": ["exact"],
        "channel": ["exact"],
        "device": ["exact"],
        "country": ["exact"],
        "last_seen_at": ["gte", "lt"],
    }


class Sessions(Readable):
    """Visits, latest first."""

    model, queryset, serializer_class = Session, Session.objects.all(), SessionSerializer
    pagination_class, ordering = Newest, ("-started_at", "-id")
    filterset_fields = {
        "site": ["exact"],
        "visitor": ["exact"],
        "channel": ["exact"],
        "device": ["exact"],
        "started_at": ["gte", "lt"],
    }


class Referrals(Readable):
    """External clicks that opened a session, latest first."""

    model, queryset, serializer_class = Referral, Referral.objects.all(), ReferralSerializer
    pagination_class, ordering = Newest, ("-at", "-id")
    filterset_fields = {
        "site": ["exact"],
        "visitor": ["exact"],
        "channel": ["exact"],
        "source": ["exact"],
        "campaign": ["exact"],
        "at": ["gte", "lt"],
    }


class Events(Readable):
    """Stored events, latest first. Bound `at` where you can: the table has a partition for each month."""

    model, queryset, serializer_class = Event, Event.objects.all(), EventSerializer
    pagination_class, ordering, ordering_fields = Newest, ("-at", "-seq"), ()
    lookup_field, lookup_value_regex = "message_id", r"[^/\x00]{1,100}"
    filterset_fields = {
        "site": ["exact"],
        "visitor_id": ["exact"],
        "type": ["exact"],
        "name": ["exact"],
        "message_id": ["exact"],
        "at": ["gte", "lt"],
    }


class Drops(Readable):
    """Events that the pipeline dropped, by reason and hour."""

    model, queryset, serializer_class = DropCount, DropCount.objects.order_by("-hour", "reason"), DropCountSerializer
    filterset_fields = {"site": ["exact"], "reason": ["exact"], "hour": ["gte", "lt"]}
    ordering_fields = ("hour", "count")


class EventRollups(Readable):
    """Stored events per minute and hour, by name."""

    model, queryset, serializer_class = EventRollup, EventRollup.objects.order_by("-at", "name"), EventRollupSerializer
    filterset_fields = {"site": ["exact"], "grain": ["exact"], "name": ["exact"], "at": ["gte", "lt"]}
    ordering_fields = ("at", "events")


class ArchiveHours(Readable):
    """The Parquet files of closed hours. They hold every site, so a token of one site sees none."""

    model, queryset, serializer_class, site_path = (
        ArchiveHour,
        ArchiveHour.objects.order_by("-hour"),
        ArchiveHourSerializer,
        None,
    )
    lookup_value_regex = "[0-9TZ:.+-]+"
    filterset_fields = {"dirty": ["exact"], "hour": ["gte", "lt"]}


class LogOffsets(Readable):
    """How far each reader of the log has come in each partition; `store` fills Postgres. They serve every site, so a
    token of one site sees none."""

    model, queryset, serializer_class, site_path = (
        LogOffset,
        LogOffset.objects.order_by("epoch", "reader", "partition"),
        LogOffsetSerializer,
        None,
    )
    filterset_fields = {"reader": ["exact"], "epoch": ["exact"], "partition": ["exact"]}
