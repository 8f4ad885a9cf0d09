"""Pages about what the site sells."""

from django.urls import path

from recommendations import views

urlpatterns = [
    path("catalogue/", views.items, name="items"),
    path("catalogue/new/", views.new_item, name="item-new"),
    path("catalogue/import/", views.import_items, name="items-import"),
    path("catalogue/<int:pk>/", views.item, name="item"),
    path("catalogue/<int:pk>/delete", views.delete_item, name="item-delete"),
]
