"""Coupons, their codes, and how a shop asks for one, redeems it and gives it back."""

from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.coupons import editing, redeeming
from campaigns.coupons.codes import LONGEST, MOST_AT_ONCE, as_kept
from campaigns.coupons.forms import MOST_GENERATED, CodesForm
from campaigns.coupons.redeeming import Buyer, buyer_of
from campaigns.coupons.tables import Coupon, CouponCode, Redemption
from campaigns.coupons.terms import REASONS, Cart, Verdict
from personalization.api.access import actor_of
from personalization.api.base import Checked, Editable, SiteField
from segments.bounds import MOST_MINOR
from sites.editing import Needed
from sites.models import Site
from sites.times import now_ms


class CouponSerializer(Checked):
    class Meta:
        model = Coupon
        fields = (
            "id", "site", "key", "name", "gives", "percent", "amount_minor", "code", "starts_at", "ends_at",
            "minimum_minor", "limit", "limit_per_visitor", "archived", "used_up_at", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("used_up_at",)
        extra_kwargs: ClassVar = {
            "percent": {"help_text": "1 to 100, where it gives `percent`."},
            "amount_minor": {"help_text": "Minor units of the site's currency, where it gives `amount`."},
            "code": {"help_text": "For everybody. Empty: many codes, each good once."},
            "used_up_at": {"help_text": "Since when nothing is left of it."},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs | ({"code": as_kept(attrs["code"])} if "code" in attrs else {}))
        row = self.instance
        if isinstance(row, Coupon) and attrs.get("archived") and not row.archived and (fault := row.archive_fault()):
            raise serializers.ValidationError({"archived": [fault]})
        return attrs


class CodeSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = CouponCode
        fields = ("code", "given_at", "visitor_id", "user_id", "created_at")


class NewCodesSerializer(serializers.Serializer[Any]):
    """A list, or a pattern with a number."""

    codes = serializers.ListField(
        child=serializers.CharField(), required=False, max_length=MOST_AT_ONCE, help_text="Each good once."
    )
    pattern = serializers.CharField(
        required=False, max_length=LONGEST, help_text="Each # is another letter or digit: SPRING-########."
    )
    number = serializers.IntegerField(required=False, min_value=1, max_value=MOST_GENERATED)


class AddedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Of the list, how many it had already.")


class RedemptionSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Redemption
        fields = (
            "id", "coupon", "code", "order_id", "visitor_id", "user_id", "sum_minor", "discount_minor",
            "redeemed_at", "released_at",
        )  # fmt: skip


class ForSite(serializers.Serializer[Any]):
    site = SiteField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "site" not in attrs:
            own = getattr(self.context["request"].auth, "site", None)
            if own is None:
                raise serializers.ValidationError({"site": ["Name the site: this token is for all of them."]})
            attrs["site"] = own
        return attrs


class BuyerSerializer(serializers.Serializer[Any]):
    anonymousId = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=255, help_text="As in the site's events."
    )
    userId = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=255, help_text="As in the site's events."
    )


class CartSerializer(ForSite, BuyerSerializer):
    code = serializers.CharField(max_length=100, help_text="As the customer typed it.")
    total_minor = serializers.IntegerField(
        min_value=0, max_value=MOST_MINOR, help_text="Of the goods without the coupon, in minor units."
    )
    delivery_minor = serializers.IntegerField(min_value=0, max_value=MOST_MINOR, required=False, default=0)
    currency = serializers.CharField(
        max_length=3, required=False, default="", allow_blank=True, help_text="The site's where it is absent."
    )

    def cart(self) -> Cart:
        told = self.validated_data
        return Cart(told["total_minor"], told["delivery_minor"], told["currency"].upper())


class OrderSerializer(CartSerializer):
    order_id = serializers.CharField(max_length=100)


class ReleasedSerializer(ForSite):
    order_id = serializers.CharField(max_length=100)


class VerdictSerializer(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    discount_minor = serializers.IntegerField(help_text="What it takes off, 0 up to the sum; minor units.")
    currency = serializers.CharField()
    coupon = serializers.IntegerField(allow_null=True)
    gives = serializers.CharField(help_text="In words, such as “10 % off”.")
    code = serializers.ChoiceField([*REASONS, ""], help_text="Why it is refused; empty where it is good.")
    detail = serializers.CharField(help_text="The same in a sentence for the customer.")


class RefusalSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField()
    code = serializers.ChoiceField(list(REASONS))


def told_of(site: Site, verdict: Verdict, coupon: Coupon | None) -> dict[str, Any]:
    return {
        "valid": verdict.is_good,
        "discount_minor": verdict.discount_minor,
        "currency": site.currency,
        "coupon": coupon.pk if coupon else None,
        "gives": coupon.in_words() if coupon else "",
        "code": verdict.reason,
        "detail": verdict.words,
    }


class Coupons(Editable):
    """Codes that take something off an order. One that a creative or an order names cannot be deleted: 409 says who."""

    model, queryset, serializer_class = Coupon, Coupon.objects.select_related("site"), CouponSerializer
    verbs = editing
    filterset_fields = ("site", "key", "code", "archived", "gives")
    search_fields = ("name", "key", "code")
    ordering_fields = ("name", "created_at", "updated_at", "ends_at")
    scope_of_action = dict.fromkeys(("check", "redeem", "release", "give"), "redeem")
    permission_of_action = {
        "check": "campaigns.view_coupon",
        "codes": "campaigns.view_coupon",
        "redemptions": "campaigns.view_coupon",
        "add_codes": "campaigns.change_coupon",
        **dict.fromkeys(("redeem", "release", "give"), "campaigns.add_redemption"),
    }

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            editing.delete(self.get_object(), actor_of(request))
        except Needed as fault:
            return Response({"detail": str(fault), "code": "in_use"}, status=status.HTTP_409_CONFLICT)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=CodeSerializer(many=True), filters=False)
    @action(detail=True)
    def codes(self, request: Request, pk: str | None = None) -> Response:
        """Its codes that are good once, oldest first."""
        return self._paged(self.get_object().codes.order_by("id"), CodeSerializer)

    @extend_schema(request=NewCodesSerializer, responses={201: AddedSerializer})
    @codes.mapping.post
    def add_codes(self, request: Request, pk: str | None = None) -> Response:
        """More codes, each good once: those of a list, or so many of a pattern. All of them or none."""
        asked = self._read(NewCodesSerializer)
        row = self.get_object()
        if row.is_shared:
            raise serializers.ValidationError({"codes": ["It has one code for everybody."]})
        listed = {"listed": "\n".join(asked.pop("codes"))} if "codes" in asked else {}
        form = CodesForm(listed | asked, coupon=row)
        if not form.is_valid():
            fields = {"listed": "codes", "__all__": "codes"}
            faults = {fields.get(name, name): list(map(str, told)) for name, told in form.errors.items()}
            raise serializers.ValidationError(faults)
        added = editing.add_codes(row, form.codes, actor_of(request))
        return Response({"added": added, "known": form.known}, status=status.HTTP_201_CREATED)

    @extend_schema(responses=RedemptionSerializer(many=True), filters=False)
    @action(detail=True)
    def redemptions(self, request: Request, pk: str | None = None) -> Response:
        """The orders that redeemed it, latest first; also those that gave it back."""
        return self._paged(self.get_object().redemptions.order_by("-redeemed_at", "-id"), RedemptionSerializer)

    @extend_schema(request=BuyerSerializer, responses={200: CodeSerializer, 409: RefusalSerializer})
    @action(detail=True, methods=["post"])
    def give(self, request: Request, pk: str | None = None) -> Response:
        """One of its codes for this person, and the same again for whoever has one. 409 `used_up` if none is left."""
        buyer = self._buyer(self.get_object().site, self._read(BuyerSerializer))
        if not buyer.is_known:
            raise serializers.ValidationError({"userId": ["Say who it is for: anonymousId or userId."]})
        found = redeeming.give(self.get_object(), buyer, now_ms())
        if found is None:
            return Response({"detail": "No code is left.", "code": "used_up"}, status=status.HTTP_409_CONFLICT)
        return Response(CodeSerializer(found).data)

    @extend_schema(request=CartSerializer, responses=VerdictSerializer, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def check(self, request: Request) -> Response:
        """Is this code good for this customer and cart, and what does it take off? Nothing is written."""
        asked = CartSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        found = redeeming.check(told["site"], told["code"], asked.cart(), self._buyer(told["site"], told), now_ms())
        return Response(told_of(told["site"], found.verdict, found.coupon))

    @extend_schema(
        request=OrderSerializer,
        responses={201: RedemptionSerializer, 200: RedemptionSerializer, 409: RefusalSerializer},
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def redeem(self, request: Request) -> Response:
        """The order takes the code. Told again with the same `order_id`, answers 200 with what was written the first
        time. 409 says why it is refused."""
        asked = OrderSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        buyer = self._buyer(told["site"], told)
        found = redeeming.redeem(told["site"], told["code"], told["order_id"], asked.cart(), buyer, now_ms())
        if found.redemption is None:
            refused = {"detail": found.verdict.words, "code": found.verdict.reason}
            return Response(refused, status=status.HTTP_409_CONFLICT)
        made = status.HTTP_201_CREATED if found.is_new else status.HTTP_200_OK
        return Response(RedemptionSerializer(found.redemption).data, status=made)

    @extend_schema(request=ReleasedSerializer, responses={204: None}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def release(self, request: Request) -> Response:
        """The order is cancelled: what it redeemed can be redeemed again. Nothing happens where it has no coupon."""
        told = self._read(ReleasedSerializer)
        redeeming.release(told["site"], told["order_id"], now_ms())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _paged(self, rows: Any, kind: type[serializers.ModelSerializer[Any]]) -> Response:
        return self.get_paginated_response(kind(self.paginate_queryset(rows), many=True).data)

    def _read(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        asked = kind(data=self.request.data, context={"request": self.request})
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def _buyer(self, site: Site, told: dict[str, Any]) -> Buyer:
        return buyer_of(site, told["anonymousId"], told["userId"])
