"""Drafts in the admin. Releases are immutable: `campaigns.publish` and `golive` alone write them."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from unfold.admin import TabularInline

from campaigns import editing
from campaigns.models import AdVariant, Arm, Campaign, Goal, Placement, Release, Rule, Treatment
from segments.forms import CheckedCondition
from sites.pages.paths import addresses_of
from sites.tables import EditedAdmin, ReadOnlyAdmin
from sites.units import counted


class ArmFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # generic in its stubs only
    def clean(self) -> None:
        """What only all arms together can have wrong, once each is in order, and their treatment."""
        super().clean()
        if any(self.errors) or self.instance.site_id is None:
            return
        gone = self.deleted_forms
        filled = [form for form in self.forms if form.instance.pk or form.has_changed()]
        if faults := self.instance.arm_faults([form.instance for form in filled if form not in gone]):
            raise ValidationError(faults)


class ArmInline(TabularInline):
    model = Arm
    formset = ArmFormSet
    extra = 2
    fields = ["key", "variant", "weight"]
    autocomplete_fields = ["variant"]


@admin.register(Treatment)
class TreatmentAdmin(EditedAdmin):
    verbs = editing
    list_display = ["name", "key", "site", "kind", "updated_at"]
    list_filter = ["site", "kind"]
    list_select_related = ["site"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    inlines = [ArmInline]


class RuleInline(TabularInline):
    model = Rule
    extra = 0
    fields = ["name", "placement", "segment", "variant", "treatment", "priority", "enabled"]
    autocomplete_fields = ["placement", "segment", "variant", "treatment"]
    show_change_link = True


@admin.register(Goal)
class GoalAdmin(EditedAdmin):
    verbs = editing
    list_display = ["name", "key", "site", "event", "value_kind", "window_days", "updated_at"]
    list_filter = ["site", "value_kind"]
    list_select_related = ["site"]
    search_fields = ["name", "key", "event"]
    prepopulated_fields = {"key": ["name"]}


@admin.register(Campaign)
class CampaignAdmin(EditedAdmin):
    verbs = editing
    list_display = ["name", "site", "status", "goal", "starts_at", "ends_at", "updated_at"]
    list_filter = ["site", "status", "goal"]
    list_select_related = ["site", "goal"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    autocomplete_fields = ["goal"]
    inlines = [RuleInline]


@admin.register(Rule)
class RuleAdmin(EditedAdmin):
    verbs = editing
    form = CheckedCondition
    list_display = ["name", "campaign", "placement", "segment", "variant", "treatment", "priority", "enabled"]
    site_path = "campaign__site"
    list_filter = ["campaign__site", "placement", "enabled"]
    list_select_related = ["campaign", "placement", "segment", "variant", "treatment"]
    search_fields = ["name", "campaign__name"]
    autocomplete_fields = ["campaign", "placement", "segment", "variant", "treatment"]


@admin.register(AdVariant)
class AdVariantAdmin(EditedAdmin):
    verbs = editing
    list_display = ["name", "key", "site", "kind", "slot", "shown", "updated_at"]
    list_filter = ["site", "template", "archived"]
    list_select_related = ["site"]
    search_fields = ["name", "key", "headline"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AdVariant]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                rule_count=Count("rules", distinct=True),
                arm_count=Count("arms", distinct=True),
                default_count=Count("default_in", distinct=True),
            )
        )

    @admin.display(description="Template", ordering="template")
    def kind(self, variant: AdVariant) -> str:
        return variant.template_title

    @admin.display(description="Shown by")
    def shown(self, variant: Any) -> str:
        if variant.archived:
            return "Archived"
        by = [
            counted(number, what)
            for number, what in (
                (variant.rule_count, "rules"),
                (variant.arm_count, "treatments"),
                (variant.default_count, "placements"),
            )
            if number
        ]
        return " and ".join(by) or "Nothing yet"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Our own form has the preview."""
        return redirect("variant-new")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        variant = get_object_or_404(AdVariant, pk=object_id)
        with addresses_of(variant.site_id):
            return redirect("variant", variant.key)


@admin.register(Placement)
class PlacementAdmin(EditedAdmin):
    verbs = editing
    list_display = ["name", "key", "site", "default_variant", "width", "min_height", "enabled"]
    list_filter = ["site", "enabled"]
    list_select_related = ["site", "default_variant"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    autocomplete_fields = ["default_variant"]


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "site", "status", "version", "note", "published_by", "created_at", "live_at"]
    list_filter = ["site", "status"]
    list_select_related = ["site", "published_by"]
