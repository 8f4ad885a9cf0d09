"""The catalogue in the admin."""

from django.contrib import admin

from recommendations import editing
from recommendations.models import Item
from sites.money import write_amount
from sites.tables import EditedAdmin


@admin.register(Item)
class ItemAdmin(EditedAdmin):
    verbs = editing
    list_display = ["name", "key", "category", "brand", "price", "available", "updated_at"]
    list_filter = ["site", "available", "category"]
    search_fields = ["name", "key", "category", "brand"]

    @admin.display(ordering="price_minor")
    def price(self, item: Item) -> str:
        return write_amount(item.price_minor, item.currency)
