"""Drafts of what could be shown, and releases of what is."""

from typing import Any, ClassVar, TypeVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import approval, editing, hours, reviewing, variants
from campaigns.approval import MAY_PUBLISH
from campaigns.composing import KINDS
from campaigns.content import Theme, look_of
from campaigns.looks import Look
from campaigns.models import AdVariant, ApprovalRequest, Arm, Campaign, Goal, Placement, Release, Rule, Treatment
from campaigns.publish import Seen, launch, publish, roll_back, stop
from campaigns.standings import Standings, standings_of
from campaigns.states import WORDS
from personalization.api.access import actor_of
from personalization.api.base import Checked, Editable, Readable, SiteField, VisitorCondition


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
        fields = ("key", "variant", "weight")


class TreatmentSerializer(Checked):
    arms = ArmSerializer(many=True, help_text="All of them: those that are not named are gone.")

    class Meta:
        model = Treatment
        fields = ("id", "site", "key", "name", "kind", "seed", "arms", "updated_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        arms = attrs.pop("arms", None)
        attrs = super().validate(attrs)
        if arms is None:
            return attrs
        treatment = self.instance or Treatment(site=attrs["site"])  # it cannot move to another site
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

    class Meta:
        model = Campaign
        fields = (
            *("id", "site", "key", "name", "goal", "status", "standing", "starts_at", "ends_at", "hours"),
            *("created_by", "created_at", "updated_at"),
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
                "cap_per_day",
                "cap_total",
                "first_published_at",
                "updated_at",
            ),
        )


class ReleaseSerializer(serializers.ModelSerializer[Any]):
    changes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Release
        fields = (
            "id", "site", "number", "version", "status", "progress", "changes", "note", "error", "published_by",
            "rolled_back_to", "stops", "created_at", "live_at"
        )  # fmt: skip


class FullReleaseSerializer(ReleaseSerializer):
    source = serializers.JSONField(  # type: ignore[assignment]  # a field by the name of a parameter of fields
        read_only=True, help_text="What was frozen: segments, models, placements, rules, goals, variants, items."
    )

    class Meta:
        model = Release
        fields = (*ReleaseSerializer.Meta.fields, "source")


class NamedSerializer(serializers.Serializer[Any]):
    app = serializers.CharField(help_text="Where what it is in belongs: campaigns, segments, sites.")
    kind = serializers.CharField(
        help_text="What it is in: rule, treatment, advariant, placement, segment, campaign, goal, site."
    )
    pk = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()


class ProblemSerializer(NamedSerializer):
    field = serializers.CharField()
    message = serializers.CharField()
    is_error = serializers.BooleanField(help_text="An error refuses publishing, a warning does not.")
    others = NamedSerializer(many=True, help_text="Rows without which it would be no problem.")
    witness = serializers.DictField(
        allow_null=True, help_text="For whom it is one: values by the paths of conditions. Null: for everybody."
    )


class OfferSerializer(serializers.Serializer[Any]):
    """Something of the draft that visitors do not see as it is."""

    thing = serializers.CharField(help_text="campaign:7, segment:buyers, placement:hero, model:cluster, catalogue: ...")
    name = serializers.CharField()
    changes = serializers.ListField(child=serializers.CharField(), help_text="By choosing this and nothing else.")
    errors = serializers.ListField(  # type: ignore[assignment]  # a field by the name of what is wrong with a form
        child=serializers.CharField(), help_text="Which keep it from being published."
    )
    digest = serializers.CharField(help_text="Another one once somebody changes it.")
    is_held = serializers.BooleanField(help_text="A roll back took it back: it goes out only where it is chosen.")
    is_new = serializers.BooleanField(help_text="A campaign that was never launched.")


class ReviewSerializer(serializers.Serializer[Any]):
    problems = ProblemSerializer(many=True)
    changes = serializers.ListField(child=serializers.CharField())
    version = serializers.CharField(
        help_text="Of the draft, the same until somebody changes it. Empty where the draft has errors."
    )
    live = serializers.IntegerField(help_text="Number of the live release that `changes` compares with, 0 for none.")
    offers = OfferSerializer(many=True, help_text="What may be chosen.")
    may_publish = serializers.BooleanField()


class SeenSerializer(serializers.Serializer[Any]):
    """What was reviewed; nothing else goes live."""

    live = serializers.IntegerField(
        required=False,
        help_text=(
            "Number of the release that is to be replaced, as `review` told it. 409 `outdated` if another is live."
        ),
    )

    def seen(self) -> Seen:
        return Seen(self.validated_data.get("version"), self.validated_data.get("live"))


class PublishSerializer(SeenSerializer):
    site = SiteField()
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    version = serializers.CharField(
        required=False, help_text="Of the draft, as `review` told it. 409 `outdated` if the draft has changed since."
    )
    things = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        allow_empty=False,
        help_text=(
            "What to publish of all that `review` offers: thing -> its digest, or empty for whatever it is by now."
            " Without it everything that is launched goes out, but nothing that is held."
        ),
    )

    def seen(self) -> Seen:
        told = {name: digest for name, digest in self.validated_data.get("things", {}).items() if digest}
        return Seen(self.validated_data.get("version"), self.validated_data.get("live"), told)

    def validate_things(self, things: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(name for name in things if name.partition(":")[0] not in KINDS or ":" not in name):
            raise serializers.ValidationError(f"These are no things: {', '.join(unknown)}.")
        return things


Asked = TypeVar("Asked", bound=SeenSerializer)


class PreviewSerializer(serializers.Serializer[Any]):
    values = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text="By hole, such as item.name; examples when absent.",
    )
    language = serializers.CharField(required=False, default="", allow_blank=True)


class HtmlSerializer(serializers.Serializer[Any]):
    html = serializers.CharField()


class NoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ApprovalSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = ApprovalRequest
        fields = ("campaign", "asked_by", "asked_at", "note", "outcome", "answered_by", "answered_at", "answer")


def note_of(request: Request) -> str:
    asked = NoteSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return str(asked.validated_data["note"])


def accepted(release: Release) -> Response:
    """202 with a release that compiles."""
    release.refresh_from_db()
    return Response(ReleaseSerializer(release).data, status=status.HTTP_202_ACCEPTED)


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


class Goals(Editable):
    """What counts as a conversion: an event, a condition on its properties, what it is worth, and how long after a
    click or look a campaign is credited. One that a campaign pursues cannot be deleted: 409 names them."""

    model, queryset, serializer_class, verbs = Goal, Goal.objects.all(), GoalSerializer, editing
    filterset_fields = ("site", "key", "event", "value_kind")
    search_fields = ("name", "key", "event")
    ordering_fields = ("name", "updated_at")


class Campaigns(Editable):
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
    search_fields = ("name", "key", "goal__name", "goal__event")
    ordering_fields = ("name", "created_at", "updated_at", "starts_at")

    def filter_queryset(self, queryset: Any) -> Any:
        found = super().filter_queryset(queryset)
        wanted = self.request.query_params.get("state", "")
        if not wanted or self.action != "list":
            return found
        if wanted not in WORDS:
            raise serializers.ValidationError({"state": [f"It is one of {', '.join(WORDS)}."]})
        standings = standings_of(found.select_related("site"), timezone.now())
        return found.filter(pk__in=[pk for pk, standing in standings.items() if standing.state == wanted])

    @extend_schema(parameters=[OpenApiParameter("state", str, enum=list(WORDS), description="As `standing` has it.")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NoteSerializer, responses={202: ReleaseSerializer})
    @action(detail=True, methods=["post"])
    def launch(self, request: Request, pk: str | None = None) -> Response:
        """Lets visitors see it as it is drafted, with what it uses and nothing else; also what was paused, stopped or
        held, and the changes of what they see already."""
        return accepted(launch(self.get_object(), actor_of(request), note_of(request)))

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

    @extend_schema(request=NoteSerializer, responses={202: ReleaseSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """Launches what somebody asked for. 409 `not_waiting` if nobody waits."""
        return accepted(approval.approve(self.get_object(), actor_of(request), note_of(request)))

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


class Releases(Readable):
    """What visitors see. Posting publishes the draft; nothing edits a release."""

    model, queryset = Release, Release.objects.defer("compiled").order_by("-number")
    filterset_fields = ("site", "number", "version", "status")
    ordering_fields = ("number", "created_at", "live_at")
    scope_of_action = {"create": "publish", "rollback": "publish"}
    permission_of_action = {
        "create": "campaigns.publish_release",
        "rollback": "campaigns.publish_release",
        "review": "campaigns.view_release",
    }

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return FullReleaseSerializer if self.action == "retrieve" else ReleaseSerializer

    @extend_schema(request=PublishSerializer, responses={202: ReleaseSerializer})
    def create(self, request: Request) -> Response:
        """Publishes the draft. The answer compiles; read it again until `status` is live or failed. 400 lists the
        problems of a bad draft."""
        asked = self._read(PublishSerializer, request.data)
        told = asked.validated_data
        chosen = set(told["things"]) if "things" in told else None
        return accepted(publish(told["site"], actor_of(request), told["note"], asked.seen(), chosen))

    @extend_schema(request=SeenSerializer, responses={202: ReleaseSerializer})
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, pk: str | None = None) -> Response:
        """Publishes this old release again, under a new number. Drafts stay as they are."""
        old = self.get_object()
        return accepted(
            roll_back(old.site, old.number, actor_of(request), self._read(SeenSerializer, request.data).seen())
        )

    @extend_schema(parameters=[OpenApiParameter("site", int, required=True)], responses=ReviewSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def review(self, request: Request) -> Response:
        """What publishing would do: problems of the draft, and changes against the live release. Always of the draft as
        it is."""
        site = self._read(PublishSerializer, request.query_params).validated_data["site"]
        return Response(ReviewSerializer(reviewing.look_now(site).review).data)

    def _read(self, kind: type[Asked], data: Any) -> Asked:
        asked = kind(data=data, context={"request": self.request})
        asked.is_valid(raise_exception=True)
        return asked
