"""Rollups, tokens, users and the change log in the admin."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from personalization import editing, feed_access, roles, tokens
from personalization.login import is_again
from personalization.models import ApiToken, Conversion, DecisionRollup
from sites.money import write_amount
from sites.pages.edits import EditForm
from sites.pages.history import NOBODY, read
from sites.pages.shell import render_page
from sites.tables import EditedAdmin, ReadOnlyAdmin, actor_of

admin.site.unregister(User)
admin.site.unregister(Group)


class LeavingOneForm(UserChangeForm):
    """Here, too, the last administrator stays one."""

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        has_role = typed.get("is_superuser") or any(
            group.name == roles.ADMINISTRATOR for group in typed.get("groups", ())
        )
        stays = typed.get("is_active") and typed.get("is_staff") and has_role
        if not stays and roles.is_last_administrator(self.instance):
            raise forms.ValidationError("This is the last administrator: make somebody else one first.")
        return typed


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    """Who may log in; the admin's own entries stand in the change log. Tokens open something while their owner may:
    where Redis is away, beat tells the edge within a minute of its return."""

    form = LeavingOneForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "roles", "is_active", "last_login"]
    list_filter = ["groups", "is_active"]
    filter_horizontal = []
    add_fieldsets = [
        (None, {"fields": ["username", "password1", "password2"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        (
            "Role",
            {"fields": ["groups", "is_staff"], "description": "Staff may log in; the role says what they may do."},
        ),
    ]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        (
            "Role",
            {
                "fields": ["is_active", "is_staff", "is_superuser", "groups"],
                "description": "Staff may log in; the role says what they may do.",
            },
        ),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(tokens.push, robust=True)
        transaction.on_commit(partial(feed_access.end_all, obj.pk), robust=True)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(tokens.push, robust=True)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        super().delete_queryset(request, queryset)
        transaction.on_commit(tokens.push, robust=True)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may: bool = super().has_delete_permission(request, obj)
        return may and not (obj and roles.is_last_administrator(obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Without the one that stands in the change log for nobody."""
        return super().get_queryset(request).exclude(username=NOBODY).prefetch_related("groups")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True} | super().get_changeform_initial_data(request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Who is added without a role could log in and see nothing."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and "groups" in form.base_fields:
            form.base_fields["groups"].required = True
        return form

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A handful of roles: boxes to tick, which a keyboard and a screen reader can use."""
        if db_field.name == "groups":
            kwargs |= {"widget": UnfoldAdminCheckboxSelectMultipleWidget, "label": "Roles", "help_text": ""}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Roles come with Segue, so their boxes offer no button to add one."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "groups" and field is not None:
            field.widget.can_add_related = field.widget.can_change_related = False
        return field

    @admin.display(description="Role")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or (
            "Administrator" if user.is_superuser else "None"
        )


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    filter_horizontal = []


class ApiTokenForm(EditForm):
    scopes = forms.MultipleChoiceField(choices=ApiToken.Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)


class IssueForm(ApiTokenForm):
    """`request` is set by the admin that makes the form."""

    request: HttpRequest
    password = forms.CharField(
        label="Your password",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
        help_text="Asked again: a token outlives your log-in.",
    )

    def clean_password(self) -> None:
        if not is_again(self.request, self.cleaned_data["password"]):
            raise forms.ValidationError("This is not your password, or it was tried too often.")


@admin.register(ApiToken)
class ApiTokenAdmin(EditedAdmin):
    """The secret is shown once, in the answer to the form: it is stored nowhere and travels in no cookie."""

    verbs = editing
    form = ApiTokenForm
    list_display = ["name", "prefix", "site", "scopes", "created_by", "expires_at", "last_used_at"]
    list_filter = ["site"]
    list_select_related = ["site", "created_by"]
    search_fields = ["name", "prefix"]

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        return ["name", "site", "scopes", "expires_at", *([] if obj else ["password"])]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if change:
            return super().get_form(request, obj, change=change, **kwargs)
        return type(
            "IssueForm",
            (super().get_form(request, obj, change=change, form=IssueForm, **kwargs),),
            {"request": request},
        )

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        return render_page(request, "personalization/issued_token.html", {"title": "API token issued", "token": obj})

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        issued = editing.issue(
            actor_of(request), name=obj.name, site=obj.site, scopes=obj.scopes, expires_at=obj.expires_at
        )
        obj.pk, obj.secret = issued.pk, issued.secret
        obj.refresh_from_db()


@admin.register(DecisionRollup)
class DecisionRollupAdmin(ReadOnlyAdmin):
    list_display = [
        "hour",
        "site",
        "placement",
        "campaign",
        "variant",
        "decisions",
        "impressions",
        "clicks",
        "conversions",
        "value",
        "assists",
    ]
    list_filter = ["site", "placement", "campaign"]
    list_select_related = ["site"]
    ordering = ["-hour"]

    @admin.display(ordering="value_minor")
    def value(self, rollup: DecisionRollup) -> str:
        return write_amount(rollup.value_minor, rollup.site.currency)


@admin.register(Conversion)
class ConversionAdmin(ReadOnlyAdmin):
    list_display = ["at", "site", "campaign", "is_credited", "value", "decision_id"]
    list_filter = ["site", "is_credited", "campaign"]
    list_select_related = ["site"]
    ordering = ["-at"]

    @admin.display(ordering="value_minor")
    def value(self, conversion: Conversion) -> str:
        return write_amount(conversion.value_minor, conversion.site.currency)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Who changed what, by whichever door."""

    list_display = ["action_time", "who", "content_type", "object_repr", "action", "words"]
    list_filter = ["action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    search_fields = ["object_repr", "change_message", "user__username"]
    date_hierarchy = "action_time"

    @admin.display(description="Who", ordering="user")
    def who(self, entry: LogEntry) -> str:
        return read(entry).who

    @admin.display(description="Change")
    def words(self, entry: LogEntry) -> str:
        return read(entry).words

    @admin.display(description="What")
    def action(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()
