"""Segments, their sizes, and the models that find clusters."""

from typing import Any

from drf_spectacular.utils import extend_schema
from redis.exceptions import RedisError
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from personalization.api.access import actor_of
from personalization.api.base import Checked, Editable, Readable, VisitorCondition
from personalization.api.tags import TAG, tags_field, with_tag
from segments import audience, counting, editing
from segments.cluster_names import LONGEST_NAME
from segments.models import FeatureDistribution, ModelVersion, Segment, SegmentSize, TrainingRun
from segments.nobody import nobody_fits


class SegmentSerializer(Checked):
    condition = VisitorCondition(default=dict)
    tags = tags_field()
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


class SegmentEstimateSerializer(serializers.Serializer[Any]):
    visitors = serializers.IntegerField(help_text="Whom it reaches now, or reached at their latest event.")
    active = serializers.IntegerField(help_text="Seen in 30 days.")
    looked_at = serializers.IntegerField(help_text="Of the active; fewer where a sample was counted and scaled up.")
    is_sample = serializers.BooleanField()
    contradiction = serializers.CharField(
        help_text="Why nobody can ever be in it, proved by what its condition says; empty where somebody may."
    )


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
    own_parameters = ("tag",)

    def filter_queryset(self, queryset: Any) -> Any:
        return with_tag(super().filter_queryset(queryset), self.request)

    @extend_schema(parameters=[TAG])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=SegmentEstimateSerializer)
    @action(detail=True, methods=["get"])
    def estimate(self, request: Request, pk: str | None = None) -> Response:
        """How many visitors its condition reaches, as it is drafted. Event rows that are not published are asked of the
        stored events. Of many visitors a sample is counted, and `is_sample` says so. 503 while profiles cannot be
        read."""
        row = self.get_object()
        try:
            found = audience.estimate_of(row.site, row.condition)
        except RedisError:
            told = "Profiles cannot be read at the moment, so nobody can be counted."
            return Response({"detail": told}, status=status.HTTP_503_SERVICE_UNAVAILABLE)
        answer: dict[str, Any] = {**found._asdict(), "is_sample": found.is_sample}
        answer["contradiction"] = nobody_fits(row.site, row.condition)
        return Response(answer)


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


class ClusterNameSerializer(serializers.Serializer[Any]):
    cluster = serializers.IntegerField(help_text="Its id, which stays over trainings.")
    name = serializers.CharField(max_length=LONGEST_NAME)


class ModelVersions(Readable):
    """Fitted models, with what they were measured by and why they were promoted or not."""

    permission_of_action = {"rename": "segments.change_segment"}

    model, queryset, serializer_class = ModelVersion, ModelVersion.objects.order_by("-number"), ModelVersionSerializer
    filterset_fields = ("site", "family", "kind", "status")
    ordering_fields = ("number", "created_at")

    @extend_schema(request=ClusterNameSerializer, responses=ModelVersionSerializer)
    @action(detail=True, methods=["post"])
    def rename(self, request: Request, pk: str | None = None) -> Response:
        """Gives one cluster of the model in use another name, which later models keep with it. 400 where it cannot be
        called so, or where a condition compares its name."""
        row = self.get_object()
        asked = ClusterNameSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        try:
            editing.rename_cluster(row, told["cluster"], told["name"], actor_of(request))
        except editing.NotNamed as error:
            raise serializers.ValidationError({"name": [str(error)]}) from error
        return Response(self.get_serializer(row).data)


class TrainingRuns(Readable):
    """Attempts to fit a model, with their progress."""

    model, queryset, serializer_class = TrainingRun, TrainingRun.objects.order_by("-started_at"), TrainingRunSerializer
    filterset_fields = ("site", "kind", "status")
    ordering_fields = ("started_at",)
