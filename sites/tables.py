"""What do the tables of the admin share? Those that only the machine writes, and those that people edit."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from sites.editing import Editing
from sites.locks import lock
from sites.pages.edits import EditForm
from sites.pages.history import Actor, changes_of
from sites.pages.paths import site_of, sites_of


def actor_of(request: HttpRequest) -> Actor:
    """Who is logged in; the admin lets nobody else in."""
    assert request.user.is_authenticated
    return Actor(request.user)


class SiteTable(ModelAdmin):
    """Where there are several sites, a list and what it offers for choice hold the rows of the site that the page is
    of; a new row begins with it."""

    site_path = ""  # to the site of a row; empty: its own `site`, where it has one

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if path := self._narrowed_by(request):
            rows = rows.filter(**{path: site_of(request)})
        return rows

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        """Without a column that says the same in each row."""
        columns = super().get_list_display(request)
        return [column for column in columns if column != "site"] if self._narrowed_by(request) else columns

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        filters = super().get_list_filter(request)
        return [each for each in filters if each != self._path()] if self._narrowed_by(request) else filters

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        site = site_of(request)
        chosen: dict[str, Any] = {"site": site.pk} if site and self._path() == "site" else {}
        return chosen | super().get_changeform_initial_data(request)

    def _path(self) -> str:
        own = any(field.name == "site" for field in self.model._meta.concrete_fields)
        return self.site_path or ("site" if own else "")

    def _narrowed_by(self, request: HttpRequest) -> str:
        """The path to the site by which the rows are narrowed. Empty: not at all, as on the page of one row, which is
        known by its number."""
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith(("_changelist", "autocomplete"))
        return self._path() if is_list and len(sites_of(request)) > 1 else ""


class ReadOnlyAdmin(SiteTable):
    """For logs and rollups: rows that only the machine writes."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EditedAdmin(SiteTable):
    """For rows that people edit: `verbs` save and delete them, as on our own pages. Whoever saves a form drawn before
    somebody else's change is told first, with both values."""

    verbs: Editing
    form = EditForm
    change_form_before_template = "sites/_seen.html"
    object_history_template = "sites/row_history.html"

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Locked where the request may change it; the admin's view of a change is a transaction."""
        row = super().get_object(request, object_id, from_field)
        if row is not None and request.method == "POST":
            # Two who save one row take turns; the second finds a later version than the one its form was drawn with.
            row.refresh_from_db(from_queryset=lock(self.model._default_manager.all()))
        return row

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.verbs.save(obj, actor_of(request))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rows that are edited with theirs."""
        rows = formset.save(commit=False)
        for row in formset.deleted_objects:
            self.verbs.delete(row, actor_of(request))
        for row in rows:
            self.verbs.save(row, actor_of(request))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.verbs.delete(obj, actor_of(request))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.verbs.delete(row, actor_of(request))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """`verbs` have written the entry; the admin's own would be a second one."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The same."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Sequence[Any]:
        """The same."""
        return []

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        changes = changes_of(row) if row else []
        return super().history_view(request, object_id, (extra_context or {}) | {"changes": changes})
