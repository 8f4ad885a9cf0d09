"""What do the tables of the admin share? Those that only the machine writes, and those that people edit."""

from unfold.admin import ModelAdmin

from sites.pages.edits import EditForm


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
    """For rows that people edit: whoever saves a form drawn before somebody else's change is told first, with both
    values, as on our own pages."""

    form = EditForm
    change_form_before_template = "sites/_seen.html"

    def get_object(self, request, object_id, from_field=None):
        """Locked where the request may change it; the admin's view of a change is a transaction."""
        row = super().get_object(request, object_id, from_field)
        if row is not None and request.method == "POST":
            row.refresh_from_db(from_queryset=self.model._default_manager.select_for_update(no_key=True))
        return row
