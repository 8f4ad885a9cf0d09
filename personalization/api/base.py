"""What do all endpoints share? Rows of the caller's sites only, errors that name fields, pages of results."""

from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, transaction
from django.db.models import Model, ProtectedError, QuerySet, RestrictedError
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.pagination import BasePagination, CursorPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from campaigns.approval import NotWaiting
from campaigns.publish import (
    NothingToPublish,
    NothingToShow,
    NotSeen,
    Outdated,
    PublishError,
    Refused,
    Unpublishable,
)
from personalization.api.access import actor_of, of_site
from segments.spelling import respell
from sites.editing import Editing
from sites.locks import lock
from sites.models import Site

CODES: dict[type[PublishError], str] = {
    NothingToPublish: "nothing_to_publish",
    NothingToShow: "nothing_to_show",
    NotSeen: "not_seen",
    Outdated: "outdated",
    Unpublishable: "unpublishable",
}


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


class Newest(CursorPagination):
    """For tables too large to count: `next` leads on, by time."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """A cursor is what a list gave; whatever else is sent as one fails here at the latest, where it is compared
        with the rows."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ModelValidationError, OverflowError, DataError):
            raise serializers.ValidationError({"cursor": ["This is none that the list gave."]}) from None


class Checked(serializers.ModelSerializer[Any]):
    """Asks the model's own `clean` too, so that the API refuses what the pages refuse. A token of one site cannot write
    to another."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        model: Any = self.Meta.model
        row = self.instance if isinstance(self.instance, Model) else None
        values = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields} if row else {}
        draft = model(**(values | attrs))
        self._stay_in_site(row, attrs)
        try:
            draft.clean()
        except ModelValidationError as error:
            raise serializers.ValidationError(serializers.as_serializer_error(error)) from error
        return attrs

    def _stay_in_site(self, row: Model | None, attrs: dict[str, Any]) -> None:
        site = attrs.get("site")
        if row is not None and site is not None and site.pk != getattr(row, "site_id", site.pk):
            raise serializers.ValidationError({"site": ["It cannot move to another site."]})
        allowed = getattr(self.context["request"].auth, "site_id", None)
        for name, value in attrs.items():
            if not isinstance(value, Model):
                continue
            belongs = value.pk if name == "site" else getattr(value, "site_id", None)
            if allowed and belongs and belongs != allowed:
                raise PermissionDenied(f"This token may not use the site of the field {name}.")


class VisitorCondition(serializers.JSONField):
    """A condition on visitors' attributes and on what they did, kept as it is spelled there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            help_text="GrowthBook's condition language; {} holds everybody. `$did` asks for events of the visitor, as"
            ' in `{"$did": {"event": "Product Viewed", "where": {"category": "coffee"}, "count": {"$gte": 3},'
            ' "in": "session"}}`: count, worth or share; in "session", {"days": 1 to 365} or "ever"; in order with'
            " then and within. An error names the field: `$did.count.$gte: must be a whole number from 0 to 100`.",
            **options,
        )

    def to_internal_value(self, data: Any) -> Any:
        value: Any = super().to_internal_value(data)
        return respell(value)


class SiteField(serializers.PrimaryKeyRelatedField[Any]):
    """A site that the caller's token may use."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Site.objects.all(), **options)

    def get_queryset(self) -> QuerySet[Site]:
        return of_site(Site.objects.all(), self.context["request"], "id")


class SiteRows(viewsets.GenericViewSet[Any]):
    """Base of all endpoints: `site_path` leads from the model to the id of its site."""

    model: type[Model]
    site_path: str | None = "site_id"
    pagination_class: type[BasePagination] | None = Pages
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[Any]:
        return of_site(super().get_queryset(), self.request, self.site_path)


class Readable(mixins.ListModelMixin, mixins.RetrieveModelMixin, SiteRows):
    pass


class Editable(mixins.CreateModelMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, Readable):
    """`verbs` save and delete the rows, as on the pages. A call is one transaction: the row stays as it was checked
    until it is saved."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    verbs: Editing

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        changes = self.action in ("partial_update", "destroy")
        # Two who change a row take turns.
        return lock(rows) if changes else rows

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().destroy(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        self._save(serializer, self.model())

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        self._save(serializer, serializer.instance)

    def perform_destroy(self, instance: Model) -> None:
        self.verbs.delete(instance, actor_of(self.request))

    def _save(self, serializer: serializers.BaseSerializer[Any], row: Any) -> None:
        for field, value in serializer.validated_data.items():
            setattr(row, field, value)
        self.verbs.save(row, actor_of(self.request))
        serializer.instance = row


def explain_refusal(error: Exception, context: dict[str, Any]) -> Response | None:
    """What DRF answers, and our own refusals as data: 409 when the state is in the way, 400 with every problem when the
    draft is."""
    if isinstance(error, Refused):
        return Response(
            {"detail": "The draft has errors.", "problems": [asdict(problem) for problem in error.problems]},
            status=status.HTTP_400_BAD_REQUEST,
        )
    if isinstance(error, PublishError):
        return Response({"detail": str(error), "code": CODES[type(error)]}, status=status.HTTP_409_CONFLICT)
    if isinstance(error, NotWaiting):
        return Response({"detail": str(error), "code": "not_waiting"}, status=status.HTTP_409_CONFLICT)
    if isinstance(error, ProtectedError | RestrictedError):
        return Response(
            {"detail": "It is in use.", "code": "in_use", "used_by": _users(error)}, status=status.HTTP_409_CONFLICT
        )
    if isinstance(error, ModelValidationError):  # true since it was checked, such as a code that somebody took
        raised = serializers.ValidationError(serializers.as_serializer_error(error))
        return exception_handler(raised, context)
    # Columns and clocks are wide enough for all that somebody can mean.
    if isinstance(error, DataError | OverflowError):
        return Response(
            {"detail": "A value is beyond what can be stored or compared."}, status=status.HTTP_400_BAD_REQUEST
        )
    return exception_handler(error, context)


def _users(error: ProtectedError | RestrictedError) -> list[str]:
    rows = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
    return sorted(f"{row._meta.verbose_name} {row.pk}: {row}" for row in list(rows)[:20])
