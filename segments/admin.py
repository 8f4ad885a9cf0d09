"""Segments and their models in the admin; sizes, models and training runs are written by tasks, so for reading only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from segments import editing
from segments.forms import CheckedCondition
from segments.models import FeatureDistribution, ModelVersion, Segment, SegmentSize, TrainingRun
from sites.tables import EditedAdmin, ReadOnlyAdmin


@admin.register(Segment)
class SegmentAdmin(EditedAdmin):
    verbs = editing
    form = CheckedCondition
    list_display = ["name", "key", "site", "shipped", "archived", "updated_at"]
    list_filter = ["site", "archived", "shipped"]
    list_select_related = ["site"]
    search_fields = ["name", "key", "description"]
    prepopulated_fields = {"key": ["name"]}

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What conditions name is protected, like what a foreign key names."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return (
            deleted,
            counts,
            lacking,
            [*protected, *(str(user) for segment in objs for user in segment.named_by())],
        )


@admin.register(SegmentSize)
class SegmentSizeAdmin(ReadOnlyAdmin):
    list_display = ["at", "segment", "visitors", "active"]
    site_path = "segment__site"
    list_filter = ["segment__site", "segment"]
    list_select_related = ["segment"]
    ordering = ["-at"]


@admin.register(FeatureDistribution)
class FeatureDistributionAdmin(ReadOnlyAdmin):
    list_display = ["day", "site", "feature", "visitors", "missing", "mean"]
    list_filter = ["site", "feature"]
    list_select_related = ["site"]
    ordering = ["-day", "feature"]


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "site", "family", "status", "n_samples", "created_at", "promoted_at", "note"]
    list_filter = ["site", "family", "kind", "status"]
    list_select_related = ["site"]


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "site", "kind", "status", "progress", "message", "finished_at"]
    list_filter = ["site", "kind", "status"]
    list_select_related = ["site"]
