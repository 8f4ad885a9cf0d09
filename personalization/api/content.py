"""Drafts of what can be shown, and where: creatives, themes, treatments, placements."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import editing, variants
from campaigns.content import Theme, look_of
from campaigns.looks import Look
from campaigns.models import AdVariant, Arm, Placement, Treatment
from personalization.api.access import actor_of
from personalization.api.base import Checked, Editable


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

    class Meta:
        model = Treatment
        fields = (
            *("id", "site", "key", "name", "kind", "campaign", "hypothesis", "coverage", "keeps", "running"),
            *("group", "group_from", "group_to", "seed", "generation", "phase", "reward", "policy"),
            *("arms", "updated_at"),
        )
        read_only_fields = ("generation", "phase")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        arms = attrs.pop("arms", None)
        attrs = super().validate(attrs)
        if arms is None:
            return attrs
        kind = attrs.get("kind", Treatment.Kind.SPLIT)
        treatment = self.instance or Treatment(site=attrs["site"], kind=kind)  # it cannot move to another site
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

    model, queryset, serializer_class = Treatment, Treatment.objects.prefetch_related("arms"), TreatmentSerializer
    verbs = editing
    filterset_fields = ("site", "key", "kind")
    search_fields = ("name", "key")
    ordering_fields = ("name", "updated_at")

    def _save(self, serializer: serializers.BaseSerializer[Any], row: Treatment) -> None:
        if (arms := serializer.validated_data.pop("arms", None)) is None:
            return super()._save(serializer, row)
        for field, value in serializer.validated_data.items():
            setattr(row, field, value)
        editing.save_treatment(row, arms, actor_of(self.request))
        serializer.instance = self.queryset.get(pk=row.pk)  # with the arms of now
        return None


class Placements(Editable):
    """Spots on a page or in an app."""

    model, queryset, serializer_class, verbs = Placement, Placement.objects.all(), PlacementSerializer, editing
    filterset_fields = ("site", "key", "enabled")
    search_fields = ("name", "key", "description")
    ordering_fields = ("name",)
