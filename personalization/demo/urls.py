"""The demo shop's addresses, under /demo/. They exist only where SEGUE_DEMO is set."""

from django.urls import path

from personalization.demo import account, earlier, me, staff, views

app_name = "demo"
urlpatterns = [
    path("", views.home, name="home"),
    path("c/<slug:key>", views.category, name="category"),
    path("p/<slug:key>", views.product, name="product"),
    path("search", views.search, name="search"),
    path("compare", views.compare, name="compare"),
    path("compare/<slug:key>", views.change_comparison, name="change-comparison"),
    path("cart/", views.cart, name="cart"),
    path("cart/add/<slug:key>", views.add_to_cart, name="add-to-cart"),
    path("cart/remove/<slug:key>", views.remove_from_cart, name="remove-from-cart"),
    path("cart/code", views.change_coupon, name="change-coupon"),
    path("checkout", views.checkout, name="checkout"),
    path("account", account.sign_in, name="account"),
    path("account/leave", account.sign_out, name="sign-out"),
    path("order", views.order, name="order"),
    path("pictures/<slug:key>.svg", views.product_picture, name="picture"),
    path("me", me.describe, name="me"),
    path("earlier", earlier.pretend, name="earlier"),
    path("leave", earlier.leave, name="leave"),
    path("visitors", staff.visitors, name="visitors"),
    path("past", staff.past, name="past"),
]
