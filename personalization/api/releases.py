"""What visitors see: reviewed, published, rolled back."""

from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import reviewing
from campaigns.audiences import with_audiences
from campaigns.composing import KINDS
from campaigns.models import Release
from campaigns.publish import Seen, publish, roll_back
from personalization.api.access import actor_of
from personalization.api.base import Readable, SiteField


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


def accepted(release: Release) -> Response:
    """202 with a release that compiles."""
    release.refresh_from_db()
    return Response(ReleaseSerializer(release).data, status=status.HTTP_202_ACCEPTED)


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
        return Response(ReviewSerializer(with_audiences(reviewing.look_now(site).review, site)).data)

    def _read(self, kind: type[Asked], data: Any) -> Asked:
        asked = kind(data=data, context={"request": self.request})
        asked.is_valid(raise_exception=True)
        return asked
