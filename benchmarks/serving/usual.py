"""The usual way to collect: a serializer of the Django REST framework with many=True, then bulk_create and a profile
row, in one commit."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.serving.usual_settings")

import django

django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.urls import path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from sites import pseudonyms
from tracking import user_agents


class UsualEvent(models.Model):
    """What `tracking_event` keeps of an event, with the same key and index."""

    message_id = models.TextField(primary_key=True)
    visitor = models.TextField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    type = models.TextField()
    name = models.TextField()
    path = models.TextField()
    title = models.TextField()
    device = models.TextField()
    language = models.TextField()
    properties = models.JSONField()

    class Meta:
        app_label = "usual"
        indexes = [models.Index(fields=["visitor", "at"], name="usual_visitor_at")]


class UsualProfile(models.Model):
    """A few counters; the fold keeps sixty features."""

    visitor = models.TextField(primary_key=True)
    events = models.IntegerField(default=0)
    pages = models.IntegerField(default=0)
    product_views = models.IntegerField(default=0)
    cart_adds = models.IntegerField(default=0)
    last_seen_at = models.DateTimeField()

    class Meta:
        app_label = "usual"


class PageSerializer(serializers.Serializer):
    url = serializers.CharField(max_length=2000, required=False)
    path = serializers.CharField(max_length=1024, required=False)
    title = serializers.CharField(max_length=500, required=False)
    referrer = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ContextSerializer(serializers.Serializer):
    page = PageSerializer(required=False)
    locale = serializers.CharField(max_length=35, required=False)


class EventSerializer(serializers.Serializer):
    messageId = serializers.CharField(max_length=100)
    anonymousId = serializers.CharField(max_length=256)
    type = serializers.ChoiceField(choices=["track", "page", "screen", "identify", "alias", "group"])
    event = serializers.CharField(max_length=200, required=False)
    timestamp = serializers.DateTimeField()
    properties = serializers.DictField()
    context = ContextSerializer(required=False)


class BatchSerializer(serializers.Serializer):
    writeKey = serializers.CharField(max_length=64)
    sentAt = serializers.DateTimeField()
    batch = EventSerializer(many=True)


class Collect(APIView):
    """Validates, pseudonymises, tells the device, stores each message once and counts for the profile: what `collect`
    does, the usual way."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request):
        serializer = BatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        now, device = timezone.now(), user_agents.parse(request.headers.get("User-Agent", "")).device
        events = [self._event(row, now, device) for row in serializer.validated_data["batch"]]
        with transaction.atomic():
            UsualEvent.objects.bulk_create(events, ignore_conflicts=True)
            for visitor in {event.visitor for event in events}:
                self._count(visitor, [event for event in events if event.visitor == visitor], now)
        return Response({"accepted": len(events)}, 200)

    @staticmethod
    def _event(row, now, device):
        page = row.get("context", {}).get("page", {})
        return UsualEvent(
            message_id=row["messageId"],
            visitor=pseudonyms.visitor_of("5a" * 32, row["anonymousId"]),
            at=row["timestamp"],
            received_at=now,
            type=row["type"],
            name=row.get("event", ""),
            path=page.get("path", ""),
            title=page.get("title", ""),
            device=device,
            language=row.get("context", {}).get("locale", "")[:2],
            properties=row["properties"],
        )

    @staticmethod
    def _count(visitor, events, now):
        names = [event.name for event in events]
        profile, _ = UsualProfile.objects.select_for_update().get_or_create(
            visitor=visitor, defaults={"last_seen_at": now}
        )
        profile.events += len(events)
        profile.pages += sum(event.type == "page" for event in events)
        profile.product_views += names.count("Product Viewed")
        profile.cart_adds += names.count("Product Added")
        profile.last_seen_at = now
        profile.save()


urlpatterns = [path("v1/batch", Collect.as_view())]


def prepare() -> None:
    """Makes the tables anew."""
    for model in (UsualEvent, UsualProfile):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {model._meta.db_table}")
        with connection.schema_editor() as editor:
            editor.create_model(model)


prepare()
application = get_wsgi_application()
