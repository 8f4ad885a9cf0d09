"""How far visitors come, step by step, as the page of funnels counts it."""

import json
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from personalization.api.results import EstimateSerializer, asked_site, told_estimate
from personalization.funnels import reading
from personalization.funnels.question import Asked, name_of, span_of, steps_in
from personalization.funnels.reading import EVERYBODY, Funnel
from personalization.results.period import PRESETS, read
from segments.conditions.event_rows import Step
from segments.models import Segment
from segments.typed_values import BadRow
from sites.models import Site
from tracking.models import Event
from tracking.visitors import NotReadable

KNOWN = ("site", "steps", "within_minutes", "segment", "than", "period", "from", "to", "format")
USUAL_MINUTES = "10080"  # seven days


class Unreadable(APIException):
    """Redis does not answer; a later try can help."""

    status_code = 503


class ReachedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="The step in words.")
    visitors = serializers.IntegerField(help_text="Of those looked at.")
    share = EstimateSerializer(allow_null=True, help_text="Of those who took the first step.")
    share_of_step_before = EstimateSerializer(allow_null=True)
    median_seconds = serializers.FloatField(allow_null=True, help_text="After the first step.")


class GroupSerializer(serializers.Serializer[Any]):
    segment = serializers.CharField(allow_blank=True, help_text="Key of a segment; empty for everybody.")
    steps = ReachedSerializer(many=True)


class FunnelSerializer(serializers.Serializer[Any]):
    first = serializers.DateField(help_text="Day of the site's time zone.")
    last = serializers.DateField()
    looked_at = serializers.IntegerField(help_text="Visitors whose events were looked at.")
    visitors = serializers.IntegerField(help_text="Visitors of the period.")
    is_sample = serializers.BooleanField(help_text="Those looked at are a fair sample of the visitors.")
    groups = GroupSerializer(many=True)


class Funnels(APIView):
    """How many visitors take each of some steps, one after the other, within a span, in a period; of everybody or a
    segment, beside another one. Within half a second of counting those looked at until then are a sample."""

    model = Event  # whose permission it takes
    action = "list"

    @extend_schema(
        parameters=[
            OpenApiParameter("site", OpenApiTypes.INT, required=True),
            OpenApiParameter(
                "steps",
                required=True,
                description='JSON, two to six steps: `[{"event": "Product Viewed", "where": {"category": "coffee"}},'
                ' {"event": "Order Completed"}]`. `where` is that of `$did`.',
            ),
            OpenApiParameter("within_minutes", OpenApiTypes.INT, description="All of them; usually a week."),
            OpenApiParameter("segment", description="Key of the segment whose visitors are counted."),
            OpenApiParameter("than", description="Key of a segment to compare with; everybody where it is empty."),
            OpenApiParameter("period", enum=list(PRESETS), description="Usually 7."),
            OpenApiParameter("from", OpenApiTypes.DATE, description="Instead of a period, with `to`."),
            OpenApiParameter("to", OpenApiTypes.DATE),
        ],
        responses=FunnelSerializer,
    )
    def get(self, request: Request) -> Response:
        told = {name: request.query_params.get(name, "") for name in KNOWN}
        faults: dict[str, list[str]] = {
            name: ["There is no such parameter."] for name in request.query_params if name not in KNOWN
        }
        site = asked_site(request, told["site"])
        if site is None:
            faults["site"] = ["Name a site that you may see, by its id."]
        steps = _steps(told["steps"], faults)
        within_ms = _within(told["within_minutes"] or USUAL_MINUTES, faults)
        now = timezone.now()
        asked = read(told, site.local_day(now) if site else now.date())
        faults |= {name: [fault] for name, fault in asked.faults.items()}
        if site:
            faults |= _segment_faults(site, told)
        if faults or site is None:
            raise ValidationError(faults)
        others = [told["than"]] if "than" in request.query_params else []
        groups = list(dict.fromkeys([told["segment"], *others]))
        try:
            funnel = reading.count(site, Asked(tuple(steps), within_ms), asked.period, groups)
        except NotReadable as trouble:
            raise Unreadable(str(trouble)) from trouble
        days = {"first": asked.period.first, "last": asked.period.last}
        return Response(days | _answer(steps, funnel))


def _steps(text: str, faults: dict[str, list[str]]) -> list[Step]:
    try:
        steps, found = steps_in(json.loads(text))
    except (ValueError, RecursionError):
        steps, found = [], ["This is not JSON."]
    if found:
        faults["steps"] = found
    return steps


def _within(minutes: str, faults: dict[str, list[str]]) -> int:
    try:
        return span_of(minutes, "minutes")
    except BadRow as fault:
        faults["within_minutes"] = [str(fault)]
        return 0


def _segment_faults(site: Site, told: dict[str, str]) -> dict[str, list[str]]:
    named = {name: told[name] for name in ("segment", "than") if told[name] != EVERYBODY}
    known = set(Segment.objects.filter(site=site, archived=False, key__in=named.values()).values_list("key", flat=True))
    return {name: [f"There is no segment “{key}” here."] for name, key in named.items() if key not in known}


def _answer(steps: list[Step], funnel: Funnel) -> dict[str, Any]:
    groups = [
        {
            "segment": segment,
            "steps": [
                {
                    "name": name_of(step),
                    "visitors": one.visitors,
                    "share": told_estimate(one.share),
                    "share_of_step_before": told_estimate(one.of_before),
                    "median_seconds": one.seconds,
                }
                for step, one in zip(steps, reached, strict=True)
            ],
        }
        for segment, reached in funnel.groups.items()
    ]
    counts = {"looked_at": funnel.looked_at, "visitors": funnel.visitors, "is_sample": funnel.is_sample}
    return counts | {"groups": groups}
