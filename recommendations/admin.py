"""The catalogue in the admin."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from recommendations.models import Item


@admin.register(Item)
class ItemAdmin(ModelAdmin):
    list_display = ["name", "key", "category", "brand", "price_minor", "currency", "available", "updated_at"]
    list_filter = ["site", "available", "category"]
    search_fields = ["name", "key", "category", "brand"]
