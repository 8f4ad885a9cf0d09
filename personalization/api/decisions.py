"""What was decided, what came of it, and who may ask."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from personalization import editing
from personalization.api.access import actor_of
from personalization.api.base import Checked, Newest, Readable
from personalization.login import is_again
from personalization.models import ApiToken, Conversion, Decision, DecisionRollup
from tracking.exposure import COLUMNS

EXPOSED = tuple(COLUMNS)


class DecisionSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Decision
        fields = (
            *("id", "at", "site", "visitor_id", "seq", *EXPOSED),
            *("reason", "detail", "propensity", "weights", "release", "context"),
        )


class DecisionRollupSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = DecisionRollup
        fields = (
            *("id", "site", "hour", *EXPOSED),
            *(
                "decisions",
                "impressions",
                "clicks",
                "dismissals",
                "conversions",
                "value_minor",
                "assists",
                "assisted_minor",
            ),
        )


class ConversionSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Conversion
        fields = (
            "id",
            "site",
            "message_id",
            "at",
            "visitor_id",
            "decision_id",
            *EXPOSED,
            "goal_id",
            "value_minor",
            "order_id",
            "is_credited",
        )


class TokenSerializer(Checked):
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ApiToken.Scope.choices), allow_empty=False)

    class Meta:
        model = ApiToken
        fields = ("id", "site", "name", "prefix", "scopes", "created_by", "created_at", "expires_at", "last_used_at")
        read_only_fields = ("prefix", "created_by", "last_used_at")


class IssueSerializer(TokenSerializer):
    password = serializers.CharField(
        write_only=True, trim_whitespace=False, help_text="That of the person who asks: a token outlives their log-in."
    )

    class Meta:
        model = ApiToken
        fields = (*TokenSerializer.Meta.fields, "password")
        read_only_fields = TokenSerializer.Meta.read_only_fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not is_again(self.context["request"]._request, attrs.pop("password")):
            raise serializers.ValidationError({"password": ["This is not your password, or it was tried too often."]})
        return super().validate(attrs)


class IssuedTokenSerializer(TokenSerializer):
    secret = serializers.CharField(read_only=True, help_text="Shown once; only its hash is kept.")

    class Meta:
        model = ApiToken
        fields = (*TokenSerializer.Meta.fields, "secret")


class Decisions(Readable):
    """What visitors got, latest first. Bound `at` where you can: the table has a partition for each month."""

    model, queryset, serializer_class = Decision, Decision.objects.all(), DecisionSerializer
    pagination_class, ordering, ordering_fields = Newest, ("-at", "-id"), ()
    lookup_field, lookup_value_regex = "id", "[0-9a-f-]{32,36}"
    filterset_fields = {
        **dict.fromkeys(("site", "visitor_id", *EXPOSED, "reason", "release"), ("exact",)),
        "at": ["gte", "lt"],
    }


class DecisionRollups(Readable):
    """Decisions and engagement per hour and what was shown: placement, rule, arm of a treatment, variant."""

    model, queryset, serializer_class = (
        DecisionRollup,
        DecisionRollup.objects.order_by("-hour", "placement", "id"),
        DecisionRollupSerializer,
    )
    filterset_fields = {**dict.fromkeys(("site", *EXPOSED), ("exact",)), "hour": ["gte", "lt"]}
    ordering_fields = ("hour", "decisions", "impressions", "clicks", "conversions")


class Conversions(Readable):
    """Events that reached a goal, with each campaign that touched their visitor before: one is credited
    (`is_credited`), others also touched it. Add up the credited ones alone."""

    model, queryset, serializer_class = Conversion, Conversion.objects.order_by("-at", "-id"), ConversionSerializer
    filterset_fields = {
        **dict.fromkeys(("site", "visitor_id", "decision_id", *EXPOSED, "goal_id", "is_credited"), ("exact",)),
        "at": ["gte", "lt"],
    }
    ordering_fields = ("at", "value_minor")


class Tokens(mixins.CreateModelMixin, mixins.DestroyModelMixin, Readable):
    """API tokens, without their secrets. People issue and revoke them; a token cannot make another."""

    model, queryset, serializer_class = ApiToken, ApiToken.objects.all(), TokenSerializer
    filterset_fields = ("site", "created_by")
    search_fields = ("name",)
    ordering_fields = ("name", "created_at", "expires_at", "last_used_at")

    @extend_schema(request=IssueSerializer, responses={201: IssuedTokenSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Issues a token. The answer holds its secret, this once."""
        self._must_be_a_person()
        asked = IssueSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        token = editing.issue(actor_of(request), **asked.validated_data)
        return Response({**TokenSerializer(token).data, "secret": token.secret}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        self._must_be_a_person()
        editing.delete(instance, actor_of(self.request))

    def _must_be_a_person(self) -> None:
        if self.request.auth is not None:
            raise PermissionDenied("A token can neither issue nor revoke tokens; sign in.")
