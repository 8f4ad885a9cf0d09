"""What another policy would have brought on past traffic, over the API: asked, and read when it is worked out."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Treatment
from personalization.api.access import actor_of, of_site
from personalization.api.base import Readable
from personalization.models import PolicyEvaluation
from personalization.off_policy.asking import ask
from personalization.off_policy.targets import faults_in
from personalization.off_policy.views import BUSY, KINDS


class Busy(APIException):
    """One of the site is under way; a later try can help."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = BUSY


class Experiments(serializers.PrimaryKeyRelatedField[Any]):
    """A treatment that draws, of a site that the caller's token may use."""

    def get_queryset(self) -> Any:
        return of_site(Treatment.objects.filter(kind__in=KINDS), self.context["request"], "site_id")


@extend_schema_field(OpenApiTypes.OBJECT)
class TargetField(serializers.JSONField):
    pass


class PolicyEvaluationSerializer(serializers.ModelSerializer[Any]):
    treatment = Experiments(queryset=Treatment.objects.none())
    target = TargetField(
        help_text='`{"kind": "arm", "arm": "a"}`, `{"kind": "shares", "shares": {"a": 80, "b": 20}}` (per cent), or'
        ' `{"kind": "bandit", "settings": {"policy": "thompson", "floor": 0.05}}` (docs/bandits.md, Settings).'
    )
    result = TargetField(
        read_only=True,
        help_text="Once it is done: `live`, `estimates` by name with `low` and `high`, `best`, `gain`, `verdict`"
        " (better, worse, unclear; none: no conclusion), `words`, and what it stands on.",
    )

    class Meta:
        model = PolicyEvaluation
        fields = (
            *("id", "site", "treatment", "target", "reward", "days", "state", "progress", "message", "result"),
            *("asked_at", "seen_at", "finished_at"),
        )
        read_only_fields = ("site", "state", "progress", "message", "asked_at", "seen_at", "finished_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        arms = [arm.key for arm in attrs["treatment"].arms.order_by("id")]
        if faults := faults_in(attrs["target"], arms):
            raise serializers.ValidationError({"target": faults})
        return attrs


class PolicyEvaluations(mixins.CreateModelMixin, Readable):
    """Other policies on past traffic: what each would have brought, how sure that is, and what it stands on. A worker
    answers, one at a time for a site: read it again until `state` is done or failed. One whose `seen_at` is more than
    five minutes old was stopped, and can be asked again."""

    model, serializer_class = PolicyEvaluation, PolicyEvaluationSerializer
    queryset = PolicyEvaluation.objects.order_by("-asked_at", "-id")
    filterset_fields = ("site", "treatment", "state")
    ordering_fields = ("asked_at",)

    @extend_schema(responses={201: PolicyEvaluationSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Asks. 409 while one of the site is under way."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = dict(serializer.validated_data)
        row = ask(
            told["treatment"],
            actor_of(request),
            target=told["target"],
            reward=told.get("reward", PolicyEvaluation.Reward.CLICK),
            days=told.get("days", 14),
        )
        if row is None:
            raise Busy
        row.refresh_from_db()
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)
