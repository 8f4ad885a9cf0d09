"""What came of what was shown, as the pages of results tell it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.rates import Change, Estimate
from personalization.api.access import of_site
from personalization.models import DailyResult
from personalization.results import report
from personalization.results.period import PRESETS, Period, read
from personalization.results.reading import DIMENSIONS
from personalization.results.report import Line, Result
from sites.models import Site

KNOWN = ("site", "by", "period", "from", "to", "order", "format")


class EstimateSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(help_text="A share from 0 to 1; of revenue, minor units per visitor.")
    low = serializers.FloatField(help_text="Of the interval of 95 %.")
    high = serializers.FloatField()
    events = serializers.IntegerField(help_text="Clicks, buyers, or conversions.")
    trials = serializers.IntegerField(help_text="Times seen, or visitors.")
    is_enough = serializers.BooleanField(help_text="100 trials and 10 events; below, do not act on it.")


class ChangeSerializer(serializers.Serializer[Any]):
    difference = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    verdict = serializers.ChoiceField(choices=["higher", "lower", "none"], help_text="none: no clear difference.")


class ResultSerializer(serializers.Serializer[Any]):
    eligible = serializers.IntegerField(help_text="Times that a rule fitted, whoever won.")
    decisions = serializers.IntegerField()
    seen = serializers.IntegerField()
    clicks = serializers.IntegerField()
    dismissals = serializers.IntegerField()
    outranked = serializers.IntegerField(help_text="Times that a higher rule won.")
    capped = serializers.IntegerField(help_text="Times that the rule was used up.")
    held = serializers.IntegerField(help_text="Times that its creative could not be shown there.")
    visitors = serializers.IntegerField(help_text="Who saw it; beyond 1,023 an estimate, within about 3 %.")
    conversions = serializers.IntegerField(help_text="That it is credited with.")
    value_minor = serializers.IntegerField()
    assists = serializers.IntegerField(help_text="Conversions that it also touched.")
    assisted_minor = serializers.IntegerField(help_text="What these are worth, as its own goal says.")
    click_rate = EstimateSerializer(allow_null=True)
    conversion_rate = EstimateSerializer(allow_null=True)
    revenue_per_visitor = EstimateSerializer(allow_null=True)


class LineSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="Id of a campaign, rule or creative; key of a placement or segment.")
    name = serializers.CharField()
    now = ResultSerializer()
    before = ResultSerializer()
    click_change = ChangeSerializer(allow_null=True)
    conversion_change = ChangeSerializer(allow_null=True)
    revenue_change = ChangeSerializer(allow_null=True)


class AnswerSerializer(serializers.Serializer[Any]):
    first = serializers.DateField(help_text="Day of the site's time zone.")
    last = serializers.DateField()
    currency = serializers.CharField()
    results = LineSerializer(many=True)


class Results(APIView):
    """Results of a period by campaign, rule, creative, placement or segment, with intervals, compared with as many days
    before. From daily sums, so it does not take longer where more happens."""

    model = DailyResult  # whose permission it takes
    action = "list"

    @extend_schema(
        parameters=[
            OpenApiParameter("site", OpenApiTypes.INT, required=True),
            OpenApiParameter("by", enum=list(DIMENSIONS), required=True),
            OpenApiParameter("period", enum=list(PRESETS), description="Usually 7."),
            OpenApiParameter("from", OpenApiTypes.DATE, description="Instead of a period, with `to`."),
            OpenApiParameter("to", OpenApiTypes.DATE),
            OpenApiParameter("order", enum=[*report.ORDERS], description="With - before it, the lowest first."),
        ],
        responses=AnswerSerializer,
    )
    def get(self, request: Request) -> Response:
        told = {name: request.query_params.get(name, "") for name in KNOWN}
        faults: dict[str, Any] = {
            name: ["There is no such parameter."] for name in request.query_params if name not in KNOWN
        }
        site = asked_site(request, told["site"])
        if site is None:
            faults["site"] = ["Name a site that you may see, by its id."]
        if told["by"] not in DIMENSIONS:
            faults["by"] = [f"Name one of {', '.join(DIMENSIONS)}."]
        if told["order"] and told["order"].removeprefix("-") not in report.ORDERS:
            faults["order"] = [f"Name one of {', '.join(report.ORDERS)}."]
        now = timezone.now()
        today = site.local_day(now) if site else now.date()
        asked = read(told, today)
        faults |= {name: [fault] for name, fault in asked.faults.items()}
        if faults or site is None:
            raise ValidationError(faults)
        lines = report.lines(site, asked.period, told["by"], told["order"])
        return Response(_answer(site, asked.period, lines))


def asked_site(request: Request, identity: str) -> Site | None:
    """The site with this id, if the caller may see it."""
    if not identity.isdecimal() or len(identity) > 18:
        return None
    return of_site(Site.objects.all(), request, "id").filter(pk=int(identity)).first()


def _answer(site: Site, period: Period, lines: list[Line]) -> dict[str, Any]:
    results = [
        {
            "value": str(line.value),
            "name": line.name,
            "now": _result(line.now),
            "before": _result(line.before),
            "click_change": _change(line.click_change),
            "conversion_change": _change(line.conversion_change),
            "revenue_change": _change(line.revenue_change),
        }
        for line in lines
    ]
    return {"first": period.first, "last": period.last, "currency": site.currency, "results": results}


def _result(result: Result) -> dict[str, Any]:
    counts = result.counts
    same = (
        "eligible",
        "decisions",
        "clicks",
        "dismissals",
        "outranked",
        "capped",
        "held",
        "conversions",
        "value_minor",
    )
    return {name: getattr(counts, name) for name in (*same, "assists", "assisted_minor")} | {
        "seen": counts.impressions,
        "visitors": counts.visitors.visitors,
        "click_rate": told_estimate(result.click_rate),
        "conversion_rate": told_estimate(result.conversion_rate),
        "revenue_per_visitor": told_estimate(result.revenue_per_visitor),
    }


def told_estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    return estimate._asdict() | {"is_enough": estimate.is_enough} if estimate else None


def _change(change: Change | None) -> dict[str, Any] | None:
    return change._asdict() | {"verdict": change.verdict} if change else None
