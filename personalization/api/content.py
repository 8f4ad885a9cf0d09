"""Drafts of what can be shown, and where: creatives, themes, treatments, placements."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import concluding, editing, variants
from campaigns.content import Theme, look_of
from campaigns.looks import Look
from campaigns.models import AdVariant, Arm, Placement, Treatment
from campaigns.splitting import measure_usual
from personalization import tasks
from personalization.api.access import actor_of
from personalization.api.base import Checked, Editable
from personalization.api.experiments import (
    ConclusionSerializer,
    DecideSerializer,
    ExperimentResultSerializer,
    MetricSerializer,
    checked_metrics,
    decide,
    result_of,
)


class VariantSerializer(Checked):
    class Meta:
        model = AdVariant
        fields = (
            "id", "site", "key", "name", "template", "slot", "headline", "body", "picture", "image_url",
            "image_alt", "call_to_action", "link", "coupon", "badge", "old_price", "new_price",
            "translations", "picture_at", "align", "ends_at", "discount_percent", "background", "foreground",
            "archived", "updated_at",
        )  # fmt: skip


class ThemeSerializer(Checked):
    class Meta:
        model = Theme
        fields = ("id", "site", *(name for name in Look.__struct_fields__ if name != "time_zone"), "updated_at")


class ArmSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Arm
        fields = ("key", "variant", "weight", "setting")


class TreatmentSerializer(Checked):
    arms = ArmSerializer(many=True, help_text="All of them: those that are not named are gone.")
    metrics = MetricSerializer(
        many=True,
        required=False,
        help_text="What it measures, all of it; a new one that names none measures clicks. A goal of null is clicks.",
    )

    class Meta:
        model = Treatment
        fields = (
            *("id", "site", "key", "name", "kind", "campaign", "hypothesis", "coverage", "keeps", "running"),
            *("group", "group_from", "group_to", "seed", "generation", "phase", "reward", "policy"),
            *("arms", "metrics", "least_lift_percent", "archived", "updated_at"),
        )
        read_only_fields = ("generation", "phase", "archived")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        arms, metrics = attrs.pop("arms", None), attrs.pop("metrics", None)
        attrs = super().validate(attrs)
        kind = attrs.get("kind", Treatment.Kind.SPLIT)
        treatment = self.instance or Treatment(site=attrs["site"], kind=kind)  # it cannot move to another site
        if metrics is not None:
            attrs["metrics"] = checked_metrics(treatment, metrics)
        if arms is None:
            return attrs
        if faults := treatment.arm_faults([Arm(**arm) for arm in arms]):
            raise serializers.ValidationError({"arms": faults})
        return attrs | {"arms": arms}


class PlacementSerializer(Checked):
    class Meta:
        model = Placement
        fields = (
            *("id", "site", "key", "name", "description", "page", "spot", "min_height", "width"),
            *("default_variant", "enabled"),
        )


class PreviewSerializer(serializers.Serializer[Any]):
    values = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text="By hole, such as item.name; examples when absent.",
    )
    language = serializers.CharField(required=False, default="", allow_blank=True)


class HtmlSerializer(serializers.Serializer[Any]):
    html = serializers.CharField()


class Variants(Editable):
    """Creatives: typed fields in a template."""

    model, queryset, serializer_class, verbs = AdVariant, AdVariant.objects.all(), VariantSerializer, editing
    filterset_fields = ("site", "key", "template", "slot", "archived")
    search_fields = ("name", "key", "headline", "body")
    ordering_fields = ("name", "updated_at")
    scope_of_action = {"preview": "read"}
    permission_of_action = {"preview": "campaigns.view_advariant"}

    @extend_schema(request=PreviewSerializer, responses=HtmlSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str | None = None) -> Response:
        """The HTML that a visitor with these values would see."""
        asked = PreviewSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row = self.get_object()
        return Response(
            {
                "html": variants.preview(
                    row, asked.validated_data.get("values"), look_of(row.site), asked.validated_data["language"]
                )
            }
        )


class Themes(Editable):
    """How the creatives of a site look; a site has at most one, and without one the plain look."""

    model, queryset, serializer_class, verbs = Theme, Theme.objects.select_related("site"), ThemeSerializer, editing
    filterset_fields = ("site",)
    ordering_fields = ("updated_at",)


class Treatments(Editable):
    """What a rule shows where that is not one variant alone: arms, among which a lot is drawn for each visitor."""

    model, serializer_class = Treatment, TreatmentSerializer
    queryset = Treatment.objects.select_related("site").prefetch_related("arms", "metrics")
    verbs = editing
    filterset_fields = ("site", "key", "kind")
    search_fields = ("name", "key")
    ordering_fields = ("name", "updated_at")

    scope_of_action = {"decide": "write"}
    permission_of_action = {
        "results": "campaigns.view_treatment",
        "decide": "campaigns.change_treatment",
    }

    def _save(self, serializer: serializers.BaseSerializer[Any], row: Treatment) -> None:
        arms = serializer.validated_data.pop("arms", None)
        metrics = serializer.validated_data.pop("metrics", None)
        is_new, by = row.pk is None, actor_of(self.request)
        for field, value in serializer.validated_data.items():
            setattr(row, field, value)
        if arms is not None:
            editing.save_treatment(row, arms, by)
        elif serializer.validated_data or metrics is None:
            editing.save(row, by)
        if metrics is not None and concluding.save_metrics(row, metrics, by) and row.phases.exists():
            tasks.rebuild_experiment.delay_on_commit(row.pk)
        elif metrics is None and is_new:
            measure_usual(row)
        serializer.instance = self.queryset.get(pk=row.pk)  # with the arms of now

    @extend_schema(responses=ExperimentResultSerializer)
    @action(detail=True, methods=["get"])
    def results(self, request: Request, pk: str | None = None) -> Response:
        """What it says: the verdict in words, whether it can be trusted, and each metric of each arm. From sums, so it
        does not take longer where more visitors take part."""
        return Response(ExperimentResultSerializer(result_of(self.get_object())).data)

    @extend_schema(request=DecideSerializer, responses={201: ConclusionSerializer})
    @action(detail=True, methods=["post"])
    @transaction.atomic
    def decide(self, request: Request, pk: str | None = None) -> Response:
        """Ships an arm, or stops it and keeps the control: each rule that draws shows the arm's creative to all from
        the next publication on."""
        asked = DecideSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = decide(self.get_object(), asked.validated_data, actor_of(request))
        return Response(ConclusionSerializer(made).data, status=status.HTTP_201_CREATED)


class Placements(Editable):
    """Spots on a page or in an app."""

    model, queryset, serializer_class, verbs = Placement, Placement.objects.all(), PlacementSerializer, editing
    filterset_fields = ("site", "key", "enabled")
    search_fields = ("name", "key", "description")
    ordering_fields = ("name",)
