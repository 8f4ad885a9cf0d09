"""The usual way to collect: a serializer of the Django REST framework with many=True, then bulk_create with a commit."""

import os
import uuid

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.serving.usual_settings")

import django

django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.urls import path
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView


class UsualEvent(models.Model):
    id = models.UUIDField(primary_key=True)
    visitor = models.TextField()
    at = models.DateTimeField()
    name = models.TextField()
    properties = models.JSONField()

    class Meta:
        app_label = "usual"
        indexes = [models.Index(fields=["visitor", "at"], name="usual_visitor_at")]


class EventSerializer(serializers.Serializer):
    messageId = serializers.CharField(max_length=100)
    anonymousId = serializers.CharField(max_length=256)
    timestamp = serializers.DateTimeField()
    event = serializers.CharField(max_length=200, required=False)
    properties = serializers.DictField()


class BatchSerializer(serializers.Serializer):
    batch = EventSerializer(many=True)


class Collect(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request):
        serializer = BatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        UsualEvent.objects.bulk_create(
            [
                UsualEvent(id=uuid.uuid4(), visitor=row["anonymousId"], at=row["timestamp"], name=row.get("event", "page"), properties=row["properties"])
                for row in serializer.validated_data["batch"]
            ]
        )
        return Response({"accepted": len(serializer.validated_data["batch"])}, 202)


urlpatterns = [path("v1/batch", Collect.as_view())]


def prepare() -> None:
    """Makes the table anew."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS usual_usualevent")
    with connection.schema_editor() as editor:
        editor.create_model(UsualEvent)


prepare()
application = get_wsgi_application()
