"""Segments, their sizes, and the models that find clusters."""

from typing import Any

from rest_framework import serializers

from personalization.api.base import Checked, Editable, Readable, VisitorCondition
from segments import counting, editing
from segments.models import FeatureDistribution, ModelVersion, Segment, SegmentSize, TrainingRun


class SegmentSerializer(Checked):
    condition = VisitorCondition(default=dict)
    counting = serializers.SerializerMethodField(
        help_text="Per cent of the visitors whose past events are counted for its event rows; null once all are. Who is"
        " not counted yet is not in it."
    )

    class Meta:
        model = Segment
        fields = (
            "id",
            "site",
            "key",
            "name",
            "description",
            "condition",
            "shipped",
            "archived",
            "tags",
            "counting",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("shipped",)

    def get_counting(self, segment: Segment) -> int | None:
        known = vars(self.root).setdefault("progress_of_sites", {})  # once for a whole list
        if segment.site_id not in known:
            known[segment.site_id] = counting.progress(segment.site)
        percent: int | None = known[segment.site_id].of(segment.condition)
        return percent


class SegmentSizeSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = SegmentSize
        fields = ("id", "segment", "at", "visitors", "active", "figures")


class FeatureDistributionSerializer(serializers.ModelSerializer[Any]):
    counts = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Visitors up to and with the first edge, up to and with each other, beyond the last.",
    )

    class Meta:
        model = FeatureDistribution
        fields = ("id", "site", "feature", "day", "visitors", "missing", "mean", "low", "high", "counts")


class ModelVersionSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = ModelVersion
        fields = (
            "id", "site", "family", "kind", "number", "status", "digest", "parameters", "metrics", "clusters",
            "window_start",
            "window_end", "n_samples", "note", "created_at", "promoted_at",
        )  # fmt: skip


class TrainingRunSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = TrainingRun
        fields = ("id", "site", "kind", "status", "progress", "message", "model", "started_at", "finished_at")


class Segments(Editable):
    """Named sets of visitors. A segment in use cannot be deleted; archive it."""

    model, queryset, serializer_class, verbs = Segment, Segment.objects.all(), SegmentSerializer, editing
    filterset_fields = ("site", "key", "archived", "shipped")
    search_fields = ("name", "key", "description")
    ordering_fields = ("name", "updated_at")


class SegmentSizes(Readable):
    """How many active visitors a segment held at a time."""

    model, queryset, serializer_class, site_path = (
        SegmentSize,
        SegmentSize.objects.order_by("-at", "segment"),
        SegmentSizeSerializer,
        "segment__site_id",
    )
    filterset_fields = {"segment": ["exact"], "segment__site": ["exact"], "at": ["gte", "lt"]}
    ordering_fields = ("at", "visitors")


class FeatureDistributions(Readable):
    """How a feature was spread over the visitors last seen on one day."""

    model, queryset, serializer_class = (
        FeatureDistribution,
        FeatureDistribution.objects.order_by("-day", "feature"),
        FeatureDistributionSerializer,
    )
    filterset_fields = {"site": ["exact"], "feature": ["exact"], "day": ["exact", "gte", "lt"]}
    ordering_fields = ("day", "feature", "visitors")


class ModelVersions(Readable):
    """Fitted models, with what they were measured by and why they were promoted or not."""

    model, queryset, serializer_class = ModelVersion, ModelVersion.objects.order_by("-number"), ModelVersionSerializer
    filterset_fields = ("site", "family", "kind", "status")
    ordering_fields = ("number", "created_at")


class TrainingRuns(Readable):
    """Attempts to fit a model, with their progress."""

    model, queryset, serializer_class = TrainingRun, TrainingRun.objects.order_by("-started_at"), TrainingRunSerializer
    filterset_fields = ("site", "kind", "status")
    ordering_fields = ("started_at",)
