"""Drafts of what is shown to whom, why and when: campaigns, goals, rules; and letting visitors see them."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import approval, editing, hours
from campaigns.approval import MAY_PUBLISH
from campaigns.models import ApprovalRequest, Campaign, Goal, Rule
from campaigns.publish import launch, stop
from campaigns.standings import Standings, standings_of
from campaigns.states import WORDS
from personalization.api.access import actor_of
from personalization.api.base import Checked, Editable, VisitorCondition
from personalization.api.looking import Looking
from personalization.api.releases import ReleaseSerializer, accepted
from personalization.api.tags import TAG, tags_field, with_tag


class GoalSerializer(Checked):
    condition = serializers.JSONField(
        default=dict, help_text="On the properties of the event, in GrowthBook's condition language; {} counts any."
    )

    class Meta:
        model = Goal
        fields = (
            *("id", "site", "key", "name", "event", "condition", "value_kind", "value_minor", "value_property"),
            *("window_days", "view_through", "updated_at"),
        )


class StandingSerializer(serializers.Serializer[Any]):
    """What visitors see of it, from the release that is live."""

    state = serializers.ChoiceField(list(WORDS.items()))
    words = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True, help_text="Of what is scheduled: when it begins.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What the state alone does not say.")
    is_changed = serializers.BooleanField(help_text="The draft differs from what visitors see of it.")
    is_held = serializers.BooleanField(help_text="A roll back took that difference back: only a choice publishes it.")
    is_waiting = serializers.BooleanField(help_text="Somebody asked for approval.")
    rests_until = serializers.DateTimeField(
        allow_null=True, help_text="Where it is live and outside its hours of the week: when they begin again."
    )


class Standing(Checked):
    standing = serializers.SerializerMethodField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._standings: dict[int, Standings] = {}  # by site, of one answer

    @extend_schema_field(StandingSerializer)
    def get_standing(self, row: Campaign | Rule) -> Any:
        site = row.campaign.site if isinstance(row, Rule) else row.site
        if site.pk not in self._standings:
            self._standings[site.pk] = Standings(site, timezone.now())
        found = self._standings[site.pk]
        standing = found.of_rule(row) if isinstance(row, Rule) else found.of_campaign(row)
        return StandingSerializer(standing).data


class WeekHours(serializers.CharField):
    """Hours of the week, kept in their one form."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return hours.write(hours.parse(text))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None


def hours_field() -> WeekHours:
    text = "Days and hours by the clocks of the site, like “mon-fri 9-18, sat 10-14”; empty: always."
    return WeekHours(required=False, allow_blank=True, max_length=400, help_text=text)


class CampaignSerializer(Standing):
    hours = hours_field()
    tags = tags_field()

    class Meta:
        model = Campaign
        fields: tuple[str, ...] = (
            *("id", "site", "key", "name", "goal", "status", "standing", "starts_at", "ends_at", "hours"),
            *("cap_per_session", "cap_per_day", "cap_total", "tags", "created_by", "created_at", "updated_at"),
        )
        read_only_fields = ("created_by",)
        extra_kwargs: ClassVar = {"status": {"help_text": "What is wanted of it; `standing` is what visitors see."}}


class RuleSerializer(Standing):
    hours = hours_field()
    condition = VisitorCondition(default=dict)

    class Meta:
        model = Rule
        fields = (
            *("id", "campaign", "placement", "name", "segment", "condition", "variant", "treatment", "priority"),
            *(
                "enabled",
                "standing",
                "starts_at",
                "ends_at",
                "hours",
                "cap_per_session",
                "cap_per_day",
                "cap_total",
                "first_published_at",
                "updated_at",
            ),
        )


class FullCampaignSerializer(CampaignSerializer):
    digest = serializers.SerializerMethodField(
        help_text="Of all that a launch would show: itself, its rules and what they use. Another one once somebody"
        " changes any of that; empty where it has errors."
    )

    class Meta(CampaignSerializer.Meta):
        fields = (*CampaignSerializer.Meta.fields, "digest")

    def get_digest(self, row: Campaign) -> str:
        return approval.digests_of(row.site, [row.pk], timezone.now())[row.pk]


class NoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class LaunchSerializer(NoteSerializer):
    digest = serializers.CharField(
        max_length=32,
        required=False,
        default="",
        allow_blank=True,
        help_text="Of what was read, as the campaign told it. 409 `outdated` if it, one of its rules or what they use"
        " has changed since. Empty: whatever there is by now.",
    )


class ApprovalSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = ApprovalRequest
        fields = (
            "campaign",
            "asked_by",
            "asked_at",
            "note",
            "digest",
            "outcome",
            "answered_by",
            "answered_at",
            "answer",
        )


def note_of(request: Request) -> str:
    return str(_read(NoteSerializer, request)["note"])


def _read(kind: type[NoteSerializer], request: Request) -> dict[str, str]:
    asked = kind(data=request.data)
    asked.is_valid(raise_exception=True)
    return asked.validated_data


class Goals(Editable):
    """What counts as a conversion: an event, a condition on its properties, what it is worth, and how long after a
    click or look a campaign is credited. One that a campaign pursues cannot be deleted: 409 names them."""

    model, queryset, serializer_class, verbs = Goal, Goal.objects.all(), GoalSerializer, editing
    filterset_fields = ("site", "key", "event", "value_kind")
    search_fields = ("name", "key", "event")
    ordering_fields = ("name", "updated_at")


class Campaigns(Looking, Editable):
    """A goal with a schedule. `status` is what is wanted of it in the draft; `standing` is what visitors see."""

    model, queryset, serializer_class, verbs = (
        Campaign,
        Campaign.objects.select_related("site"),
        CampaignSerializer,
        editing,
    )
    scope_of_action = {"launch": "publish", "stop": "publish", "approve": "publish", "send_back": "publish"}
    permission_of_action = dict.fromkeys(("launch", "stop", "approve", "send_back"), MAY_PUBLISH) | dict.fromkeys(
        ("pause", "ask", "withdraw"), "campaigns.change_campaign"
    )
    filterset_fields = ("site", "key", "status", "goal")
    own_parameters = ("state", "tag")
    search_fields = ("name", "key", "goal__name", "goal__event")
    ordering_fields = ("name", "created_at", "updated_at", "starts_at")

    def filter_queryset(self, queryset: Any) -> Any:
        found = with_tag(super().filter_queryset(queryset), self.request)
        wanted = self.request.query_params.get("state", "")
        if not wanted or self.action != "list":
            return found
        if wanted not in WORDS:
            raise serializers.ValidationError({"state": [f"It is one of {', '.join(WORDS)}."]})
        standings = standings_of(found.select_related("site"), timezone.now())
        return found.filter(pk__in=[pk for pk, standing in standings.items() if standing.state == wanted])

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=list(WORDS), description="As `standing` has it."), TAG]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return FullCampaignSerializer if self.action == "retrieve" else CampaignSerializer

    @extend_schema(request=LaunchSerializer, responses={202: ReleaseSerializer})
    @action(detail=True, methods=["post"])
    def launch(self, request: Request, pk: str | None = None) -> Response:
        """Lets visitors see it as it is drafted, with what it uses and nothing else; also what was paused, stopped or
        held, and the changes of what they see already."""
        row, told = self.get_object(), _read(LaunchSerializer, request)
        return accepted(launch(row, actor_of(request), told["note"], approval.seen_as(row, told["digest"])))

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str | None = None) -> Response:
        """In the draft: it leaves visitors when that is published."""
        row = self.get_object()
        editing.set_status(row, Campaign.Status.PAUSED, actor_of(request))
        return Response(self.get_serializer(row).data)

    @extend_schema(request=None, responses={202: ReleaseSerializer})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str | None = None) -> Response:
        """Takes it away from visitors at once, and publishes nothing else. It stays away until it is launched again.
        409 `not_seen` if they do not see it."""
        return accepted(stop(self.get_object(), actor_of(request)))

    @extend_schema(request=NoteSerializer, responses={201: ApprovalSerializer})
    @action(detail=True, methods=["post"])
    def ask(self, request: Request, pk: str | None = None) -> Response:
        """Asks whoever may publish to launch it."""
        asked = approval.ask(self.get_object(), actor_of(request), note_of(request))
        return Response(ApprovalSerializer(asked).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str | None = None) -> Response:
        """Asks no more. 409 `not_waiting` if nobody waits."""
        approval.withdraw(self.get_object(), actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=LaunchSerializer, responses={202: ReleaseSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """Launches what somebody asked for. 409 `not_waiting` if nobody waits."""
        row, told = self.get_object(), _read(LaunchSerializer, request)
        return accepted(approval.approve(row, actor_of(request), told["note"], approval.seen_as(row, told["digest"])))

    @extend_schema(request=NoteSerializer, responses=ApprovalSerializer)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request: Request, pk: str | None = None) -> Response:
        """Answers with a word instead of launching it. 409 `not_waiting` if nobody waits."""
        answered = approval.send_back(self.get_object(), actor_of(request), note_of(request))
        return Response(ApprovalSerializer(answered).data)


class Rules(Editable):
    """Condition and segment -> a variant, or a treatment that draws among several, in one placement. The higher
    priority wins."""

    model, queryset, serializer_class, verbs = (
        Rule,
        Rule.objects.select_related("campaign__site"),
        RuleSerializer,
        editing,
    )
    scope_of_action = {"stop": "publish"}
    permission_of_action = {"stop": MAY_PUBLISH}
    site_path = "campaign__site_id"
    filterset_fields = ("campaign", "campaign__site", "placement", "segment", "variant", "treatment", "enabled")
    search_fields = ("name", "campaign__name")
    ordering_fields = ("priority", "name", "updated_at")

    @extend_schema(request=None, responses={202: ReleaseSerializer})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str | None = None) -> Response:
        """Takes this rule away from visitors at once, and publishes nothing else. 409 `not_seen` if they do not see
        it."""
        return accepted(stop(self.get_object(), actor_of(request)))
