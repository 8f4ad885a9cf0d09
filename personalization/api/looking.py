"""What the page of a campaign says, for programs: whether it is ready, whom it reaches, what a visitor would see."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign
from campaigns.priority import rules_of
from personalization.campaign_page.as_visitor import Told, preview_of
from personalization.campaign_page.audience import Reach, audience_of
from personalization.campaign_page.check import GOOD, LOOK, OPEN, WRONG
from personalization.campaign_page.content import languages_of
from personalization.campaign_page.overview import checklist_of
from personalization.campaign_page.preview_form import PreviewForm

STATES = {GOOD: "in_order", LOOK: "worth_a_look", WRONG: "must_be_mended", OPEN: "not_known"}
ASKED = {
    "visitor": "Id of a visitor, a device or a user; empty: somebody new.",
    "at": "ISO 8601 with an offset; empty: now.",
    "language": "Into which a creative of the campaign is translated; empty: as written.",
    "device": "desktop, mobile, tablet, tv or other; empty: what the profile remembers.",
    "page": "Address or path of the page that asks; empty: the site's home page.",
    "channel": "Where somebody new comes from, such as search.",
    "source": "Such as Google; of somebody new.",
    "consent": "refused: nothing may be known of the visitor.",
}


class CheckSerializer(serializers.Serializer[Any]):
    state = serializers.CharField(help_text=f"{', '.join(STATES.values())}.")
    title = serializers.CharField()
    words = serializers.CharField(help_text="What was found.")
    link = serializers.CharField(help_text="The page that mends it; empty where there is nothing to do.")


class TakenSerializer(serializers.Serializer[Any]):
    rule = serializers.IntegerField()
    campaign = serializers.CharField(help_text="Key.")
    visitors = serializers.IntegerField()


class RuleReachSerializer(serializers.Serializer[Any]):
    rule = serializers.IntegerField()
    fits = serializers.IntegerField(help_text="Visitors whom its condition holds for.")
    left = serializers.IntegerField(help_text="Of these, whom no rule above it takes.")
    taken = TakenSerializer(many=True, help_text="By the first rule in line, those that take most first.")


class ReachSerializer(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField(help_text="The newest event of the site.")
    active = serializers.IntegerField(allow_null=True, help_text="Visitors seen in 30 days.")
    looked_at = serializers.IntegerField(
        allow_null=True, help_text="Below `active` a sample, scaled up. null: profiles cannot be read."
    )
    rules = RuleReachSerializer(many=True)


class PreviewedSerializer(serializers.Serializer[Any]):
    placement = serializers.CharField(help_text="Key.")
    variant = serializers.CharField(help_text="Key; empty: it stays empty.")
    rule = serializers.IntegerField(allow_null=True, help_text="That wins; null: what everyone else sees.")
    is_of_campaign = serializers.BooleanField()
    because = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField(), help_text="A sentence for each of its rules.")


class PreviewSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    faults = serializers.ListField(child=serializers.CharField(), help_text="What keeps it from being shown at all.")
    placements = PreviewedSerializer(many=True)


class Looking:
    """Of campaigns, beside reading and editing them. Nothing of it changes or records anything."""

    get_object: Any

    @extend_schema(responses=CheckSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def checks(self, request: Request, pk: str | None = None) -> Response:
        """Whether it is ready for visitors, as if it were launched as it is drafted."""
        row: Campaign = self.get_object()
        found = checklist_of(row.site, row, rules_of(row))
        return Response(CheckSerializer([check._replace(state=STATES[check.state]) for check in found], many=True).data)

    @extend_schema(responses=ReachSerializer)
    @action(detail=True, methods=["get"])
    def reach(self, request: Request, pk: str | None = None) -> Response:
        """Whom each of its rules reaches, and how many of them rules above it take; within some two seconds."""
        row: Campaign = self.get_object()
        told = audience_of(row.site, rules_of(row))
        rules = [] if told["fault"] else [_reached(reach) for reach in told["reaches"]]
        numbers = {name: told.get(name) for name in ("as_of", "active", "looked_at")}
        return Response(ReachSerializer(numbers | {"rules": rules}).data)

    @extend_schema(
        parameters=[OpenApiParameter(name, str, description=words) for name, words in ASKED.items()],
        responses=PreviewSerializer,
    )
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, pk: str | None = None) -> Response:
        """What a visitor would see in its placements at a moment, if it were launched as it is drafted."""
        row: Campaign = self.get_object()
        _must_be_known(request)
        rules = rules_of(row)
        may_look_up = request.user.has_perm("tracking.view_visitor")
        form = PreviewForm(request.query_params, site=row.site, languages=languages_of(rules), may_look_up=may_look_up)
        if not form.is_valid():
            raise serializers.ValidationError({name: [*map(str, errors)] for name, errors in form.errors.items()})
        told = preview_of(row.site, row, rules, form)
        faults = [f"{problem.name}: {problem.message}" for problem in told["problems"]]
        answer = {"at": told["at"], "faults": faults, "placements": [_previewed(one) for one in told["told"]]}
        return Response(PreviewSerializer(answer).data)


def _must_be_known(request: Request) -> None:
    unknown = [name for name in request.query_params if name not in (*ASKED, "format")]
    if unknown:
        raise serializers.ValidationError({name: ["A preview has no such parameter."] for name in unknown})


def _reached(reach: Reach) -> dict[str, Any]:
    taken = [{"rule": rule.pk, "campaign": rule.campaign.key, "visitors": number} for rule, number, _ in reach.losses()]
    return {"rule": reach.rule.pk, "fits": reach.fits, "left": reach.left, "taken": taken}


def _previewed(one: Told) -> dict[str, Any]:
    return {
        "placement": one.placement.key,
        "variant": one.variant.key if one.variant else "",
        "rule": one.rule.pk if one.rule else None,
        "is_of_campaign": one.is_ours,
        "because": one.because,
        "reasons": one.ours,
    }
