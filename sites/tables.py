"""What do the tables of the admin share? Those that only the machine writes, and those that people edit."""

from collections.abc import Sequence

from django.db import transaction
from unfold.admin import ModelAdmin

from sites.editing import Editing
from sites.pages.edits import EditForm
from sites.pages.history import Actor, changes_of


class ReadOnlyAdmin(ModelAdmin):
    """For logs and rollups: rows that only the machine writes."""

    show_full_result_count = False

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class EditedAdmin(ModelAdmin):
    """For rows that people edit: `verbs` save and delete them, as on our own pages. Whoever saves a form drawn before
    somebody else's change is told first, with both values."""

    verbs: Editing
    form = EditForm
    change_form_before_template = "sites/_seen.html"
    object_history_template = "sites/row_history.html"

    def get_object(self, request, object_id, from_field=None):
        """Locked where the request may change it; the admin's view of a change is a transaction."""
        row = super().get_object(request, object_id, from_field)
        if row is not None and request.method == "POST":
            row.refresh_from_db(from_queryset=self.model._default_manager.select_for_update(no_key=True))
        return row

    def save_model(self, request, obj, form, change) -> None:
        self.verbs.save(obj, Actor(request.user))

    def save_formset(self, request, form, formset, change) -> None:
        """Rows that are edited with theirs."""
        rows = formset.save(commit=False)
        for row in formset.deleted_objects:
            self.verbs.delete(row, Actor(request.user))
        for row in rows:
            self.verbs.save(row, Actor(request.user))

    def delete_model(self, request, obj) -> None:
        self.verbs.delete(obj, Actor(request.user))

    @transaction.atomic
    def delete_queryset(self, request, queryset) -> None:
        for row in queryset:
            self.verbs.delete(row, Actor(request.user))

    def log_addition(self, request, obj, message) -> None:
        """`verbs` have written the entry; the admin's own would be a second one."""

    def log_change(self, request, obj, message) -> None:
        """The same."""

    def log_deletions(self, request, queryset) -> Sequence:
        """The same."""
        return []

    def history_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, object_id)
        changes = changes_of(row) if row else []
        return super().history_view(request, object_id, (extra_context or {}) | {"changes": changes})
