"""The items that a site sells or shows."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from personalization.api.access import actor_of
from personalization.api.base import Checked, Editable, SiteField
from recommendations import editing
from recommendations.models import Item

MOST_ROWS = 10_000


class ItemSerializer(Checked):
    class Meta:
        model = Item
        fields = (
            "id",
            "site",
            "key",
            "name",
            "category",
            "category_url",
            "brand",
            "price_minor",
            "old_price_minor",
            "currency",
            "url",
            "image_url",
            "available",
            "updated_at",
        )


class ImportSerializer(serializers.Serializer[Any]):
    site = SiteField()
    items = serializers.ListField(
        child=serializers.DictField(),
        max_length=MOST_ROWS,
        help_text="Fields of an item; the price in price_minor, or price; that before a reduction in old_price_minor, "
        "or old_price.",
    )
    replace = serializers.BooleanField(default=False, help_text="Items that are not named become unavailable.")


class ImportedSerializer(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    removed = serializers.IntegerField()
    faults = serializers.ListField(child=serializers.CharField(), help_text="Rows that were left out, and why.")


class Items(Editable):
    """Catalogue entries. They reach visitors with the next release."""

    model, queryset, serializer_class, verbs = Item, Item.objects.all(), ItemSerializer, editing
    filterset_fields = {
        "site": ["exact"],
        "key": ["exact"],
        "category": ["exact"],
        "brand": ["exact"],
        "available": ["exact"],
        "price_minor": ["gte", "lte"],
    }
    search_fields = ("name", "key", "brand")
    ordering_fields = ("name", "price_minor", "updated_at")
    permission_of_action = {"load": "recommendations.change_item"}

    @extend_schema(request=ImportSerializer, responses=ImportedSerializer)
    @action(detail=False, methods=["post"], url_path="import")
    def load(self, request: Request) -> Response:
        """Adds and updates many items by key."""
        asked = ImportSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        done = editing.load_items(told["site"], told["items"], actor_of(request), replace=told["replace"])
        return Response(ImportedSerializer(done).data)
